"""The time of day of moments, as a column of its own."""

import numpy as np
import pandas as pd

from DataFoundry.derivation.written import DAY
from DataFoundry.preprocessing.weekdays import is_uneven

HOUR = DAY // 24
NO_CHANCE = 80.0  # chi-squared of 24 groups
_UNEVEN = 0.1  # total variation from which on hours are not even


def follow_the_clock(times: np.ndarray) -> bool:
    """Whether some hours come more often than others among times of day (n,) in nanoseconds."""
    if (times == times[0]).all():
        return False
    return is_uneven(np.bincount(times // HOUR, minlength=24), np.full(24, 1 / 24), NO_CHANCE, _UNEVEN)


def unit_of(times: np.ndarray) -> int:
    """The nanoseconds that all times of day (n,) are whole numbers of."""
    return int(np.gcd.reduce(np.append(times, DAY)))


def filled(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """(n,) moments, those of other rows where one is missing: so what is told of them holds nothing that none has."""
    return values if missing.all() else np.where(missing, np.resize(values[~missing], len(values)), values)


def told(moments: np.ndarray, unit: int, index: pd.Index) -> pd.Series:
    """(n,) the times of day of moments, in units."""
    return pd.Series(moments % DAY // unit, index=index)


def restored(column: pd.Series, unit: int) -> np.ndarray:
    """(n,) int64 nanoseconds within a day, of what a network drew for `told`."""
    drawn = column.to_numpy(dtype=np.float64, na_value=0.0).astype(np.int64)
    return np.clip(drawn * unit, 0, DAY - 1)
