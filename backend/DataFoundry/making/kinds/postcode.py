"""Postcodes: new ones in the same form; those of one city begin as those of the city do."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.formed import learn_formed, make_formed

HOW = "new codes in the same form"


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """As all columns of a form; a postcode of a few digits names nobody, so that none needs to be avoided."""
    return learn_formed(values, others, salt, remembered=False) | {"unique": False}


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    return make_formed(state, numbers, rows, salt)
