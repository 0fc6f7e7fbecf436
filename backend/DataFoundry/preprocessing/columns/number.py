"""Numbers: integers and decimals, with missing values. Tokens: the levels in ascending order, then "missing"."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns.levels import code_levels, fit_levels, middle_of_levels
from DataFoundry.preprocessing.columns.quantiles import restricted, values_at
from DataFoundry.preprocessing.columns.wanted import Wanted, nothing_wanted
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.spans import ORDERED, Span

_MOST_DECIMALS = 8


def fit(column: pd.Series, options: TokenOptions, format: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Levels, precision and dtype of a column of numbers."""
    values, missing = to_numbers(column)
    present = values[~missing]
    whole = bool(
        np.all(np.isfinite(present)) and np.all(present == np.floor(present)) and np.all(np.abs(present) < 2**62)
    )
    if whole:
        present = present.astype(np.int64)
    return fit_numbers(present, int(missing.sum()), options) | {"dtype": str(column.dtype)}


def fit_numbers(present: np.ndarray, missing: int, options: TokenOptions) -> dict[str, Any]:
    """The state for values (n,) int64 or float64, and so many missing ones."""
    finite = present[np.isfinite(present)]
    center, spread = _center_and_spread(finite)
    return {
        "levels": fit_levels(present, lattice_of(present), options),
        "missing": missing,
        "center": center,
        "spread": spread,
        "low": float(finite.min()) if len(finite) else 0.0,
        "high": float(finite.max()) if len(finite) else 0.0,
    }


def encode(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) codes, a token and the place within its level; text that is no number counts as missing."""
    return encode_numbers(*to_numbers(column), state)


def encode_numbers(values: np.ndarray, missing: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """(n,) codes of values and their missing flags."""
    levels = state["levels"]
    codes = np.full(len(values), len(levels["counts"]), dtype=np.float64)
    if len(levels["counts"]):
        present = values[~missing]
        if levels["knots"].dtype == np.int64 and present.dtype != np.int64 and _fits(present):
            present = present.astype(np.int64)
        codes[~missing] = code_levels(present, levels)
    return codes


def decode(codes: np.ndarray, state: dict[str, Any], rng: np.random.Generator) -> pd.Series:
    """(n,) the value at each code, in the dtype of the training table."""
    levels = state["levels"]
    missing = codes >= len(levels["counts"])
    values = np.zeros(len(codes), dtype=levels["knots"].dtype)
    values[~missing] = values_at(codes[~missing], levels)
    return as_dtype(values, missing, state["dtype"])


def typical(tokens: np.ndarray, state: dict[str, Any]) -> pd.Series:
    """(n,) the middle value of each token's level."""
    levels = state["levels"]
    tokens = tokens.astype(np.int64)
    missing = tokens >= len(levels["counts"])
    values = np.zeros(len(tokens), dtype=levels["knots"].dtype)
    values[~missing] = middle_of_levels(levels)[tokens[~missing]]
    return as_dtype(values, missing, state["dtype"])


def restrict(state: dict[str, Any], wanted: Wanted) -> tuple[dict[str, Any], np.ndarray]:
    """The state that decodes to wanted values only, and (tokens,) the share of each token's rows that are wanted.

    Raises
    ------
    RequestError
        If training saw no such value, or a bound is no number.
    """
    low, high = _bound(wanted, wanted.low), _bound(wanted, wanted.high)
    values = None if wanted.values is None else [_bound(wanted, each) for each in wanted.values if each is not None]
    missing = wanted.values is not None and None in wanted.values
    return restrict_numbers(state, wanted, (low, high, values), missing)


def restrict_numbers(
    state: dict[str, Any], wanted: Wanted, bounds: tuple[float | None, float | None, list[Any] | None], missing: bool
) -> tuple[dict[str, Any], np.ndarray]:
    """`restrict` for bounds that are numbers already."""
    levels, shares = restricted(state["levels"], *bounds)
    shares = np.append(shares, float(missing and state["missing"] > 0))
    if not shares.any():
        raise nothing_wanted(wanted, f"it goes from {state['low']:g} to {state['high']:g}")
    return state | {"levels": levels}, shares


def _bound(wanted: Wanted, value: Any) -> Any:
    if value is None or (isinstance(value, (int, float)) and value == value):
        return value
    raise RequestError(f"conditions: {wanted.column!r} is a number, so it cannot be {value!r}.", column=wanted.column)


