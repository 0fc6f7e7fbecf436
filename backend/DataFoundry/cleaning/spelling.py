"""Rare values that are written nearly as a frequent one."""

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

_TIMES = 20  # how much more frequent the other value must be


@dataclass(frozen=True)
class Near:
    """The frequent value, and in 0..1 how sure it is that it was meant."""

    suggested: str
    confidence: float


def nearest(value: str, count: int, counts: Mapping[str, int]) -> Near | None:
    """The frequent value that a rare one was meant to be."""
    best = None
    for other, often in counts.items():
        if other == value or often < _TIMES * max(count, 1) or _digits(other) != _digits(value):
            continue
        edits = OSA.distance(value.casefold(), other.casefold(), score_cutoff=2)
        allowed = 1 if len(other) < 8 else 2
        if len(other) < 3 or edits > allowed:
            continue
        if best is None or (edits, -often) < best[0]:
            best = ((edits, -often), other)
    return None if best is None else Near(best[1], 0.97 if best[0][0] <= 1 else 0.92)


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())
