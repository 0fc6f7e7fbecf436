"""International bank account numbers: country and grouping kept, right check digits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from stdnum import iban

from DataFoundry.making.formed import learn_formed, make_formed, plain
from DataFoundry.making.unseen import remember

HOW = "new account numbers of the same countries with right check digits"


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """The forms of the numbers; their check digits follow from the rest."""
    state = learn_formed(values.map(_without_check), others, salt, remembered=False)
    return state | {"seen": remember(values.map(plain), salt)}


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    return make_formed(state, numbers, rows, salt, _checked)


def _without_check(value: Any) -> str:
    text = plain(value)
    return text[:2] + "00" + text[4:]


def _checked(texts: np.ndarray) -> np.ndarray:
    return np.array([_one(text) for text in texts], dtype=object)


def _one(text: str | None) -> str | None:
    if text is None:
        return None
    number = iban.compact(text)
    return f"{text[:2]}{iban.calc_check_digits(number)}{text[4:]}"
