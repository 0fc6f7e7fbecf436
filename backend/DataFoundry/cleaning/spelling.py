"""Rare values that are written nearly as a frequent one."""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

_TIMES = 20  # how much more frequent the other value must be
_FEWEST_LETTERS, _LONG = 3, 8


@dataclass(frozen=True)
class Near:
    """The frequent value, and in 0..1 how sure it is that it was meant."""

    suggested: str
    confidence: float


def nearest(value: str, count: int, counts: Mapping[str, int]) -> Near | None:
    """The frequent value that a rare one was meant to be; None if there is none.

    Where only case, blanks or accents differ it is sure, however short the values. Else one letter may be wrong, of
    eight and more two, and no digit: with another digit it is another value. Of a value of two letters, one more is an
    error (`noq`), and another is a value of its own (`NL`, `NO`).
    """
    best: tuple[tuple[float, int], str] | None = None
    plain = _plain(value)
    for other, often in counts.items():
        if other == value or often < _TIMES * max(count, 1):
            continue
        edits: float = 0.5 if _plain(other) == plain else math.inf
        longer = len(other) == _FEWEST_LETTERS - 1 < len(value)
        if edits > 1 and (len(other) >= _FEWEST_LETTERS or longer) and _digits(other) == _digits(value):
            edits = OSA.distance(value.casefold(), other.casefold(), score_cutoff=2)
        if edits <= (1 if len(other) < _LONG else 2) and (best is None or (edits, -often) < best[0]):
            best = ((edits, -often), other)
    return None if best is None else Near(best[1], 0.97 if best[0][0] <= 1 else 0.92)


def _plain(text: str) -> str:
    """Without case, accents, and blanks around or doubled."""
    letters = unicodedata.normalize("NFKD", " ".join(text.split()).casefold())
    return "".join(each for each in letters if not unicodedata.combining(each))


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())
