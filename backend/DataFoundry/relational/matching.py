"""Second parents: each row says what its other parent is like, and gets one that is, each as often as it is to have.

Rows and free places are matched within equal categories first, nearest numbers together; what is left is matched where
fewer categories agree.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from DataFoundry.preprocessing.spans import ORDERED, Span
from DataFoundry.relational.context import Ranks

_MOST_EXCHANGES = 50
_MOST_AT_ONCE = 300  # rows that are matched exactly; more are cut along the first number


def match(wanted: np.ndarray, offered: np.ndarray, spans: Sequence[Span], rng: np.random.Generator) -> np.ndarray:
    """(n,) int64: for each row, by the codes of what it wants (n, d), one of the offered places (m, d), none twice.

    -1 for rows that get none, where there are fewer places than rows.
    """
    found = np.full(len(wanted), -1, dtype=np.int64)
    free = np.ones(len(offered), dtype=bool)
    categories = [place for place, span in enumerate(spans) if span.kind != ORDERED]
    categories.sort(key=lambda place: -sum(count > 0 for count in spans[place].counts))
    ranks = Ranks(spans)
    own, other = np.nan_to_num(ranks.of(wanted), nan=2.0), np.nan_to_num(ranks.of(offered), nan=2.0)
    noise = rng.random(len(offered)) * 1e-6
    for depth in range(len(categories), -1, -1):
        rows, places = np.flatnonzero(found < 0), np.flatnonzero(free)
        if not len(rows):
            break
        for some, others in _groups(wanted, offered, rows, places, categories[:depth]):
            pairs = _nearest(own[some], other[others], noise[others])
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
) -> np.ndarray:
    """(k,) int64: for each of `rows` (k,) of a table another row of it, so that no row is its own ancestor.

    Those that name nobody are the first generation; the best fitting rows become their children, as many as they are to
    have (`numbers`), and so on.
    """
    chosen = np.full(len(wanted), -1, dtype=np.int64)
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
        found = match(wanted[left], offered[places], spans, rng)
        chosen[left[found >= 0]] = places[found[found >= 0]]
        generation = left[found >= 0]
        waiting[np.flatnonzero(waiting)[found >= 0]] = False
        placed = np.concatenate([placed, generation])
    return chosen[rows]


def without_repeats(chosen: np.ndarray, parent: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Second parents (n,) exchanged between rows until no two rows of one parent (n,) have the same, where it goes."""
    chosen = chosen.copy()
    for _ in range(_MOST_EXCHANGES):
        again = pd.DataFrame({"parent": parent, "chosen": chosen}).duplicated().to_numpy() & (chosen >= 0)
        rows = np.flatnonzero(again & (parent >= 0))
        if not len(rows):
            break
        others = rng.choice(np.flatnonzero(chosen >= 0), len(rows))
        rows, first = rows[np.unique(others, return_index=True)[1]], np.unique(others)
        apart = ~np.isin(first, rows)
        rows, first = rows[apart], first[apart]
        chosen[rows], chosen[first] = chosen[first].copy(), chosen[rows].copy()
    return chosen


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


def _nearest(own: np.ndarray, other: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows (n, r) and places (m, r), as many as there can be, whose numbers are near."""
    if min(len(own), len(other)) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    most = max(len(own), len(other))
    parts = -(-most // _MOST_AT_ONCE)
    if parts == 1 or own.shape[1] == 0:
        if own.shape[1] == 0:
            count = min(len(own), len(other))
            return np.arange(count), np.argsort(noise)[:count]
        distance = np.abs(own[:, None] - other[None]).sum(axis=2) + noise[None]
        return linear_sum_assignment(distance)
    ours, theirs = np.argsort(own[:, 0], kind="stable"), np.argsort(other[:, 0] + noise, kind="stable")
    found = [
        (a[pair[0]], b[pair[1]])
        for a, b in zip(np.array_split(ours, parts), np.array_split(theirs, parts), strict=True)
        for pair in [_nearest(own[a], other[b], noise[b])]
    ]
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])
