"""Quantile functions of the levels of a number column: from a place within a level to a value, and back.

A level's quantile function goes through order statistics of its training rows, as many rows apart as make a value
common. Between two of them it is linear and then rounded to the column's lattice, so that a value which few rows carry
is not repeated; where many rows share a value it is flat, so that this value stays exact and as frequent as it was.
"""

from typing import Any

import numpy as np

_LEAST_SHARE = 1e-9  # of a level, for a wanted value of a column without a lattice
_BELOW_ONE = 1 - 1e-9
_ROUNDING = 1e-6  # of a step


def knots_of_bin(
    distinct: np.ndarray, counts: np.ndarray, before: Any, shared: np.ndarray, apart: int, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Places (k,) from 0 to 1, ascending, and values (k,) of one bin's quantile function.

    Parameters
    ----------
    distinct, counts
        (m,) values of the bin, ascending, and the rows that carry each.
    before
        The greatest value of the bin below, None for the lowest bin.
    shared
        (m,) whether so many rows carry a value that it stays exact.
    apart
        Rows of other values between two knots.
    most
        Knots at most.
    """
    ends = np.cumsum(counts) / counts.sum()
    starts = np.concatenate([[0.0], ends[:-1]])
    if before is None and not shared[0] and len(distinct) > 1:
        ends[0] = 0.0  # the least value is where the function starts, not a stretch of it
    places = np.column_stack([starts, ends])
    values = np.column_stack([distinct, distinct])
    stretches = np.cumsum(np.where(shared, 0, counts)) // apart
    whole = shared | (np.diff(stretches, prepend=0) > 0) | (ends == 0)
    whole[-1] = True
    kept = np.column_stack([shared, whole])
    places, values = places[kept], values[kept]
    if before is not None and not shared[0]:
        places, values = np.concatenate([[0.0], places]), np.concatenate([[before], values])
    if len(places) > most:
        chosen = np.unique(np.linspace(0, len(places) - 1, most).round().astype(np.int64))
        places, values = places[chosen], values[chosen]
    return places, values.astype(distinct.dtype)


def around(places: np.ndarray, values: np.ndarray, taken: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The quantile function of `places` and `values` (k,) with a jump over values (a,) that are levels by themselves.

    Between two rare values may lie one that many rows share; it has its frequency already.
    """
    taken = taken[(taken > values[0]) & (taken < values[-1])] if len(values) and step else taken[:0]
    if not len(taken):
        return places, values
    ends = np.flatnonzero(_difference(taken[1:], taken[:-1]) > 1.5 * step)
    lows, highs = taken[np.concatenate([[0], ends + 1])], taken[np.concatenate([ends, [len(taken) - 1]])]
    unit = values.dtype.type(step)
    for least, most in zip(lows.tolist(), highs.tolist(), strict=True):
        right = int(np.searchsorted(values, least))
        if values[right] <= most:
            continue
        low = max(least - unit, values[right - 1])
        below, above = float(low - values[right - 1]), float(values[right] - most)
        along = below / (below + above) if below + above > 0 else 0.5
        place = places[right - 1] + (places[right] - places[right - 1]) * along
        places = np.insert(places, right, [place, place])
        values = np.insert(values, right, np.array([low, most], dtype=values.dtype))
    return places, values


def values_at(codes: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """(n,) values of codes (n,): the whole part is the level, the rest the place within it."""
    offsets, places, values = state["offsets"], state["places"], state["knots"]
    tokens = codes.astype(np.int64)
    level = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    left = np.searchsorted(level + places * _BELOW_ONE, tokens + (codes - tokens) * _BELOW_ONE, side="right") - 1
    left = np.clip(left, offsets[tokens], offsets[tokens + 1] - 1)
    right = np.minimum(left + 1, offsets[tokens + 1] - 1)
    gap = places[right] - places[left]
    along = np.clip((codes - tokens - places[left]) / np.where(gap > 0, gap, 1.0), 0.0, 1.0)
    return _between(values[left], values[right], along, state)


def places_of(values: np.ndarray, tokens: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """(n,) the place, at least 0 and below 1, of each value within its level; half for a level of one value."""
    offsets, places, knots = state["offsets"], state["places"], state["knots"]
    result = np.full(len(values), 0.5)
    bins = np.flatnonzero((np.diff(offsets) > 1)[tokens])
    if not len(bins):
        return result
    # The knots of all bins together ascend, so that one search serves all.
    wide = np.repeat(np.diff(offsets) > 1, np.diff(offsets))
    joined, joined_places = knots[wide], places[wide]
    sizes = np.where(np.diff(offsets) > 1, np.diff(offsets), 0)
    starts = (np.cumsum(sizes) - sizes)[tokens[bins]]
    stops = starts + sizes[tokens[bins]]
    first = np.clip(np.searchsorted(joined, values[bins], side="left"), starts, stops)
    last = np.clip(np.searchsorted(joined, values[bins], side="right"), starts, stops)
    low, high = np.clip(first - 1, starts, stops - 1), np.clip(first, starts, stops - 1)
    span = _difference(joined[high], joined[low])
    along = _difference(values[bins], joined[low]) - state["step"] / 2  # the middle of what is rounded to the value
    along = np.clip(along / np.where(span > 0, span, 1.0), 0.0, 1.0)
    between = joined_places[low] + (joined_places[high] - joined_places[low]) * np.nan_to_num(along)
    flat = (joined_places[np.minimum(first, stops - 1)] + joined_places[np.maximum(last - 1, starts)]) / 2
    result[bins] = np.where(last > first + 1, flat, between)
    return np.clip(result, 0.0, _BELOW_ONE)


def restricted(
    state: dict[str, Any], low: float | None, high: float | None, values: list[Any] | None
) -> tuple[dict[str, Any], np.ndarray]:
    """Quantile functions of the wanted values alone, and (levels,) the share of each level that is wanted."""
    wanted = [(low, high)] if values is None else [(each, each) for each in sorted(set(values))]
    pieces = [
        _pieces(state, _on_lattice(one, state, np.ceil), _on_lattice(other, state, np.floor)) for one, other in wanted
    ]
    level, sizes, ends = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    order = np.argsort(level, kind="stable")
    level, sizes, ends = level[order], sizes[order], ends[order]
    levels = len(state["offsets"]) - 1
    shares = np.bincount(level, weights=sizes, minlength=levels)
    stops = np.cumsum(sizes) - np.concatenate([[0.0], np.cumsum(shares)])[level]
    places = np.column_stack([stops - sizes, stops]) / shares[level][:, None]
    offsets = np.concatenate([[0], np.cumsum(2 * np.bincount(level, minlength=levels))]).astype(np.int64)
    changed = {"places": np.clip(places, 0, 1).flatten(), "knots": ends.flatten(), "offsets": offsets}
    return state | changed, np.minimum(shares, 1.0)


def _pieces(state: dict[str, Any], low: Any, high: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level (k,), share of the level (k,) and values at both ends (k, 2) of the stretches from `low` to `high`."""
    offsets, places, knots, step = state["offsets"], state["places"], state["knots"], state["step"]
    sizes = np.diff(offsets)
    level = np.repeat(np.arange(len(sizes)), sizes)
    alone = sizes[level] == 1
    last = np.zeros(len(level), dtype=bool)
    last[offsets[1:][sizes > 0] - 1] = True
    left = np.flatnonzero(alone | ~last)
    right = np.where(alone[left], left, np.minimum(left + 1, len(level) - 1))
    lengths = np.where(alone[left], 1.0, places[right] - places[left])
    least = -np.inf if low is None else low
    most = np.inf if high is None else high
    start, stop = knots[left], knots[right]
    span = _difference(stop, start)
    with np.errstate(invalid="ignore", over="ignore"):
        first = np.clip((least - step - start) / np.where(span > 0, span, 1.0), 0.0, 1.0)
        past = np.clip((most - start) / np.where(span > 0, span, 1.0), 0.0, 1.0)
    inside = (stop >= least) & np.where(span > 0, start < most, start <= most) & (least <= most)
    share = np.where(span > 0, past - first, 1.0) * lengths
    kept = inside & (lengths > 0)
    begin = np.where(first > 0, _between(start, stop, first, state), start)
    ends = np.column_stack([begin, _between(start, stop, past, state)])[kept]
    unit = knots.dtype.type(step)
    if low is not None:  # what is drawn lies above the lower end, unless both ends are one
        ends = np.maximum(ends, np.where(start == stop, least, least - unit)[kept][:, None])
    if high is not None:
        ends = np.minimum(ends, most)
    ends = ends.astype(knots.dtype)
    return level[left][kept], np.maximum(share[kept], _LEAST_SHARE), ends


def _on_lattice(bound: Any, state: dict[str, Any], rounded: Any) -> Any:
    """The bound moved inwards to a value that the column can have."""
    if bound is None or not state["step"] or not np.isfinite(bound):
        return bound
    if state["knots"].dtype == np.int64:
        steps, rest = divmod(int(rounded(bound)) - state["origin"], int(state["step"]))
        return state["origin"] + (steps + (rest > 0 and rounded is np.ceil)) * int(state["step"])
    steps = (bound - state["origin"]) / state["step"]
    near = np.round(steps) if abs(steps - np.round(steps)) < 1e-6 else rounded(steps)
    return float(np.round(state["origin"] + near * state["step"], state["decimals"]))


def _between(low: np.ndarray, high: np.ndarray, along: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """Values (n,) a share `along` (n,) of the way: on the column's lattice, those above `low` up to `high` alike."""
    step = state["step"]
    if low.dtype == np.int64:
        unit = max(int(step), 1)
        steps = _steps_up(((high - low) // unit).astype(np.float64), along).astype(np.int64)
        return np.minimum(low + steps * unit, high)
    with np.errstate(invalid="ignore", over="ignore"):
        plain = np.where(low == high, low, low * (1 - along) + high * along)
        if not step:
            return plain
        fine = low + _steps_up(np.rint((high - low) / step), along) * step
        fine = np.clip(np.round(fine, state["decimals"]), low, high)
    return np.where(np.isfinite(fine) & (low != high), fine, plain)


def _steps_up(most: np.ndarray, along: np.ndarray) -> np.ndarray:
    """(n,) 1 to `most` steps (n,), each for an equal part of the way `along`."""
    return np.minimum(np.maximum(np.ceil(most * along - _ROUNDING), 1.0), most)


def _difference(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return high.astype(np.float64) - low.astype(np.float64)
