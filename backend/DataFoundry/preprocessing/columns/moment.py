"""Dates and times: pandas' datetimes, Python's dates or text. Tokens are those of a number, nanoseconds since 1970."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns import number
from DataFoundry.preprocessing.columns.wanted import Wanted
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.spans import Span
from DataFoundry.schema.kinds.moment import pattern_of


def is_moment(column: pd.Series) -> bool:
    """Whether the column holds dates or times: by its dtype, as Python's dates, or as text that follows one format."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return True
    present = column.dropna()
    if column.dtype != object or present.empty:
        return False
    return isinstance(present.iloc[0], (date, datetime)) or pattern_of(present) is not None


def fit(column: pd.Series, options: TokenOptions, format: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Levels of the moments, and how they were written."""
    state = writing(column, format)
    values, missing = nanoseconds(column, state)
    return number.fit_numbers(values[~missing], int(missing.sum()), options) | state


def writing(column: pd.Series, format: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """How the column writes its moments, as plain data: `dtype, format, zone, python`; its pattern may be known."""
    present = column.dropna()
    form = (format or {}).get("pattern")
    if form is None and column.dtype == object and not present.empty:
        form = pattern_of(present)
    zone = getattr(column.dtype, "tz", None)
    python = "date" if column.dtype == object and form is None else ""
    return {"dtype": str(column.dtype), "format": form, "zone": str(zone) if zone else None, "python": python}


def encode(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) codes; what cannot be read as a moment counts as missing."""
    return number.encode_numbers(*nanoseconds(column, state), state)


def decode(codes: np.ndarray, state: dict[str, Any], rng: np.random.Generator) -> pd.Series:
    """(n,) moments written as in the training table."""
    return written(number.decode(codes, state | {"dtype": "Int64"}, rng), state)


def typical(tokens: np.ndarray, state: dict[str, Any]) -> pd.Series:
    """(n,) the middle moment of each token's level."""
    return written(number.typical(tokens, state | {"dtype": "Int64"}), state)


def restrict(state: dict[str, Any], wanted: Wanted) -> tuple[dict[str, Any], np.ndarray]:
    """As for numbers, with bounds and values as text or moments."""
    low, high = _as_nanoseconds(wanted, wanted.low), _as_nanoseconds(wanted, wanted.high)
    values = (
        None if wanted.values is None else [_as_nanoseconds(wanted, each) for each in wanted.values if each is not None]
    )
    missing = wanted.values is not None and None in wanted.values
    return number.restrict_numbers(state, wanted, (low, high, values), missing)


def _as_nanoseconds(wanted: Wanted, value: Any) -> int | None:
    if value is None:
        return None
    try:
        moment = pd.Timestamp(value) if isinstance(value, (str, date, datetime)) else None
    except ValueError:
        moment = None
    if moment is None or moment is pd.NaT:
        raise RequestError(
            f"conditions: {wanted.column!r} is a date or time, so it cannot be {value!r}.", column=wanted.column
        )
    return int((moment.tz_convert("UTC") if moment.tz else moment).as_unit("ns").value)


def span(state: dict[str, Any], start: int) -> Span:
    """The tokens as a network sees them."""
    return number.span(state, start)


def widths(state: dict[str, Any]) -> np.ndarray:
    """(tokens,) as for numbers."""
    return number.widths(state)


def beyond(column: pd.Series, state: dict[str, Any]) -> np.ndarray:
    """(n,) as for numbers."""
    values, missing = nanoseconds(column, state)
    return number.beyond(pd.Series(np.where(missing, np.nan, values.astype(np.float64))), state)


def nanoseconds(column: pd.Series, state: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) int64 and (n,) bool where they are missing."""
    aware = state["zone"] is not None
    parsed = pd.to_datetime(column, format=state["format"], errors="coerce", utc=aware)
    if not pd.api.types.is_datetime64_any_dtype(parsed.dtype):
        parsed = pd.to_datetime(column.astype(str), errors="coerce", utc=True)
    if parsed.dt.tz is not None:
        parsed = parsed.dt.tz_convert("UTC").dt.tz_localize(None)
    missing = parsed.isna().to_numpy()
    return np.where(missing, 0, parsed.astype("datetime64[ns]").astype(np.int64)), missing


def written(moments: pd.Series, state: Mapping[str, Any]) -> pd.Series:
    """(n,) nanoseconds since 1970, missing ones null, as the training table writes them; see `writing`."""
    missing = moments.isna().to_numpy()
    plain = moments.fillna(0).to_numpy(dtype=np.int64).astype("datetime64[ns]")
    plain[missing] = np.datetime64("NaT")
    dates = pd.Series(plain)
    if state["format"]:
        return dates.dt.strftime(state["format"]).astype(object).where(~missing, None)
    if state["python"]:
        return dates.dt.date.astype(object).where(~missing, None)
    if state["zone"]:
        return dates.dt.tz_localize("UTC").dt.tz_convert(state["zone"]).astype(state["dtype"])
    return dates.astype(state["dtype"])
