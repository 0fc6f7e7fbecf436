"""What a row is drawn after: codes of its parents, and what the rows before it were like.

Everything is worked out from codes (`preprocessing.transformer`), so that it is the same while learning and while
drawing, and nothing need be decoded on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.spans import ORDERED, Span

_GRID = TokenOptions(exact_levels=60, bins=20)
_COUNTS = TokenOptions(exact_levels=200, bins=60)
_FEW_LEVELS = 8  # tokens of a category: how often each came so far is told
_MOST_TOLD = 12  # columns whose course so far is told


def consecutive(spans: Sequence[Span]) -> list[Span]:
    """The spans one after another."""
    found: list[Span] = []
    for span in spans:
        found.append(replace(span, start=found[-1].stop if found else 0))
    return found


def with_none(span: Span, none: int) -> Span:
    """A span with one more token, the last, for "there is no such row"."""
    return replace(span, width=span.width + 1, counts=(*span.counts, none))


def or_none(codes: np.ndarray, spans: Sequence[Span], there: np.ndarray) -> np.ndarray:
    """Codes (n, d) where there (n,) is such a row, else the token for none of each column."""
    none = np.array([span.width for span in spans], dtype=codes.dtype)
    return np.where(there[:, None], codes, none[None])


def fit_grid(values: np.ndarray, counts: bool = False) -> dict[str, Any]:
    """The levels of numbers (n,), NaN for missing: a state of `preprocessing.columns.number`."""
    return number.fit(pd.Series(values, dtype=np.float64), _COUNTS if counts else _GRID)


def on_grid(values: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """(n,) codes."""
    missing = np.isnan(values)
    return number.encode_numbers(np.where(missing, 0.0, values), missing, state)


class Ranks:
    """Of the codes of ordered columns the share of rows below."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.places = [place for place, span in enumerate(spans) if span.kind == ORDERED and len(span.points) > 1]
        self._counts = [np.array(spans[place].counts[: len(spans[place].points)]) for place in self.places]

    def of(self, codes: np.ndarray) -> np.ndarray:
        """(n, r) from codes (n, d); NaN where the value is missing."""
        parts = []
        for place, counts in zip(self.places, self._counts, strict=True):
            tokens = codes[:, place].astype(np.int64)
            known = tokens < len(counts)
            level = np.minimum(tokens, len(counts) - 1)
            below = np.cumsum(counts) - counts
            rank = (below[level] + (codes[:, place] - tokens) * counts[level]) / max(counts.sum(), 1)
            parts.append(np.where(known, rank, np.nan))
        return np.stack(parts, axis=1) if parts else np.zeros((len(codes), 0))


@dataclass
class Course:
    """What rows so far were like, for each of (m,) parents.

    Attributes
    ----------
    first, last
        (m, d) codes of the first and the last row; only where `number` is not 0.
    sums, known
        (m, r) sum of the ranks of ordered columns, and how many there were.
    levels
        (m, l) how often each token of each small category came.
    number
        (m,) rows so far.
    """

    first: np.ndarray
    last: np.ndarray
    sums: np.ndarray
    known: np.ndarray
    levels: np.ndarray
    number: np.ndarray

    def of(self, rows: np.ndarray) -> "Course":
        """Of some of the parents."""
        return Course(*(each[rows] for each in vars(self).values()))