def span(state: dict[str, Any], start: int) -> Span:
    """The tokens as a network sees them."""
    levels = state["levels"]
    counts = levels["counts"]
    ranks = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1)
    values = np.clip(_in_spreads(middle_of_levels(levels) - state["center"], state), -8, 8)
    points = tuple(zip(ranks.tolist(), values.tolist(), strict=True))
    bins = np.flatnonzero(np.diff(levels["offsets"]) > 1)
    return Span(start, len(counts) + 1, ORDERED, points, (*counts.tolist(), state["missing"]), tuple(bins.tolist()))


def widths(state: dict[str, Any]) -> np.ndarray:
    """(tokens,) stretch of the number line behind each token, in units of the column's spread; 1 for "missing".

    A token's probability over its width is a density, comparable between columns.
    """
    tokens = _in_spreads(state["levels"]["widths"], state)
    smallest = tokens[tokens > 0].min() if np.any(tokens > 0) else 1.0
    return np.append(np.maximum(tokens, smallest), 1.0)


def beyond(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) how far each value lies outside the range seen in training, in units of the spread; 0 inside or missing."""
    values, missing = to_numbers(column)
    with np.errstate(over="ignore"):
        outside = _in_spreads(np.maximum(state["low"] - values, values - state["high"]), state)
    return np.where(missing, 0.0, np.nan_to_num(np.clip(outside, 0, 1e9), nan=0.0))


def _in_spreads(lengths: np.ndarray, state: dict[str, Any]) -> np.ndarray:
    """Lengths on the number line in units of the column's spread, finite also where that is close to zero."""
    with np.errstate(over="ignore"):
        units = lengths / state["spread"]
    largest = np.finfo(np.float64).max
    return np.clip(units, -largest, largest)


def to_numbers(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) int64 where the column is of whole numbers, else float64, and (n,) bool where they are missing."""
    if pd.api.types.is_integer_dtype(column.dtype) and not column.hasnans and column.dtype != "uint64":
        return column.to_numpy(dtype=np.int64), np.zeros(len(column), dtype=bool)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values), 0.0, values), np.isnan(values)


def _fits(values: np.ndarray) -> bool:
    return bool(np.all(np.abs(values) < 2**62) and np.all(values == np.floor(values)))


def lattice_of(values: np.ndarray) -> dict[str, Any]:
    """The `step` that lies between all values, such as 50 or .05, counted from `origin`; 0 where there is none."""
    if values.dtype == np.int64:
        differences = np.diff(np.unique(values))
        step = float(np.gcd.reduce(differences)) if len(differences) else 1.0
        return {"step": step, "origin": int(values[0]) if len(values) else 0, "decimals": 0}
    finite = np.unique(values[np.isfinite(values)])
    decimals = decimals_of(finite)
    if decimals > _MOST_DECIMALS:
        return {"step": 0.0, "origin": 0.0, "decimals": _MOST_DECIMALS}
    units = np.rint(finite * 10.0**decimals)
    whole = np.diff(units[np.abs(units) < 2**53].astype(np.int64))
    step = float(np.gcd.reduce(whole)) if len(whole) else 1.0
    origin = float(finite[0]) if len(finite) else 0.0
    return {"step": step / 10.0**decimals, "origin": origin, "decimals": decimals}


def decimals_of(values: np.ndarray) -> int:
    """Digits behind the point that values (n,) need; 9 for more than 8."""
    digits = range(_MOST_DECIMALS + 1)
    fits = (each for each in digits if np.allclose(values, np.round(values, each), rtol=1e-12, atol=1e-12))
    return next(fits, _MOST_DECIMALS + 1)


def _center_and_spread(values: np.ndarray) -> tuple[float, float]:
    """Median, and a spread that heavy tails do not blow up and spikes do not make zero."""
    if not len(values):
        return 0.0, 1.0
    low, middle, high = (float(each) for each in np.quantile(values, [0.1, 0.5, 0.9]))
    spread = (high - low) / 2.56  # a normal distribution's standard deviation
    if spread <= 0:
        spread = float(values.astype(np.float64).std())
    return middle, spread if np.isfinite(spread) and spread > 0 else 1.0


def as_dtype(values: np.ndarray, missing: np.ndarray, dtype: str) -> pd.Series:
    """(n,) numbers in a dtype, or in the next one that knows missing values."""
    if not missing.any():
        column = pd.Series(values)
        return column.astype(object) if dtype == "object" else column.astype(dtype)
    nullable = dtype[:1].isupper()  # pandas' Int64, Float32, ...
    column = pd.Series(values if nullable else values.astype(np.float64)).mask(missing)
    if nullable:
        return column.astype(dtype)
    return column.astype(dtype) if dtype.startswith("float") else column
