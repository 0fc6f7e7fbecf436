"""A column as numbers of eight bytes, equal for equal values in whatever block they stand."""

import numpy as np
import pandas as pd


def hashes(column: pd.Series) -> np.ndarray:
    """(n,) uint64; what is not of a numeric or time dtype is hashed as its text."""
    plain = column if column.dtype != object else column.map(str)
    return pd.util.hash_array(plain.to_numpy(), categorize=True)