class Teller:
    """Turns the course of the rows of a table so far into codes of context columns.

    Parameters
    ----------
    spans
        Of the table's columns.
    grids
        The states of the numbers told, by name; see `fit`.
    """

    def __init__(self, spans: Sequence[Span], grids: Mapping[str, Any]) -> None:
        self.spans = list(spans)
        self.ranks = Ranks(spans)
        self.ranks.places, self.ranks._counts = self.ranks.places[:_MOST_TOLD], self.ranks._counts[:_MOST_TOLD]
        small = [place for place, span in enumerate(spans) if span.kind != ORDERED and span.width <= _FEW_LEVELS]
        self.levels = [(place, token) for place in small[:_MOST_TOLD] for token in range(spans[place].width)]
        self.grids = dict(grids)

    @classmethod
    def fit(cls, spans: Sequence[Span], codes: np.ndarray, position: np.ndarray, total: np.ndarray) -> "Teller":
        """Learn from the rows of a table (n, d): where each stands among its parent's, and how many these are."""
        teller = cls(spans, {})
        if not len(codes) or position.max() == 0:
            return teller
        course = teller.before(codes, position)
        after = teller.after(codes, position)
        teller.grids = {
            "position": fit_grid(position.astype(np.float64)),
            "left": fit_grid((total - position).astype(np.float64)),
            "means": [fit_grid(np.concatenate([a, b])) for a, b in zip(_means(course).T, _means(after).T, strict=True)],
            "levels": [
                fit_grid(np.concatenate([a, b]).astype(np.float64))
                for a, b in zip(course.levels.T, after.levels.T, strict=True)
            ],
        }
        return teller

    @property
    def follows(self) -> bool:
        """Whether there are rows that follow others."""
        return bool(self.grids)

    @property
    def last_place(self) -> int:
        """Where in `history` the columns of the row before begin."""
        return 2

    def start(self, parents: int) -> Course:
        """The course before any row."""
        width, ranks, levels = len(self.spans), len(self.ranks.places), len(self.levels)
        rows = np.zeros((parents, width))
        return Course(
            rows,
            rows.copy(),
            np.zeros((parents, ranks)),
            np.zeros((parents, ranks)),
            np.zeros((parents, levels), dtype=np.int32),
            np.zeros(parents, dtype=np.int64),
        )

    def add(self, course: Course, rows: np.ndarray, codes: np.ndarray) -> None:
        """Take note of one more row (m, d) of each of the parents `rows` (m,)."""
        new = rows[course.number[rows] == 0]
        course.first[new] = codes[course.number[rows] == 0]
        course.last[rows] = codes
        ranks = self.ranks.of(codes)
        course.sums[rows] += np.nan_to_num(ranks)
        course.known[rows] += ~np.isnan(ranks)
        course.levels[rows] += self._levels(codes)
        course.number[rows] += 1

    def _levels(self, codes: np.ndarray) -> np.ndarray:
        tokens = codes.astype(np.int64)
        parts = [tokens[:, place] == token for place, token in self.levels]
        return np.stack(parts, axis=1).astype(np.int32) if parts else np.zeros((len(codes), 0), dtype=np.int32)

    def before(self, codes: np.ndarray, position: np.ndarray) -> Course:
        """For each row (n, d) the course of the rows of its parent before it."""
        ranks, levels = self.ranks.of(codes), self._levels(codes)
        begins = np.arange(len(codes)) - position
        last = np.roll(codes, 1, axis=0)
        return Course(
            codes[begins],
            last,
            _sums_before(np.nan_to_num(ranks), begins),
            _sums_before((~np.isnan(ranks)).astype(np.float64), begins),
            _sums_before(levels, begins),
            position.astype(np.int64),
        )

    def after(self, codes: np.ndarray, position: np.ndarray) -> Course:
        """The course of all rows of each parent that has some, in the order of the rows."""
        ends = np.flatnonzero(np.append(position[1:] == 0, True)) if len(position) else np.zeros(0, dtype=np.int64)
        before = self.before(codes, position).of(ends)
        ranks = self.ranks.of(codes[ends])
        before.last = codes[ends]
        before.sums = before.sums + np.nan_to_num(ranks)
        before.known = before.known + ~np.isnan(ranks)
        before.levels = before.levels + self._levels(codes[ends])
        before.number = before.number + 1
        return before

    def history(self, course: Course, total: np.ndarray) -> np.ndarray:
        """(m, h) codes of what is known before the next row of parents that have `total` (m,) rows in the end."""
        if not self.follows:
            return np.zeros((len(total), 0))
        there = course.number > 0
        told = [
            on_grid(course.number.astype(np.float64), self.grids["position"])[:, None],
            on_grid((total - course.number).astype(np.float64), self.grids["left"])[:, None],
            or_none(course.last, self.spans, there),
        ]
        return np.concatenate([*told, *self._aggregates(course)], axis=1)

    def history_spans(self) -> list[Span]:
        """The spans of `history`."""
        if not self.follows:
            return []
        numbers = [number.span(self.grids[name], 0) for name in ("position", "left")]
        return [*numbers, *(with_none(span, 1) for span in self.spans), *self._aggregate_spans()]

    def summary(self, course: Course) -> np.ndarray:
        """(m, s) codes of what all rows of parents were like."""
        first = or_none(course.first, self.spans, course.number > 0)
        return np.concatenate([first, *self._aggregates(course)], axis=1) if self.follows else first

    def summary_spans(self) -> list[Span]:
        """The spans of `summary`."""
        return [*(with_none(span, 1) for span in self.spans), *(self._aggregate_spans() if self.follows else [])]

    def _aggregates(self, course: Course) -> list[np.ndarray]:
        means = _means(course)
        told = [on_grid(means[:, place], state) for place, state in enumerate(self.grids["means"])]
        told += [on_grid(course.levels[:, k].astype(np.float64), each) for k, each in enumerate(self.grids["levels"])]
        return [np.stack(told, axis=1)] if told else []

    def _aggregate_spans(self) -> list[Span]:
        return [number.span(state, 0) for state in (*self.grids["means"], *self.grids["levels"])]


def _means(course: Course) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(course.known > 0, course.sums / np.maximum(course.known, 1), np.nan)


def _sums_before(values: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """(n, c) sums of the rows from `begins` (n,) to the one before."""
    sums = np.cumsum(values, axis=0) - values
    return sums - sums[begins]
