"""An entity, with all rows that hang on it, as one row of numbers: what tells entities from one another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.metrics.features import as_numbers, is_number
from DataFoundry.relational.config import RelatedConfig
from DataFoundry.relational.relation import Relation, parent_rows

_MOST_LEVELS = 6  # of a category whose shares are told
_DEEPEST = 4
_MOST_COLUMNS = 40  # of one table
Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Shape:
    """What is looked at of related tables.

    Attributes
    ----------
    relations
        All of them.
    held
        For each table the columns that say something of a row.
    index
        For each table the column by which rows of one parent follow one another, or None.
    """

    relations: Sequence[Relation]
    held: Mapping[str, Sequence[str]]
    index: Mapping[str, str | None]

    @classmethod
    def of(cls, config: RelatedConfig) -> "Shape":
        """As a configuration has it."""
        held = {name: held_columns(name, config) for name in config.tables}
        return cls(config.links(), held, {name: choice.sequence_index for name, choice in config.tables.items()})


@dataclass(frozen=True)
class Below:
    """Rows of a table that hang on entities: `owners` (n,) are the entities' places, -1 for none."""

    name: str
    table: str
    owners: np.ndarray


def held_columns(table: str, config: RelatedConfig) -> list[str]:
    """What a table's rows hold besides keys and what is made anew."""
    chosen = config.tables[table].feature_cols
    held = (*chosen.numerical_cols, *chosen.categorical_cols)
    return [column for column in config.tables[table].columns if column in held][:_MOST_COLUMNS]


def entities(tables: Frames, of: str, shape: Shape, reference: Frames) -> pd.DataFrame:
    """For each row of a table its own columns, and of each table below how many rows hang on it, of numbers mean,
    spread, first and last, of categories the shares.

    Parameters
    ----------
    tables
        Times and numbers in formats as numbers, see `metrics.by_kind.typed`.
    reference
        The tables whose frequent categories are told, so that different tables have the same columns.
    """
    own = tables[of][list(shape.held[of])].reset_index(drop=True)
    told: dict[str, np.ndarray] = {}
    for below in rows_below(tables, of, shape.relations):
        told |= _told(tables[below.table], reference[below.table], below, len(own), shape)
    return pd.concat([own, pd.DataFrame(told, index=own.index)], axis=1)


def rows_below(tables: Frames, of: str, relations: Sequence[Relation]) -> Iterator[Below]:
    """The rows of all tables that hang on a table's, by each way that leads to them."""
    waiting = [Below(of, of, np.arange(len(tables[of])))]
    for _ in range(_DEEPEST):
        found = [each for above in waiting for each in _children(tables, above, relations)]
        yield from found
        waiting = found


def _children(tables: Frames, above: Below, relations: Sequence[Relation]) -> Iterator[Below]:
    passed = above.name.split(" > ")
    for relation in relations:
        if relation.parent != above.table or relation.child in {each.split(".")[0] for each in passed}:
            continue
        rows = parent_rows(tables[relation.parent], tables[relation.child], relation)
        owners = np.where(rows >= 0, above.owners[np.maximum(rows, 0)], -1)
        key = "+".join(relation.child_key)
        yield Below(f"{above.name} > {relation.child}.{key}", relation.child, owners)


def _told(
    frame: pd.DataFrame, reference: pd.DataFrame, below: Below, entities: int, shape: Shape
) -> dict[str, np.ndarray]:
    """What the rows below are like, by a name for each number (m,)."""
    index = shape.index[below.table]
    times = as_numbers(frame[index]) if index is not None and is_number(frame[index]) else np.zeros(len(frame))
    order = np.lexsort((np.arange(len(frame)), times, below.owners))
    order = order[below.owners[order] >= 0]
    owners, rows = below.owners[order], frame.iloc[order]
    many = np.bincount(owners, minlength=entities).astype(np.float64)
    told = {f"{below.name}: rows": many}
    if index is not None and len(order):
        gaps = np.where(owners == np.roll(owners, 1), times[order] - np.roll(times[order], 1), np.nan)
        told[f"{below.name}: {index} gap"] = _means(gaps, owners, entities)
    for name in shape.held[below.table]:
        if is_number(reference[name]):
            values = as_numbers(rows[name])
            for what, numbers in _of_numbers(values, owners, entities).items():
                told[f"{below.name}: {name} {what}"] = numbers
        else:
            texts = rows[name].astype(str).to_numpy()
            for level in reference[name].astype(str).value_counts().index[:_MOST_LEVELS]:
                told[f"{below.name}: {name} = {level}"] = _means((texts == level).astype(float), owners, entities)
    return told


def _of_numbers(values: np.ndarray, owners: np.ndarray, entities: int) -> dict[str, np.ndarray]:
    """(m,) each; NaN for an entity without rows."""
    begins = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])) if len(owners) else np.zeros(0, dtype=int)
    ends = np.append(begins[1:], len(owners)) - 1 if len(owners) else begins
    first, last = np.full(entities, np.nan), np.full(entities, np.nan)
    first[owners[begins]], last[owners[begins]] = values[begins], values[ends]
    means = _means(values, owners, entities)
    around = _means((values - means[owners]) ** 2, owners, entities)
    return {"mean": means, "spread": np.sqrt(around), "first": first, "last": last}


def _means(values: np.ndarray, owners: np.ndarray, entities: int) -> np.ndarray:
    """(m,) mean of the values that are known; NaN where there is none."""
    known = np.isfinite(values)
    sums = np.bincount(owners[known], weights=values[known], minlength=entities)
    many = np.bincount(owners[known], minlength=entities)
    return np.where(many > 0, sums / np.maximum(many, 1), np.nan)
