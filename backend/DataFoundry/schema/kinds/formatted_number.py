"""Numbers in a suit: `$1,234.50`, `12,5 %`, `3 kg`. The number is modelled, the format is kept."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = False
MODELLED = True
_ENOUGH = 0.95
_CURRENCIES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "INR",
    "JPY",
    "CNY",
    "KR",
    "RS",
    "R",
)
_FORM = re.compile(
    r"(?P<sign>-?)(?P<prefix>[^\d\s.,+-]{0,4}\s?)(?P<digits>-?\d[\d.,' \u00a0]*)(?P<suffix>\s?[^\d.,]{0,12})"
)
_THOUSANDS = {".": (",", "'", " ", ""), ",": (".", "'", " ", "")}


def recognise(evidence: Evidence) -> Finding | None:
    """Text of which 95 % is written again as it stands, once read as a number with one prefix, suffix and decimals."""
    if not evidence.is_text:
        return None
    best: tuple[float, dict[str, Any]] = (0.0, {})
    for format in _formats(evidence.texts):
        share = evidence.share(lambda text, format=format: _follows(text, format))  # type: ignore[misc]
        best = max(best, (share, format), key=lambda each: each[0])
    share, format = best
    if share < _ENOUGH:
        return None
    return Finding(0.9 + 0.05 * share, fitting(share, f"a number written as {evidence.texts[0]!r}"), format)


def format_of(present: pd.Series) -> dict[str, Any] | None:
    """The format that every text of the column follows to the letter, or None."""
    texts = present.unique().tolist()
    if not texts or not all(isinstance(text, str) for text in texts):
        return None
    return next((format for format in _formats(texts) if all(_follows(text, format) for text in texts)), None)


def _formats(texts: list[str]) -> list[dict[str, Any]]:
    """The six most frequent ways in which the first texts may be read, plain numbers and codes left out."""
    suits = Counter(suit for text in texts[:200] for suit in _suits(text))
    names = ("prefix", "suffix", "decimals", "decimal", "thousands")
    found = [dict(zip(names, suit, strict=True)) for suit, _ in suits.most_common(6)]
    return [format for format in found if not _is_code(format) and not _is_plain(format)]


def _is_plain(format: Mapping[str, Any]) -> bool:
    """`12.5` is a number that somebody wanted as text; `12,5` is one in other clothes."""
    bare = not (format["prefix"] or format["suffix"] or format["thousands"])
    return bare and (format["decimal"] != "," or not format["decimals"])


def _is_code(format: Mapping[str, Any]) -> bool:
    """`C100000` names a customer, `#12` a ticket and `shop 3` a shop; `EUR 12.50` is a number."""
    prefix = str(format["prefix"]).strip()
    if prefix in ("#", "№", "No.", "Nr."):
        return True
    return prefix.isalpha() and prefix.upper() not in _CURRENCIES


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are written as the format says."""
    return np.array([_follows(each, format) for each in values.astype(str)], dtype=bool)


def to_numbers(values: pd.Series, format: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) float64, and (n,) bool where there is none or it is not written so."""
    numbers = np.array([_read(each, format) if isinstance(each, str) else np.nan for each in values], dtype=np.float64)
    return numbers, np.isnan(numbers)


def write(numbers: np.ndarray, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) object: the numbers as the format writes them."""
    return np.array([_write(float(each), format) for each in numbers], dtype=object)


def _follows(text: str, format: Mapping[str, Any]) -> bool:
    number = _read(text, format)
    return number == number and _write(number, format) == text


def _read(text: str, format: Mapping[str, Any]) -> float:
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    prefix, suffix = str(format["prefix"]), str(format["suffix"])
    if not rest.startswith(prefix) or not rest.endswith(suffix):
        return float("nan")
    digits = rest[len(prefix) : len(rest) - len(suffix)]
    if format["thousands"]:
        digits = digits.replace(str(format["thousands"]), "")
    try:
        return sign * float(digits.replace(str(format["decimal"]), "."))
    except ValueError:
        return float("nan")


def _write(number: float, format: Mapping[str, Any]) -> str:
    digits = f"{abs(number):,.{format['decimals']}f}"
    whole, _, part = digits.partition(".")
    whole = whole.replace(",", str(format["thousands"]))
    digits = f"{whole}{format['decimal']}{part}" if part else whole
    sign = "-" if number < 0 else ""
    return f"{sign}{format['prefix']}{digits}{format['suffix']}"


def _suits(text: str) -> list[tuple[str, str, int, str, str]]:
    """The ways in which one text may be read: (prefix, suffix, decimals, decimal, thousands)."""
    found = _FORM.fullmatch(text)
    if found is None:
        return []
    digits = found["digits"].strip().lstrip("-")
    suffix = found["digits"][len(found["digits"].rstrip()) :] + found["suffix"]
    suits = []
    for decimal, groups in _THOUSANDS.items():
        _, _, part = digits.rpartition(decimal) if decimal in digits else ("", "", "")
        for group in groups:
            if group == "" or group in digits:
                suits.append((found["prefix"], suffix, len(part), decimal, group))
        if len(digits.split(decimal)[0]) <= 3:  # too short to show its groups
            suits.append((found["prefix"], suffix, len(part), decimal, "," if decimal == "." else "."))
    return suits
