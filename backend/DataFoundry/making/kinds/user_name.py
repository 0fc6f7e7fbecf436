"""Names by which people log in, made of the names in the same row as often as the table's are."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.handles import learn_handles, make_handles
from DataFoundry.making.unseen import may_be_seen, remember

HOW = "new ones made of the new names"
_TRIES = 8  # as many as `making.handles` has numbers for


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """How they are made of names."""
    texts = values.map(str)
    at = "@" if texts.str.startswith("@").mean() > 0.5 else ""
    state = learn_handles(texts.str.lstrip("@").tolist(), names_of(others))
    return state | {"at": at, "seen": remember(texts, salt)}


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    return unseen(
        numbers,
        lambda part, turn: state["at"] + make_handles(state, numbers[part], rows.iloc[part], turn, salt),
        state["seen"],
    )


def unseen(numbers: np.ndarray, made: Any, seen: Mapping[str, Any]) -> np.ndarray:
    """(n,) object: what `made(places, turn)` gives, again in a next turn where it may have been there."""
    values = np.full(len(numbers), None, dtype=object)
    left = np.arange(len(numbers))
    for turn in range(_TRIES):
        tried = made(left, turn)
        fits = ~may_be_seen(tried, seen)
        values[left[fits]] = tried[fits]
        left = left[~fits]
        if not len(left):
            break
    return values


def names_of(others: pd.DataFrame) -> pd.DataFrame:
    """The columns of names among those that are known, which `making.columns` marks, and their language."""
    names = others[list(others.attrs.get("names", []))]
    names.attrs = others.attrs
    return names
