"""Second parents: each row says what its other parent is like, and gets one that is, each as often as it is to have.

Rows and free places are matched within equal categories first, nearest numbers together; what is left is matched where
fewer categories agree.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from DataFoundry.preprocessing.spans import ORDERED, Span
from DataFoundry.relational.context import Ranks

_MOST_EXCHANGES = 50
_MOST_AT_ONCE = 300  # rows that are matched exactly; more are cut along their numbers
_MOST_OF_MANY = 100  # where there are many rows, since the time for each grows with the square of it
_MANY_ROWS = 30_000
SELDOM = 1e-3  # weight of a row that is to have no child


def by_cell(
    numbers: np.ndarray, wanted: np.ndarray, offered: np.ndarray, change: Callable[[np.ndarray, int], np.ndarray]
) -> np.ndarray:
    """Numbers of children (m,), changed so that each cell (m, a) has as many as there are rows that want it (n, a)."""
    numbers = numbers.copy()
    cells = _groups(wanted, offered, np.arange(len(wanted)), np.arange(len(offered)), range(wanted.shape[1]))
    for rows, places in cells:
        places = places[numbers[places] > 0]
        numbers[places] = change(numbers[places], len(rows))
    return numbers


def match(
    wanted: np.ndarray,
    offered: np.ndarray,
    spans: Sequence[Span],
    rng: np.random.Generator,
    agreeing: Sequence[int] = (),
) -> np.ndarray:
    """(n,) int64: for each row, by the codes of what it wants (n, d), one of the offered places (m, d), none twice.

    -1 for rows that get none: where there are fewer places than rows, or fewer with the same categories `agreeing`.
    """
    found = np.full(len(wanted), -1, dtype=np.int64)
    free = np.ones(len(offered), dtype=bool)
    categories = [place for place, span in enumerate(spans) if span.kind != ORDERED]
    categories.sort(key=lambda place: (place not in agreeing, -sum(count > 0 for count in spans[place].counts)))
    ranks = Ranks(spans)
    own, other = np.nan_to_num(ranks.of(wanted), nan=2.0), np.nan_to_num(ranks.of(offered), nan=2.0)
    noise = rng.random(len(offered)) * 1e-6
    most = _MOST_AT_ONCE if len(wanted) <= _MANY_ROWS else _MOST_OF_MANY
    for depth in range(len(categories), len(agreeing) - 1, -1):
        rows, places = np.flatnonzero(found < 0), np.flatnonzero(free)
        if not len(rows):
            break
        for some, others in _groups(wanted, offered, rows, places, categories[:depth]):
            pairs = _nearest(own[some], other[others], noise[others], most)
            found[some[pairs[0]]] = others[pairs[1]]
            free[others[pairs[1]]] = False
    return found


def match_own(
    wanted: np.ndarray,
    offered: np.ndarray,
    numbers: np.ndarray,
    rows: np.ndarray,
    spans: Sequence[Span],
    rng: np.random.Generator,
    agreeing: Sequence[int] = (),
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """(k,) int64: for each of `rows` (k,) of a table another row of it, so that no row is its own ancestor.

    Those that name nobody are the first generation; the best fitting rows become their children, as many as they are to
    have (`numbers`), and so on.
    """
    chosen = np.full(len(wanted), -1, dtype=np.int64)
    weights = numbers + SELDOM if weights is None else weights
    waiting = np.ones(len(rows), dtype=bool)
    generation = np.setdiff1d(np.arange(len(wanted)), rows)
    if not len(generation):  # rows that name themselves are the first
        first = int(rng.integers(len(rows)))
        chosen[rows[first]], waiting[first], generation = rows[first], False, rows[[first]]
    placed = generation
    while waiting.any():
        places = np.repeat(generation, numbers[generation])
        if not len(places):  # more rows than places: some have more children than they were to have
            places = rng.choice(placed, int(waiting.sum()))
        left = rows[waiting]
        found = match(wanted[left], offered[places], spans, rng, agreeing)
        if (found < 0).all():  # none that agrees: more children for those that do, else one row leads those like it
            found = anyone(wanted[left], offered[placed], weights[placed], agreeing, rng, only=True)
            places = placed
            if (found < 0).all():
                leaders = _first_of_each(wanted[left][:, agreeing], numbers[left])
                found[leaders] = anyone(wanted[left[leaders]], offered[placed], weights[placed], (), rng)
        chosen[left[found >= 0]] = places[found[found >= 0]]
        generation = left[found >= 0]
        waiting[np.flatnonzero(waiting)[found >= 0]] = False
        placed = np.concatenate([placed, generation])
    return chosen[rows]


def cells_of(codes: np.ndarray) -> np.ndarray:
    """(n,) int64 the same for rows (n, a) with the same tokens."""
    if not codes.shape[1]:
        return np.zeros(len(codes), dtype=np.int64)
    return np.unique(codes.astype(np.int64), axis=0, return_inverse=True)[1].ravel()


def _first_of_each(cells: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Of the rows of each cell (n, a) the place of the one that is to have most children (n,)."""
    cell = cells_of(cells)
    order = np.lexsort((-numbers, cell))
    return order[np.unique(cell[order], return_index=True)[1]]


