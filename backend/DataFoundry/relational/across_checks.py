"""What is wrong between tables: keys that name nobody, totals that are not their parts', times too early."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Finding
from DataFoundry.preprocessing.columns import moment
from DataFoundry.relational.relation import Relation, key_texts, parent_rows
from DataFoundry.relational.rules import Across, discover_across
from DataFoundry.schema.table_schema import TableSchema

MOST_BROKEN = 0.02  # share of rows that may break what is still taken for a rule
_FEWEST = 50  # rows with both times
_RARER = 5.0  # times as rarely as with the times of other parents
_ORPHAN = 0.95  # confidence: the key is wrong, or its row is lacking
_EITHER = 0.6  # one of two cells is wrong, and nothing says which
Frames = Mapping[str, pd.DataFrame]
Schemas = Mapping[str, TableSchema]


def across_findings(frames: Frames, schemas: Schemas, relations: list[Relation]) -> dict[str, list[Finding]]:
    """For each table what is wrong with its rows as others see them; frames have the index 0..n-1."""
    found: dict[str, list[Finding]] = {name: [] for name in frames}
    for relation in relations:
        found[relation.child] += orphans(relation, frames)
        found[relation.child] += too_early(relation, frames, schemas)
    for rule in discover_across(frames, schemas, relations, MOST_BROKEN):
        relation = next(each for each in relations if each.name == rule.relation)
        found[rule.parent] += wrong_totals(rule, relation, frames)
    return {name: sorted(each, key=lambda finding: finding.row) for name, each in found.items()}


def orphans(relation: Relation, frames: Frames) -> Iterator[Finding]:
    """Rows of the child that name a row of the parent that is not there."""
    child = frames[relation.child]
    rows = parent_rows(frames[relation.parent], child, relation)
    named = key_texts(child, relation.child_key).notna().to_numpy()
    keys = " and ".join(relation.parent_key)
    for row in np.flatnonzero(named & (rows < 0)):
        values = ", ".join(str(child[name].iloc[row]) for name in relation.child_key)
        why = f"No row of {relation.parent} has {keys} {values}."
        column = relation.child_key[0]
        yield Finding(int(row), column, "rule", child[column].iloc[row], None, _ORPHAN, why)


def wrong_totals(rule: Across, relation: Relation, frames: Frames) -> Iterator[Finding]:
    """Numbers of parents that are not the sum or the count of their children's, as nearly all are."""
    parent, child = frames[rule.parent], frames[rule.child]
    rows = parent_rows(parent, child, relation)
    values = child[rule.of].to_numpy(dtype=np.float64) if rule.of else np.zeros(len(child))
    told, _ = rule.told(values, rows, len(parent))
    for row in np.flatnonzero(rule.broken(parent, child, rows)):
        here = parent[rule.column].iloc[row]
        why = f"{rule.sentence} Here {here} beside {told[row]:.15g}."
        yield Finding(int(row), rule.column, "rule", here, float(told[row]), _EITHER, why)


def too_early(relation: Relation, frames: Frames, schemas: Schemas) -> Iterator[Finding]:
    """Times of children before a time of their parent that nearly none is before, and by no chance."""
    child = frames[relation.child]
    rows = parent_rows(frames[relation.parent], child, relation)
    if relation.parent == relation.child:
        return
    told: set[tuple[int, str]] = set()
    above = _times(frames[relation.parent], schemas[relation.parent])
    for column, values in _times(child, schemas[relation.child]).items():
        for other, parents in above.items():
            theirs = np.where(rows >= 0, parents[np.maximum(rows, 0)], np.nan)
            for row in _before(values, theirs):
                if (row, column) not in told:
                    told.add((row, column))
                    here, there = (
                        child[column].iloc[row],
                        frames[relation.parent][other].iloc[rows[row]],
                    )
                    why = f"{column} is not before the {other} of its {relation.parent}; here {here} before {there}."
                    yield Finding(row, column, "rule", here, None, _EITHER, why)


def _times(frame: pd.DataFrame, schema: TableSchema) -> dict[str, np.ndarray]:
    """(n,) nanoseconds of each column of moments, NaN for missing."""
    found = {}
    for name, column in schema.columns.items():
        if column.kind == "moment":
            values, missing = moment.nanoseconds(frame[name], moment.writing(frame[name], column.format))
            found[name] = np.where(missing, np.nan, values.astype(np.float64))
    return found


def _before(values: np.ndarray, parents: np.ndarray) -> list[int]:
    """The rows whose time (n,) is before their parent's (n,), if these are the exceptions of a rule.

    They are if they are few, and many times as many would be with the times of other rows' parents.
    """
    known = np.flatnonzero(~np.isnan(values) & ~np.isnan(parents))
    early = known[values[known] < parents[known]]
    if len(known) < _FEWEST or not 0 < len(early) <= MOST_BROKEN * len(known):
        return []
    others = np.sort(parents[known])
    by_chance = 1 - np.searchsorted(others, values[known], side="right").mean() / len(known)
    return early.tolist() if by_chance >= _RARER * len(early) / len(known) else []
