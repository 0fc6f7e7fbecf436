"""The losses of a running training, gathered from one look to the next: the page sends what it has seen."""

import math
import re
from typing import Any

_POINT = re.compile(r"(\d{1,7}):([0-9.e+-]{1,16}|nan):([0-9.e+-]{1,16}|nan)")
_MOST = 120  # points of an address


def gathered(seen: str, progress: dict[str, Any] | None) -> list[tuple[int, float, float]]:
    """Epoch, training and validation loss of all points seen so far, and of `progress` if it is new."""
    found = [_POINT.fullmatch(each) for each in seen.split(",")[: 2 * _MOST]]
    points = {int(each[1]): (_value(each[2]), _value(each[3])) for each in found if each}
    losses = [(progress or {}).get(name) for name in ("train_loss", "validation_loss")]
    if progress and any(each is not None for each in losses):
        train, held_out = (math.nan if each is None else float(each) for each in losses)
        points[int(progress["done"])] = (train, held_out)
    ordered = [(epoch, *points[epoch]) for epoch in sorted(points)]
    return ordered[::2] if len(ordered) > _MOST else ordered


def as_text(points: list[tuple[int, float, float]]) -> str:
    """What the page sends with its next look."""
    return ",".join(f"{epoch}:{train:.5g}:{held_out:.5g}" for epoch, train, held_out in points)


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
