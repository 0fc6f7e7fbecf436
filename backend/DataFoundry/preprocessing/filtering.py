"""Which rows of a table meet conditions, as requests write them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns.wanted import Wanted, read_wanted


def rows_where(frame: pd.DataFrame, conditions: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: the rows that meet every condition; `{"sex": "Female", "age": {"min": 30}, "race": ["A", "B"]}`.

    The columns must be there.

    Raises
    ------
    RequestError
        If a condition is no condition, or asks for a range that the column's values cannot be compared with.
    """
    kept = np.ones(len(frame), dtype=bool)
    for name, condition in conditions.items():
        kept &= _meets(frame[name], read_wanted(name, condition, "where"))
    return kept


def _meets(column: pd.Series, wanted: Wanted) -> np.ndarray:
    if wanted.values is not None:
        present = [value for value in wanted.values if value is not None]
        found = column.isin(present).to_numpy()
        return found | column.isna().to_numpy() if None in wanted.values else found
    try:
        kept = column.notna().to_numpy()
        if wanted.low is not None:
            kept &= (column >= wanted.low).fillna(False).to_numpy(dtype=bool)
        if wanted.high is not None:
            kept &= (column <= wanted.high).fillna(False).to_numpy(dtype=bool)
    except (TypeError, ValueError):
        bound = wanted.high if wanted.low is None else wanted.low
        raise RequestError(
            f"where: {wanted.column!r} holds values that cannot be compared with {bound!r:.60}; name its values.",
            column=wanted.column,
        ) from None
    return kept