def anyone(
    wanted: np.ndarray,
    offered: np.ndarray,
    weights: np.ndarray,
    agreeing: Sequence[int],
    rng: np.random.Generator,
    only: bool = False,
) -> np.ndarray:
    """(n,) int64: for rows that found no free place one of the offered, by their weights (m,).

    One that has the same categories `agreeing`, where there is such a one; where `only`, else -1.
    """
    found = np.full(len(wanted), -1, dtype=np.int64)
    if not len(wanted):
        return found
    for rows, places in _groups(wanted, offered, np.arange(len(wanted)), np.arange(len(offered)), agreeing):
        found[rows] = rng.choice(places, len(rows), p=weights[places] / weights[places].sum())
    left = np.flatnonzero(found < 0) if not only else np.zeros(0, dtype=np.int64)
    found[left] = rng.choice(len(offered), len(left), p=weights / weights.sum())
    return found


def without_repeats(
    chosen: np.ndarray, parent: np.ndarray, rng: np.random.Generator, agreeing: np.ndarray | None = None
) -> np.ndarray:
    """Second parents (n,) exchanged between rows until no two rows of one parent (n,) have the same, where it goes.

    With the codes `agreeing` (n, a) between rows that have the same of them only.
    """
    chosen = chosen.copy()
    cell = cells_of(np.zeros((len(chosen), 0)) if agreeing is None else agreeing)
    for _ in range(_MOST_EXCHANGES):
        again = pd.DataFrame({"parent": parent, "chosen": chosen}).duplicated().to_numpy() & (chosen >= 0)
        rows = np.flatnonzero(again & (parent >= 0))
        if not len(rows):
            break
        exchange(chosen, rows, np.flatnonzero(chosen >= 0), cell, rng)
    return chosen


def exchange(
    chosen: np.ndarray, rows: np.ndarray, others: np.ndarray, cell: np.ndarray, rng: np.random.Generator
) -> None:
    """Change what rows have chosen (n,) with as many of others at random, in place, where both are of one cell (n,)."""
    drawn, places = np.unique(rng.choice(others, len(rows)), return_index=True)
    rows = rows[places]
    apart = ~np.isin(drawn, rows) & (cell[drawn] == cell[rows])
    rows, drawn = rows[apart], drawn[apart]
    chosen[rows], chosen[drawn] = chosen[drawn].copy(), chosen[rows].copy()


def _groups(
    wanted: np.ndarray, offered: np.ndarray, rows: np.ndarray, places: np.ndarray, columns: Sequence[int]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows and places that agree in the columns."""
    if not columns:
        return [(rows, places)]
    both = np.concatenate([wanted[rows][:, columns], offered[places][:, columns]]).astype(np.int64)
    _, cell = np.unique(both, axis=0, return_inverse=True)
    cell = cell.ravel()
    ours, theirs = _by_cell(cell[: len(rows)], rows), _by_cell(cell[len(rows) :], places)
    return [(ours[key], theirs[key]) for key in sorted(ours.keys() & theirs.keys())]


def _by_cell(cell: np.ndarray, places: np.ndarray) -> dict[int, np.ndarray]:
    order = np.argsort(cell, kind="stable")
    cuts = np.flatnonzero(np.diff(cell[order])) + 1
    return {int(cell[part[0]]): places[part] for part in np.split(order, cuts) if len(part)}


def _nearest(
    own: np.ndarray, other: np.ndarray, noise: np.ndarray, most: int = _MOST_AT_ONCE
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows (n, r) and places (m, r), as many as there can be, whose numbers are near; `most` at once."""
    count = min(len(own), len(other))
    if count == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if own.shape[1] == 0:
        return np.arange(count), np.argsort(noise)[:count]
    found = [_assigned(own, other, noise, *part) for part in _cells(own, other, noise, most)]
    return np.concatenate([rows for rows, _ in found]), np.concatenate([places for _, places in found])


def _assigned(
    own: np.ndarray, other: np.ndarray, noise: np.ndarray, rows: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of some rows and places whose distances have the smallest sum."""
    distance = np.abs(own[rows][:, None] - other[places][None]).sum(axis=2) + noise[places][None]
    first, second = linear_sum_assignment(distance)
    return rows[first], places[second]


def _cells(own: np.ndarray, other: np.ndarray, noise: np.ndarray, most: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and places that are halved by rank along one number after the other until they are few enough.

    Exact matching costs the third power of their number.
    """
    waiting = [(np.arange(len(own)), np.arange(len(other)), 0)]
    while waiting:
        rows, places, depth = waiting.pop()
        if max(len(rows), len(places)) <= most:
            yield rows, places
            continue
        number = depth % own.shape[1]
        ours = rows[np.argsort(own[rows, number], kind="stable")]
        theirs = places[np.argsort(other[places, number] + noise[places], kind="stable")]
        halves = zip(np.array_split(ours, 2), np.array_split(theirs, 2), strict=True)
        waiting += [(*half, depth + 1) for half in halves]
