"""Keys: counted on after the greatest, or new ones in the same form; none that was there, none twice."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.formed import learn_formed, make_formed, plain

HOW = "new keys in the same form, counted on after the last one where they count"
_LAST_NUMBER = re.compile(r"^(.*?)(\d+)(\D*)$", re.DOTALL)
_MOST_SLIPS = 0.02  # of the keys: those that are not written as all others
_DENSE = 20  # times as many numbers as rows: beyond, they do not count


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """How keys count, or their form. They count where the last number makes all the difference and leaves few gaps.

    A few keys that are written otherwise, or lie far away, are slips and make no difference: were keys taken for random
    ones of their form, there might be no new one left.
    """
    texts = values.map(plain)
    parts = texts.str.extract(_LAST_NUMBER)
    around = parts[0].str.cat(parts[2], sep="\0")
    alike = around == (around.mode().iloc[0] if around.notna().any() else None)
    if alike.mean() >= 1 - _MOST_SLIPS:
        parts = parts[alike]
        numbers = np.array(sorted(set(parts[1].map(int))), dtype=object)
        widths = parts[1].str.len()
        outermost = len(numbers) // 100
        if numbers[len(numbers) - 1 - outermost] - numbers[outermost] < _DENSE * len(numbers):
            padded = parts[1].str.startswith("0").any() or widths.nunique() == 1
            return {
                "counting": True,
                "before": str(parts[0].iloc[0]),
                "after": str(parts[2].iloc[0]),
                "width": int(widths.mode().iloc[0]) if padded else 0,
                **_free_numbers(numbers, outermost),
            }
    return learn_formed(values, others, salt, roomy=True)


def _free_numbers(numbers: np.ndarray, outermost: int) -> dict[str, Any]:
    """`first` that is free after those that count, and where one lies far away, `room` before it and what is `beyond`.

    `numbers` are distinct and ascending; as many as `outermost` at the end may lie far away.
    """
    last = len(numbers) - 1 - outermost
    while last + 1 < len(numbers) and numbers[last + 1] - numbers[last] <= _DENSE:
        last += 1
    first = int(numbers[last]) + 1
    if last + 1 == len(numbers):
        return {"first": first}
    return {"first": first, "room": int(numbers[last + 1]) - first, "beyond": int(numbers[-1]) + 1}


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    if not state.get("counting"):
        return make_formed(state, numbers, rows, salt)
    width, first, room = int(state["width"]), int(state["first"]), state.get("room")
    counted = [
        first + int(each) if room is None or each < room else int(state["beyond"]) + int(each) - room
        for each in numbers
    ]
    return np.array([f"{state['before']}{each:0{width}d}{state['after']}" for each in counted], dtype=object)
