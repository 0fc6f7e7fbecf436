"""Cutting sorted numbers into levels: frequent values by themselves, the others in quantile bins.

A level is what one token stands for. It remembers values seen in it, so that what is decoded has the precision, the
repeats and the bounds of the real column.
"""

from typing import Any

import numpy as np

from DataFoundry.preprocessing.options import TokenOptions


def fit_levels(values: np.ndarray, step: float, options: TokenOptions) -> dict[str, Any]:
    """Levels of a column.

    Parameters
    ----------
    values
        (n,) int64 or float64, none missing.
    step
        The column's precision: values are multiples of it, 0 where there is none.

    Returns
    -------
    Plain state: `exact` (a,) values that are levels by themselves and `exact_tokens` (a,), `edges` (b,) largest value
    of each bin and `bin_tokens` (b,), `memory` values to draw from with `offsets` (levels + 1,), `counts` (levels,),
    `widths` (levels,) of the part of the number line that each level stands for.
    """
    distinct, counts = np.unique(values, return_counts=True)
    alone = _frequent(distinct, counts, options)
    exact = [(distinct[i : i + 1], counts[i : i + 1]) for i in np.flatnonzero(alone)]
    bins = _bins(distinct[~alone], counts[~alone], options)
    memories = [_memory(kept, rows, options) for kept, rows in exact + bins]
    if options.rare_threshold is not None:
        common = distinct[counts >= options.rare_threshold]
        memories = [
            _stand_ins(own, rows, memory, distinct, common, step, options.rare_threshold)
            for (own, rows), memory in zip(exact + bins, memories, strict=True)
        ]
    return _state(exact, bins, memories, step)


def encode_levels(values: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """(n,) level of each value; one outside the range seen belongs to the nearest level."""
    exact, edges = state["exact"], state["edges"]
    tokens = np.zeros(len(values), dtype=np.int64)
    if len(edges):
        place = np.minimum(np.searchsorted(edges, values), len(edges) - 1)
        tokens[:] = state["bin_tokens"][place]
    if len(exact):
        right = np.minimum(np.searchsorted(exact, values), len(exact) - 1)
        left = np.maximum(right - 1, 0)
        near = np.where(_distance(values, exact[left]) < _distance(values, exact[right]), left, right)
        use = exact[near] == values if len(edges) else np.ones(len(values), dtype=bool)
        tokens[use] = state["exact_tokens"][near[use]]
    return tokens


def decode_levels(tokens: np.ndarray, state: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    """(n,) values, each drawn from those remembered for its level."""
    offsets = state["offsets"]
    first, size = offsets[tokens], offsets[tokens + 1] - offsets[tokens]
    return state["memory"][first + (rng.random(len(tokens)) * size).astype(np.int64)]


def middle_of_levels(state: dict[str, Any]) -> np.ndarray:
    """(levels,) the median remembered value of each level."""
    offsets = state["offsets"]
    return state["memory"][(offsets[:-1] + offsets[1:] - 1) // 2]


def _frequent(distinct: np.ndarray, counts: np.ndarray, options: TokenOptions) -> np.ndarray:
    few = len(distinct) <= options.exact_levels
    least = 1.0 if few else max(5.0, options.frequent_share * counts.sum())
    alone = counts >= max(least, options.rare_threshold or 1)
    if alone.sum() > options.exact_levels:  # keep the most frequent
        kept = np.argsort(-counts, kind="stable")[: options.exact_levels]
        alone = np.zeros(len(distinct), dtype=bool)
        alone[kept] = True
    return alone | ~np.isfinite(distinct)


def _bins(distinct: np.ndarray, counts: np.ndarray, options: TokenOptions) -> list[tuple[np.ndarray, np.ndarray]]:
    """Runs of neighbouring values with about equally many rows, not fewer than the threshold for rare values."""
    if not len(distinct):
        return []
    total = counts.sum()
    bins = max(1, min(options.bins, int(total // (options.rare_threshold or 1))))
    before = np.cumsum(counts) - counts  # a value belongs to the bin where its first row falls
    names = np.minimum((before * bins) // total, bins - 1)
    cuts = np.flatnonzero(np.diff(names)) + 1
    return list(zip(np.split(distinct, cuts), np.split(counts, cuts), strict=True))


def _memory(values: np.ndarray, counts: np.ndarray, options: TokenOptions) -> np.ndarray:
    """Values to draw from: all rows of a small level, else rows spread evenly over its quantiles."""
    rows = int(counts.sum())
    size = min(rows, options.samples_in_bin) if len(values) > 1 else 1
    places = ((np.arange(size) + 0.5) / size * rows).astype(np.int64)
    return values[np.searchsorted(np.cumsum(counts), places, side="right")]


def _stand_ins(
    values: np.ndarray,
    counts: np.ndarray,
    memory: np.ndarray,
    distinct: np.ndarray,
    common: np.ndarray,
    step: float,
    threshold: int,
) -> np.ndarray:
    """A level's memory without rare values: values between its own, at the column's precision, that no row has.

    Where there is no room between them, the nearest value that is not rare.
    """
    if counts.min() >= threshold:
        return memory
    finite = values[np.isfinite(values)]
    if len(finite) and counts.sum() >= threshold:
        # Each end is weighed by itself, so that the distance between far ends cannot overflow.
        part = np.arange(1, len(memory) + 1) / (len(memory) + 1)
        grid = finite[0] * (1 - part) + finite[-1] * part
        fine = (np.round(grid / step) * step if step else grid).astype(values.dtype)
        new = np.unique(fine[~np.isin(fine, distinct)])
        if len(new):
            return new
    middle = values[0] / 2 + values[-1] / 2
    if len(common):
        near = common[np.argmin(_distance(common, np.nan_to_num(middle)))]
    else:
        near = middle + step / 2 if np.isfinite(middle) else 0
    return np.array([near], dtype=values.dtype)


def _state(
    exact: list[tuple[np.ndarray, np.ndarray]],
    bins: list[tuple[np.ndarray, np.ndarray]],
    memories: list[np.ndarray],
    step: float,
) -> dict[str, Any]:
    groups = exact + bins
    dtype = groups[0][0].dtype if groups else np.dtype(np.float64)
    middles = np.array([(values[0] / 2 + values[-1] / 2) for values, _ in groups])
    order = np.argsort(middles, kind="stable")
    token_of = np.empty(len(groups), dtype=np.int64)
    token_of[order] = np.arange(len(groups))
    return {
        "exact": np.array([values[0] for values, _ in exact], dtype=dtype),
        "exact_tokens": token_of[: len(exact)],
        "edges": np.array([values[-1] for values, _ in bins], dtype=dtype),
        "bin_tokens": token_of[len(exact) :],
        "memory": np.concatenate([memories[i] for i in order]) if groups else np.zeros(0, dtype=dtype),
        "offsets": np.concatenate([[0], np.cumsum([len(memories[i]) for i in order])]).astype(np.int64),
        "counts": np.array([groups[i][1].sum() for i in order], dtype=np.int64),
        "widths": np.array([_width(groups[i][0], step) for i in order], dtype=np.float64),
    }


def _width(values: np.ndarray, step: float) -> float:
    spread = float(values[-1]) - float(values[0])
    return max(spread + step, 0.0) if np.isfinite(spread) else step


def _distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(left.astype(np.float64) - right.astype(np.float64))
