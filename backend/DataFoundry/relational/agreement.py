"""What a second parent has by what is known of a row: the doctor of a visit works where the patient is treated.

A category of the second parent that follows, in every training row, from one of the row's own columns or from one of
its ancestors'. Such a category is no longer drawn, and places are chosen only where it is so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from DataFoundry.preprocessing.spans import ORDERED, Span

_FEWEST_ROWS = 50  # that could have told otherwise
_ROWS_A_LEVEL = 4  # on average: rows of their own level each tell nothing
_MOST_COMMON = 0.95  # share of rows with one level of the second parent, above which it says too little
_MOST_LEVELS = 2000
_MANY_ROWS = 20.0  # expected, and none seen: by chance once in 5e8 times


@dataclass(frozen=True)
class _Told:
    """Something of a second parent that another category tells.

    Attributes
    ----------
    place
        Where among the columns that are drawn of a row the second parent's stands.
    source, source_place
        The table, "" for the row itself, and which of its columns that are drawn tells it.
    tokens
        What it tells, see the classes below.
    """

    place: int
    source: str
    source_place: int
    tokens: tuple[int, ...]

    def as_list(self) -> list[Any]:
        """As plain data."""
        return [self.place, self.source, self.source_place, list(self.tokens)]

    @classmethod
    def from_list(cls, value: Sequence[Any]) -> Self:
        """What `as_list` describes."""
        return cls(int(value[0]), str(value[1]), int(value[2]), tuple(map(int, value[3])))


class Agreement(_Told):
    """One category of a second parent that follows from another.

    `tokens` has for each token of the source the second parent's, -1 for one that tells none.
    """


class Absence(_Told):
    """Where a row has no second parent, by what else is known of it: only operations name who referred the patient.

    `place` is the first of the second parent's; with each of `tokens` of the source no row has such a parent.
    """


def agreement_of(
    wanted: tuple[int, Span, np.ndarray], sources: Mapping[tuple[str, int], tuple[Span, np.ndarray]], there: np.ndarray
) -> Agreement | None:
    """The source, of those given, that a category of the second parent follows from in every row; the first of several.

    Parameters
    ----------
    wanted
        Its place, its span and its codes (n,).
    sources
        By table and place the span and the codes (n,).
    there
        (n,) whether a row has such a parent.
    """
    place, span, codes = wanted
    if span.kind == ORDERED or not there.any():
        return None
    target = codes[there].astype(np.int64)
    if np.bincount(target).max() > _MOST_COMMON * len(target):
        return None
    for (table, source_place), (other, values) in sources.items():
        if other.kind == ORDERED or max(other.width, span.width) > _MOST_LEVELS:
            continue
        own = values[there].astype(np.int64)
        levels = len(np.unique(own))
        if len(own) - levels < _FEWEST_ROWS or len(own) < _ROWS_A_LEVEL * levels:
            continue
        tokens = np.full(other.width + 1, -1)
        tokens[own] = target
        if (tokens[own] == target).all():
            return Agreement(place, table, source_place, tuple(tokens.tolist()))
    return None


def absences_of(
    place: int, sources: Mapping[tuple[str, int], tuple[Span, np.ndarray]], there: np.ndarray
) -> list[Absence]:
    """The categories (by table and place the span and the codes (n,)) of which some tokens never have such a parent,
    though many of their rows would by chance; `there` (n,) tells which rows have."""
    found: list[Absence] = []
    if there.all() or not there.any():
        return found
    for (table, source_place), (span, values) in sources.items():
        if span.kind == ORDERED or span.width > _MOST_LEVELS:
            continue
        own = values.astype(np.int64)
        rows, named = np.bincount(own), np.bincount(own, weights=there)
        never = np.flatnonzero((rows * there.mean() >= _MANY_ROWS) & (named == 0))
        if len(never):
            found.append(Absence(place, table, source_place, tuple(never.tolist())))
    return found


def never_named(span: Span, codes: np.ndarray) -> list[int]:
    """The tokens of a category of the second parents that none of so many rows (n,) names, though many would by chance.

    Such as nurses, whom no visit names as its doctor.
    """
    if span.kind == ORDERED or not len(codes):
        return []
    counts = np.array(span.counts, dtype=np.float64)
    expected = counts / max(counts.sum(), 1) * len(codes)
    named = np.bincount(codes.astype(np.int64), minlength=len(counts))[: len(counts)]
    return np.flatnonzero((expected >= _MANY_ROWS) & (named == 0)).tolist()


@dataclass(frozen=True)
class Agreed:
    """Makes drawn tokens agree, for `ConditionalRows.draw`.

    Attributes
    ----------
    agreements
        Those of the table.
    spans
        Of the columns that are drawn.
    above
        For each ancestor (n, d) its codes for each row that is drawn.
    """

    agreements: Sequence[Agreement]
    spans: Sequence[Span]
    above: Mapping[str, np.ndarray]

    def of(self, rows: np.ndarray) -> "Agreed":
        """For some of the rows."""
        return Agreed(self.agreements, self.spans, {name: codes[rows] for name, codes in self.above.items()})

    def __call__(self, column: int, tokens: torch.Tensor, drawn: Sequence[torch.Tensor]) -> torch.Tensor:
        """(n,) the tokens of a column, from those drawn and the codes of the columns before it."""
        for each in self.agreements:
            if each.place == column:
                place = each.source_place
                known = torch.from_numpy(self.above[each.source][:, place]) if each.source else drawn[place]
                wanted = torch.tensor(each.tokens)[known.long()]
                # Without such a parent, the last token, there is nothing to agree.
                tokens = torch.where((tokens < self.spans[column].width - 1) & (wanted >= 0), wanted, tokens)
        return tokens
