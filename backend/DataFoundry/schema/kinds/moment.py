"""Dates, times of day and durations: by their dtype, or as text in any usual format."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = False
MODELLED = True
_ENOUGH = 0.95
_CLOCKS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    "T%H:%M",
    "T%H:%M:%S",
    "T%H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
)
# Shape of the date part (digits as 9, letters as a) to the formats that it may have; day before month first.
_DATES: dict[str, tuple[str, ...]] = {
    r"9{4}-9{1,2}-9{1,2}": ("%Y-%m-%d", "%Y-%d-%m"),
    r"9{4}/9{1,2}/9{1,2}": ("%Y/%m/%d", "%Y/%d/%m"),
    r"9{4}\.9{1,2}\.9{1,2}": ("%Y.%m.%d",),
    r"9{1,2}\.9{1,2}\.9{4}": ("%d.%m.%Y", "%m.%d.%Y"),
    r"9{1,2}\.9{1,2}\.9{2}": ("%d.%m.%y",),
    r"9{1,2}/9{1,2}/9{4}": ("%d/%m/%Y", "%m/%d/%Y"),
    r"9{1,2}/9{1,2}/9{2}": ("%d/%m/%y", "%m/%d/%y"),
    r"9{1,2}-9{1,2}-9{4}": ("%d-%m-%Y", "%m-%d-%Y"),
    r"9{1,2} a+ 9{4}": ("%d %b %Y", "%d %B %Y"),
    r"9{1,2}-a{3}-9{4}": ("%d-%b-%Y",),
    r"9{1,2}-a{3}-9{2}": ("%d-%b-%y",),
    r"a+ 9{1,2}, 9{4}": ("%b %d, %Y", "%B %d, %Y"),
    r"9{8}": ("%Y%m%d",),
    r"9{4}-9{2}": ("%Y-%m",),
}
_TIMES: dict[str, tuple[str, ...]] = {
    r"9{1,2}:9{2}": ("%H:%M",),
    r"9{1,2}:9{2}:9{2}": ("%H:%M:%S",),
    r"9{1,2}:9{2} aa": ("%I:%M %p",),
}
_NAMES = ("date", "day", "time", "datum", "fecha", "data", "at", "on", "born", "birth", "birthday", "dob", "timestamp")


def recognise(evidence: Evidence) -> Finding | None:
    """A dtype of dates, times or durations; Python's own; or text of which 95 % follows one format to the letter."""
    dtype = evidence.values.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return Finding(0.99, "Its values are dates and times.")
    if pd.api.types.is_timedelta64_dtype(dtype):
        return Finding(0.99, "Its values are durations.", {"unit": "duration"})
    if (
        evidence.dtype == "object"
        and len(evidence.values)
        and isinstance(evidence.values.iloc[0], (date, datetime, time))
    ):
        return Finding(0.99, "Its values are dates or times.")
    if not evidence.is_text and not (evidence.is_number and _may_be_compact(evidence)):
        return None
    return _by_format(evidence)


def _may_be_compact(evidence: Evidence) -> bool:
    """Whole numbers such as 20240131: only where the name says so, since most of their kind are numbers."""
    whole = pd.api.types.is_integer_dtype(evidence.values.dtype)
    return whole and evidence.named(*_NAMES) and bool(evidence.values.between(19000101, 21001231).all())


def _by_format(evidence: Evidence) -> Finding | None:
    texts = pd.Series(evidence.texts, dtype=object)
    weights = evidence.counts.to_numpy()
    found: list[tuple[float, str]] = []
    for pattern in candidates(evidence.texts):
        fits = follows(texts, pattern)
        share = float(weights[fits].sum() / weights.sum())
        if share >= _ENOUGH:
            found.append((share, pattern))
    if not found:
        return None
    best = max(share for share, _ in found)
    equal = [pattern for share, pattern in found if share == best]
    reason = fitting(best, f"a date or time written as {equal[0]}")
    if "%d" in equal[0] and len(equal) > 1:
        reason = f"{reason[:-1]}, which could be {equal[1]} as well; name the pattern in its format if it is."
    return Finding(0.95 + 0.03 * best - 0.02 * (len(equal) > 1), reason, {"pattern": equal[0]})


def pattern_of(present: pd.Series) -> str | None:
    """The first pattern that every text of the column follows to the letter, or None."""
    texts = pd.Series(present.unique(), dtype=object)
    if texts.empty or not all(isinstance(text, str) for text in texts):
        return None
    for pattern in candidates(texts.head(20).tolist()):
        if follows(texts.head(200), pattern).all() and follows(texts, pattern).all():
            return pattern
    return None


def candidates(texts: list[str]) -> list[str]:
    """The formats that the first twenty values could have, by their shape."""
    found: dict[str, None] = {}
    for text in texts[:20]:
        shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text.strip()))
        for form, patterns in _TIMES.items():
            if re.fullmatch(form, shape):
                found.update(dict.fromkeys(patterns))
        for form, patterns in _DATES.items():
            known = re.match(form + r"(?![9])", shape)
            if known:
                rest = text.strip()[known.end() :]
                found.update(dict.fromkeys(p + c + z for p, (c, z) in product(patterns, _clocks(rest))))
    return list(found)


def _clocks(rest: str) -> list[tuple[str, str]]:
    """The clocks and zones that may follow a date, by what does follow."""
    if not rest:
        return [("", "")]
    zone = "Z" if rest.endswith("Z") else "%z" if re.search(r"[+-]\d{2}:?\d{2}$", rest) else ""
    return [(clock, zone) for clock in _CLOCKS if clock and clock[0] == rest[0]]


def follows(texts: pd.Series, pattern: str) -> np.ndarray:
    """(n,) bool: which texts are written again as they stand, once read by the pattern."""
    return write(to_numbers(texts, {"pattern": pattern})[0], {"pattern": pattern}) == texts.to_numpy(dtype=object)


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are moments in the format."""
    if "pattern" in format:
        return follows(values.astype(str).astype(object), str(format["pattern"]))
    return ~to_numbers(values, format)[1]


def to_numbers(values: pd.Series, format: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Nanoseconds since 1970, of a day or of a duration (n,) int64, and (n,) bool where they are missing."""
    if format.get("unit") == "duration":
        return values.astype("timedelta64[ns]").astype(np.int64).to_numpy(), values.isna().to_numpy()
    pattern = format.get("pattern")
    text = values if pattern is None else values.astype(object).where(values.isna(), values.astype(str))
    parsed = pd.to_datetime(text, format=pattern, errors="coerce", utc=True)
    missing = parsed.isna().to_numpy()
    numbers = parsed.dt.tz_localize(None).astype("datetime64[ns]").astype(np.int64).to_numpy()
    return np.where(missing, 0, numbers), missing


def write(numbers: np.ndarray, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) object: moments as the format writes them; a month or day without a leading zero gets one."""
    moments = pd.Series(np.asarray(numbers, dtype=np.int64).astype("datetime64[ns]"))
    pattern = format.get("pattern")
    if pattern is None:
        return moments.to_numpy(dtype=object)
    return _written(moments, str(pattern))


def _written(moments: pd.Series, pattern: str) -> np.ndarray:
    return moments.dt.strftime(pattern.replace("%z", "+00:00")).to_numpy(dtype=object)
