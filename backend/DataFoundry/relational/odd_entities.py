"""Entities whose rows are unlike those of all others: far more of them, far larger ones, far longer gaps."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Finding
from DataFoundry.metrics.by_kind import typed
from DataFoundry.metrics.features import as_numbers
from DataFoundry.relational.entities import Shape, entities
from DataFoundry.relational.relation import Relation
from DataFoundry.schema.table_schema import TableSchema

_HELD = ("number", "boolean", "category", "formatted_number")
_LONGEST_LIST = 1000  # things, such as districts
_ROWS_A_THING = 20
_DAY = 86_400.0  # seconds
_FEWEST = 100  # entities that have rows
_USUAL = 0.01  # share of the entities beyond which a limit lies, below and above
_FAR = 3.0  # times as far beyond the limit as this is from the median
_MOST = 0.005  # share of the entities: more are a kind of their own
_LEAST_SPREAD = 1e-9
_CONFIDENCE = 0.5  # it is odd; whether it is wrong nothing says
Frames = Mapping[str, pd.DataFrame]


def odd_entities(
    frames: Frames, schemas: Mapping[str, TableSchema], relations: list[Relation]
) -> dict[str, list[Finding]]:
    """For each table whose rows name no other the ones that are odd by the rows that hang on them, each told once.

    Lists of things, such as districts, are no others.
    """
    found: dict[str, list[Finding]] = {name: [] for name in frames}
    naming = {each.child for each in relations if each.parent != each.child and not _is_list(each, frames)}
    parents = {each.parent for each in relations if each.parent != each.child}
    keys = {(each.child, column) for each in relations for column in each.child_key}
    keys |= {(each.parent, column) for each in relations for column in each.parent_key}
    held = {
        name: [c for c, each in schema.columns.items() if each.kind in _HELD and (name, c) not in keys]
        for name, schema in schemas.items()
    }
    index = {name: _index(schema) for name, schema in schemas.items()}
    shape = Shape(relations, held, index)
    looked_at = [name for name in parents - naming if len(frames[name]) >= _FEWEST]
    if not looked_at:
        return found
    known = {table: _typed(frame, schemas[table], [*held[table], index[table]]) for table, frame in frames.items()}
    for name in looked_at:
        key = next(each.parent_key for each in relations if each.parent == name)[0]
        told = entities(known, name, shape, known).drop(columns=held[name], errors="ignore")
        found[name] = sorted(_findings(told, frames[name][key]), key=lambda finding: finding.row)
    return found


def _is_list(relation: Relation, frames: Frames) -> bool:
    rows = len(frames[relation.parent])
    return rows <= _LONGEST_LIST and rows * _ROWS_A_THING <= len(frames[relation.child])


def _index(schema: TableSchema) -> str | None:
    """The first column of times without gaps."""
    return next((name for name, each in schema.columns.items() if each.kind == "moment" and not each.missing), None)


def _typed(frame: pd.DataFrame, schema: TableSchema, columns: list[str | None]) -> pd.DataFrame:
    """The table with times and numbers in formats as numbers."""
    some = [name for name in columns if name is not None]
    told = typed(frame[some], schema)
    return frame.assign(**{name: told[name] for name in some})


def _findings(told: pd.DataFrame, keys: pd.Series) -> Iterator[Finding]:
    """The entities that are far out in one of what is told of them (m, f), by what they are farthest out in."""
    worst: dict[int, tuple[float, str]] = {}
    for name in told:
        if " = " in name or name.endswith((" first", " last")):
            continue  # shares have no outside, and a first row is one row
        values = as_numbers(told[name])
        for row, (far, sentence) in _far_out(values, str(name)).items():
            if far > worst.get(row, (0.0, ""))[0]:
                worst[row] = far, sentence
    for row, (_, sentence) in worst.items():
        yield Finding(row, str(keys.name), "outlier", keys.iloc[row], None, _CONFIDENCE, sentence)


def _far_out(values: np.ndarray, name: str) -> dict[int, tuple[float, str]]:
    """By row how far out it is, in distances of the limit from the median, and a sentence; empty where none is."""
    known = values[np.isfinite(values)]
    if len(known) < _FEWEST:
        return {}
    low, middle, high = np.quantile(known, [_USUAL, 0.5, 1 - _USUAL])
    spread = max(abs(middle) * _LEAST_SPREAD, _LEAST_SPREAD)
    above = (values - high) / max(high - middle, spread)
    below = (low - values) / max(middle - low, spread)
    far = np.where(np.isfinite(values), np.maximum(above, below), 0.0)
    rows = np.flatnonzero(far > _FAR)
    if high - low <= spread or len(rows) > max(1, _MOST * len(known)):
        return {}
    way, what = name.rsplit(": ", 1)
    table = way.split(" > ")[-1].split(".")[0]
    said = {"rows": f"the number of its {table}"}.get(what, f"{what} of its {table}")
    if what.endswith(" gap"):
        said, low, high, values = f"the days between its {table}", low / _DAY, high / _DAY, values / _DAY
    usual = f"of 98 in 100 it is between {low:.4g} and {high:.4g}"
    return {int(row): (float(far[row]), f"Unlike all others: {said}: {values[row]:.4g}; {usual}.") for row in rows}
