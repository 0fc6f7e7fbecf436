"""Values of tables as JSON has them."""

import datetime
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def plain(value: object) -> object:
    """`value` as JSON has it: missing and not finite is None, a time is ISO 8601 text, anything unknown its text.

    Examples
    --------
    >>> plain({"age": np.int64(39), "score": float("nan")})
    {'age': 39, 'score': None}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return [plain(each) for each in value.tolist()]
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (datetime.date, datetime.time)):  # a Timestamp is a date, too
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
