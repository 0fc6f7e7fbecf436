"""Payment cards: issuer and grouping as in the table where several rows share them, a right check digit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from stdnum import luhn

from DataFoundry.making.formed import learn_formed, make_formed, plain
from DataFoundry.making.unseen import remember

HOW = "new card numbers with a right check digit"


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """The forms of the numbers; the last digit follows from the rest."""
    state = learn_formed(values.map(lambda value: plain(value)[:-1] + "_"), others, salt, remembered=False)
    return state | {"seen": remember(values.map(plain), salt)}


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    return make_formed(state, numbers, rows, salt, _checked)


def _checked(texts: np.ndarray) -> np.ndarray:
    return np.array([None if each is None else _one(each) for each in texts], dtype=object)


def _one(text: str) -> str:
    body = text.replace("_", "", 1)
    rest = text[len(body) + 1 :]
    digits = "".join(letter for letter in body if letter.isdigit())
    return f"{body}{luhn.calc_check_digit(digits)}{rest}"
