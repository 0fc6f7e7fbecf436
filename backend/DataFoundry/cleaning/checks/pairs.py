"""Categories that never stand together though both are frequent: a husband who is female.

Numbers that do not go together are left to the density of whole rows.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.cleaning.checks.values import as_levels
from DataFoundry.cleaning.finding import Mark
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_MOST_COLUMNS = 60
_MOST_LEVELS = 50
_FEWEST_OF_LEVEL = 20  # rows
_EXPECTED = 20.0  # rows that would have both values if they had nothing to do with one another
_RATIO = 1 / 50  # of the rows expected, at most so many have both
_DIRTY_RATIO = 1 / 25  # the same where one value nearly always has one and the same value beside it
_NEARLY_ALWAYS = 0.97
_AT_ONCE = 10_000
_TEXT_KINDS = ("category", "boolean", "postcode")
_SURE = 0.8  # at most: rare pairs may be right, and it is not certain which of the two is wrong
_TEMPER = 0.5  # of what other cells tell: they are not independent of one another


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """How often values, and pairs of values, occur."""
    columns = [state for name in view.columns if (state := _column(view, name)) is not None][:_MOST_COLUMNS]
    tokens = _tokens(columns, view)
    width = sum(len(each["levels"]) for each in columns)
    together = np.zeros((width, width))
    for start in range(0, len(tokens), _AT_ONCE):
        part = tokens[start : start + _AT_ONCE]
        marks = np.zeros((len(part), width), dtype=np.float32)
        rows, places = np.nonzero(part >= 0)
        marks[rows, part[rows, places]] = 1.0
        together += marks.T @ marks
    return {"columns": columns, "together": together.astype(np.int64), "rows": len(view)}


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Cells of such pairs; of the two the one is blamed whose change makes the row likelier."""
    columns = list(state["columns"])
    if len(columns) < 2 or not state["rows"]:
        return
    tokens, model = _tokens(columns, view), _Rows(columns, state["together"].astype(float), state["rows"])
    cells: dict[int, list[tuple[int, float, str, str]]] = {}
    for row, pairs in sorted(model.excluded_pairs(tokens).items()):
        blamed, suggested = model.blame(tokens[row], pairs)
        other = next(first if second == blamed else second for first, second in pairs if blamed in (first, second))
        seen, by_chance = model.counts(tokens[row, blamed], tokens[row, other])
        told = " with ".join(
            f"{columns[each]['name']} {view.frame[columns[each]['name']].iloc[row]}" for each in (blamed, other)
        )
        why = f"{told} stands in {seen:,} {'row' if seen == 1 else 'rows'}; {by_chance:,.0f} would have both by chance."
        cells.setdefault(blamed, []).append((row, _SURE * (1 - (seen + 0.5) / by_chance), suggested, why))
    for column, found in sorted(cells.items()):
        yield Mark(
            "outlier",
            columns[column]["name"],
            np.array([each[0] for each in found]),
            np.array([each[1] for each in found]),
            np.array([each[2] for each in found], dtype=object),
            [each[3] for each in found].__getitem__,
        )


def _excluded(together: np.ndarray, expected: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(T, T) bool, the pairs of values of two columns that hardly ever stand together."""
    alone = np.diag(together)
    never = together + 0.5 <= _RATIO * expected
    shares = together / np.maximum(alone, 1.0)[:, None]  # P(u | t)
    most = np.stack([shares[:, owner == column].max(axis=1) for column in range(owner.max() + 1)], axis=1)
    tells = most[:, owner] >= _NEARLY_ALWAYS  # (t, u): t nearly always has one value in the column of u
    dirty = (together + 0.5 <= _DIRTY_RATIO * expected) & (tells | tells.T)
    return (expected >= _EXPECTED) & (never | dirty) & (owner[:, None] != owner[None, :])


class _Rows:
    """How likely a row is with another value in one cell, were its other cells independent given that one."""

    def __init__(self, columns: list[dict[str, Any]], together: np.ndarray, rows: int) -> None:
        self._columns, self._together = columns, together
        self._owner = np.repeat(np.arange(len(columns)), [len(each["levels"]) for each in columns])
        alone = np.diag(together)
        self._expected = np.outer(alone, alone) / rows
        self._excluded = _excluded(together, self._expected, self._owner)
        # log P(u | t), drawn a little towards P(u).
        self._given = np.log((together + (alone / rows)[None, :] + 1e-9) / (alone[:, None] + 1.0))
        self._alone = np.log((alone + 0.5) / (rows + 1.0))

    def counts(self, first: int, second: int) -> tuple[int, float]:
        """Rows that have both values, and how many would by chance."""
        return int(self._together[first, second]), float(self._expected[first, second])

    def excluded_pairs(self, tokens: np.ndarray) -> dict[int, list[tuple[int, int]]]:
        """By row the pairs of columns whose values hardly ever stand together."""
        found: dict[int, list[tuple[int, int]]] = {}
        for first, second in combinations(range(tokens.shape[1]), 2):
            a, b = tokens[:, first], tokens[:, second]
            both = (a >= 0) & (b >= 0)
            for row in np.flatnonzero(both & self._excluded[np.maximum(a, 0), np.maximum(b, 0)]).tolist():
                found.setdefault(row, []).append((first, second))
        return found

    def blame(self, tokens: np.ndarray, pairs: list[tuple[int, int]]) -> tuple[int, str]:
        """The column to blame, and the likeliest value in its stead."""
        best = (-np.inf, -1, "")
        suspects = sorted({each for pair in pairs for each in pair})
        for suspect in suspects:
            others = np.delete(tokens, suspect)
            others = others[others >= 0]
            own = np.flatnonzero(self._owner == suspect)
            likely = self._alone[own] + _TEMPER * self._given[np.ix_(own, others)].sum(axis=1)
            gain = likely.max() - likely[own == tokens[suspect]][0]
            if gain > best[0]:
                best = (gain, suspect, self._columns[suspect]["levels"][int(likely.argmax())])
        return best[1], best[2]


def _column(view: TableView, name: str) -> dict[str, Any] | None:
    if view.columns[name].kind not in _TEXT_KINDS:
        return None
    counts = as_levels(view.frame[name]).value_counts()
    kept = [str(level) for level in counts[counts >= _FEWEST_OF_LEVEL].index[:_MOST_LEVELS]]
    return {"name": name, "levels": kept} if kept else None


def _tokens(columns: list[dict[str, Any]], view: TableView) -> np.ndarray:
    """(n, d) number of each cell's value among all columns' values; -1 for a missing or a rare one."""
    parts, start = [], 0
    for column in columns:
        places = {level: place + start for place, level in enumerate(column["levels"])}
        codes, distinct = pd.factorize(as_levels(view.frame[column["name"]]))
        parts.append(np.array([*(places.get(str(each), -1) for each in distinct), -1])[codes])
        start += len(column["levels"])
    return np.stack(parts, axis=1) if parts else np.zeros((len(view), 0), dtype=np.int64)
