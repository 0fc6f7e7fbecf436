"""Columns whose values are made from their forms alone: what the kinds of phones, postcodes and the like share."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.forms import Choice, learn_forms, make, roomier
from DataFoundry.making.unseen import remember

_ROOM = 20  # values of a form for each distinct one


def learn_formed(
    values: pd.Series, others: pd.DataFrame, salt: int, remembered: bool = True, roomy: bool = False
) -> dict[str, Any]:
    """The forms of texts, how often each comes (by the category that tells most of it), and what not to make again.

    `roomy` forms have room for many more values than there are, by digits at the end of their beginnings set free.
    """
    texts = values.map(plain).tolist()
    forms, which = learn_forms(texts)
    if roomy:
        forms = [roomier(form, _ROOM * len(set(texts))) for form in forms]
    return {
        "forms": forms,
        "choice": Choice.learn(which, others, len(forms)),
        "seen": remember(values.map(plain), salt) if remembered else None,
        "unique": bool(values.is_unique),
    }


def make_formed(
    state: Mapping[str, Any],
    numbers: np.ndarray,
    rows: pd.DataFrame,
    salt: int,
    finish: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """(n,) object texts."""
    which = Choice(state["choice"]).of(numbers, rows, salt)
    return make(state["forms"], which, numbers, salt, state["seen"], finish, bool(state["unique"]))


def plain(value: Any) -> str:
    """The text of a value; a whole number read as a decimal is written as the whole number that it is."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
