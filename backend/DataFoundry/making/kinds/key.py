"""Keys: counted on after the greatest, or new ones in the same form; none that was there, none twice."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.formed import learn_formed, make_formed, plain

HOW = "new keys in the same form, counted on after the last one where they count"
_LAST_NUMBER = re.compile(r"^(.*?)(\d+)(\D*)$", re.DOTALL)
_DENSE = 20  # times as many numbers as rows: beyond, they do not count


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """How keys count, or their form. They count where the last number makes all the difference and leaves few gaps.

    One key far away makes no gap: were they taken for random ones of their form, there might be no new one left.
    """
    texts = values.map(plain)
    parts = texts.str.extract(_LAST_NUMBER)
    if len(parts) and parts[1].notna().all() and parts[[0, 2]].nunique().max() == 1:
        numbers = parts[1].map(int)
        widths = parts[1].str.len()
        if _most_span(numbers) < _DENSE * max(numbers.nunique(), 1):
            padded = parts[1].str.startswith("0").any() or widths.nunique() == 1
            return {
                "counting": True,
                "before": str(parts[0].iloc[0]),
                "after": str(parts[2].iloc[0]),
                "first": int(numbers.max()) + 1,
                "width": int(widths.max()) if padded else 0,
            }
    return learn_formed(values, others, salt)


def _most_span(numbers: pd.Series) -> int:
    """Between the least and the greatest of all but the outermost per cent on each side, where a slip may stand."""
    ordered = sorted(numbers)
    outermost = len(ordered) // 100
    return ordered[len(ordered) - 1 - outermost] - ordered[outermost]


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    if not state.get("counting"):
        return make_formed(state, numbers, rows, salt)
    width, first = int(state["width"]), int(state["first"])
    return np.array(
        [f"{state['before']}{first + int(each):0{width}d}{state['after']}" for each in numbers], dtype=object
    )
