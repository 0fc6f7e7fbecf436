"""Cutting sorted numbers into levels: frequent values by themselves, the others in quantile bins.

A level is what one token stands for. Each has a quantile function (`quantiles`), so that what is decoded has the
precision, the shared values and the bounds of the real column.
"""

from typing import Any

import numpy as np

from DataFoundry.preprocessing.columns.quantiles import around, knots_of_bin, places_of, values_at
from DataFoundry.preprocessing.options import TokenOptions

_NEIGHBOURS = 3  # on each side
_SURE_COUNT = 25  # rows; a fifth more or less is chance
_HEAP = 4.0  # standard deviations above the neighbours' median: people round, so that such a value is one of its own
_MOST_ROWS_APART = 25


def fit_levels(values: np.ndarray, lattice: dict[str, Any], options: TokenOptions) -> dict[str, Any]:
    """Levels of a column.

    Parameters
    ----------
    values
        (n,) int64 or float64, none missing.
    lattice
        `step`, the column's precision: values are `origin` plus multiples of it, 0 where there is none; and the
        `decimals` that they are written with.

    Returns
    -------
    Plain state: `exact` (a,) values that are levels by themselves and `exact_tokens` (a,), `edges` (b,) largest value
    of each bin and `bin_tokens` (b,), the quantile function of each level in `places` and `knots` with `offsets`
    (levels + 1,), `counts` (levels,), `widths` (levels,) of the part of the number line that each level stands for.
    """
    distinct, counts = np.unique(values, return_counts=True)
    smooth = _smooth(distinct, counts, lattice["step"])
    alone = _frequent(distinct, counts, smooth, options)
    exact = [(distinct[i : i + 1], counts[i : i + 1]) for i in np.flatnonzero(alone)]
    bins = _bins(distinct[~alone], counts[~alone], options)
    shared = (
        set(distinct[~smooth & (counts >= options.rare_threshold)].tolist()) if options.rare_threshold > 1 else None
    )
    return _state(exact, bins, shared, lattice, options)


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


def code_levels(values: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """(n,) level of each value plus its place within the level, at least 0 and below 1."""
    tokens = encode_levels(values, state)
    return tokens + places_of(values, tokens, state)


def middle_of_levels(state: dict[str, Any]) -> np.ndarray:
    """(levels,) the median of each level."""
    return values_at(np.arange(len(state["counts"])) + 0.5, state)


def _smooth(distinct: np.ndarray, counts: np.ndarray, step: float) -> np.ndarray:
    """(m,) whether a value's count is chance around what its neighbours have: it is small, and the lattice is dense."""
    reach = min(_NEIGHBOURS, len(distinct) // 3)
    if not step or reach == 0:
        return np.zeros(len(distinct), dtype=bool)
    places = np.arange(len(distinct))
    near = np.clip(places[:, None] + np.arange(-reach, reach + 1), 0, len(distinct) - 1)
    dense = _distance(distinct[near[:, -1]], distinct[near[:, 0]]) <= 1.5 * step * (near[:, -1] - near[:, 0])
    usual = np.median(counts[near], axis=1)
    return dense & (counts < _SURE_COUNT) & (counts <= usual + _HEAP * np.sqrt(usual) + 2)


def _frequent(distinct: np.ndarray, counts: np.ndarray, smooth: np.ndarray, options: TokenOptions) -> np.ndarray:
    few = len(distinct) <= options.exact_levels
    least = 1.0 if few else max(5.0, options.frequent_share * counts.sum())
    alone = counts >= max(least, options.rare_threshold)
    if options.rare_threshold > 1:
        alone &= ~smooth
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
    bins = max(1, min(options.bins, round(2 * total ** (1 / 3)), int(total // options.rare_threshold)))
    before = np.cumsum(counts) - counts  # a value belongs to the bin where its first row falls
    names = np.minimum((before * bins) // total, bins - 1)
    cuts = np.flatnonzero(np.diff(names)) + 1
    if len(cuts) and cuts[0] == 1 and counts[0] < options.rare_threshold:
        cuts = cuts[1:]  # a lone rare value below all others has none to be between
    return list(zip(np.split(distinct, cuts), np.split(counts, cuts), strict=True))


def _state(
    exact: list[tuple[np.ndarray, np.ndarray]],
    bins: list[tuple[np.ndarray, np.ndarray]],
    shared: set[Any] | None,
    lattice: dict[str, Any],
    options: TokenOptions,
) -> dict[str, Any]:
    groups = exact + bins
    dtype = groups[0][0].dtype if groups else np.dtype(np.float64)
    knots = [(np.zeros(1), values) for values, _ in exact] + _functions(bins, exact, shared, lattice["step"], options)
    middles = np.array([(values[0] / 2 + values[-1] / 2) for values, _ in groups])
    order = np.argsort(middles, kind="stable")
    token_of = np.empty(len(groups), dtype=np.int64)
    token_of[order] = np.arange(len(groups))
    return {
        "exact": np.array([values[0] for values, _ in exact], dtype=dtype),
        "exact_tokens": token_of[: len(exact)],
        "edges": np.array([values[-1] for values, _ in bins], dtype=dtype),
        "bin_tokens": token_of[len(exact) :],
        "places": np.concatenate([knots[i][0] for i in order]) if groups else np.zeros(0),
        "knots": np.concatenate([knots[i][1] for i in order]) if groups else np.zeros(0, dtype=dtype),
        "offsets": np.concatenate([[0], np.cumsum([len(knots[i][0]) for i in order])]).astype(np.int64),
        "counts": np.array([groups[i][1].sum() for i in order], dtype=np.int64),
        "widths": np.array([_width(groups[i][0], lattice["step"]) for i in order], dtype=np.float64),
        **lattice,
    }


def _functions(
    bins: list[tuple[np.ndarray, np.ndarray]],
    exact: list[tuple[np.ndarray, np.ndarray]],
    shared: set[Any] | None,
    step: float,
    options: TokenOptions,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Knots of each bin's quantile function; of a lone rare value it is the nearest value that many rows share."""
    common = np.array([values[0] for values, _ in exact if np.isfinite(values[0])])
    if len(bins) == 1 and len(bins[0][0]) == 1 and bins[0][1][0] < options.rare_threshold and len(common):
        near = common[np.argmin(_distance(common, bins[0][0]))]
        return [(np.zeros(1), np.array([near], dtype=bins[0][0].dtype))]
    functions, before = [], None
    rows = sum(int(counts.sum()) for _, counts in bins)
    apart = max(options.rare_threshold, min(_MOST_ROWS_APART, round(rows ** (2 / 3) / 2)))
    apart = 1 if shared is None else apart
    for values, counts in bins:
        same = np.array([shared is None or each in shared for each in values.tolist()])
        if before is None and not same[0] and step and counts[0] >= options.rare_threshold:
            before = values[0] - values.dtype.type(step)  # so that the least value, which many rows share, is drawn
        knots = knots_of_bin(values, counts, before, same, apart, options.knots_in_bin)
        functions.append(around(*knots, common, step))
        before = values[-1]
    return functions


def _width(values: np.ndarray, step: float) -> float:
    spread = float(values[-1]) - float(values[0])
    return max(spread + step, 0.0) if np.isfinite(spread) else step


def _distance(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return np.abs(left.astype(np.float64) - right.astype(np.float64))
