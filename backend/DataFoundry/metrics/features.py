"""Any table as the matrix that boosted trees read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MOST_LEVELS = 250  # boosted trees take at most 255 levels a column; the rarest of a longer list become one


@dataclass(frozen=True)
class TreeFeatures:
    """How a table's columns become numbers, learnt from one table and applied to others.

    Attributes
    ----------
    columns
        Names in order.
    levels
        For each categorical column its frequent values as text, most frequent first; the others are numeric.
    """

    columns: tuple[str, ...]
    levels: dict[str, pd.Index] = field(default_factory=dict)

    @classmethod
    def learnt(cls, frame: pd.DataFrame, columns: Sequence[str]) -> "TreeFeatures":
        """From the dtypes and values of `frame`; numbers, booleans and times are numeric, the rest categorical."""
        categorical = [name for name in columns if not is_number(frame[name])]
        levels = {name: as_text(frame[name]).value_counts().index[:MOST_LEVELS] for name in categorical}
        return cls(tuple(columns), levels)

    @property
    def is_categorical(self) -> list[bool]:
        return [name in self.levels for name in self.columns]

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """Shape (rows, columns), float64; a category is its level's number, a rare one the last; missing is NaN."""
        parts = [
            _codes(frame[name], self.levels[name]) if name in self.levels else as_numbers(frame[name])
            for name in self.columns
        ]
        # Boosted trees cannot bin a column without a single value; a constant tells them as little.
        parts = [np.zeros(len(part)) if np.isnan(part).all() else part for part in parts]
        return np.column_stack(parts) if parts else np.empty((len(frame), 0))


def is_number(column: pd.Series) -> bool:
    """Whether the values have an order and distances: numbers, booleans, dates and durations."""
    dtype = column.dtype
    is_time = pd.api.types.is_datetime64_any_dtype(dtype) or pd.api.types.is_timedelta64_dtype(dtype)
    return bool(pd.api.types.is_numeric_dtype(dtype) or is_time)


def as_numbers(column: pd.Series) -> np.ndarray:
    """float64 of shape (rows,); times in seconds since 1970, text read as numbers where it can be, else NaN."""
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        return column.dt.total_seconds().to_numpy(float)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        zone = column.dt.tz_localize(None) if column.dt.tz is not None else column
        return ((zone - pd.Timestamp(0)) / pd.Timedelta(seconds=1)).to_numpy(float)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def as_text(column: pd.Series) -> pd.Series:
    """Values as text with missing ones kept missing; 1 and 1.0 are the same text."""
    column = column.astype(object)
    return column.where(column.isna(), column.map(_text))


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _codes(column: pd.Series, levels: pd.Index) -> np.ndarray:
    text = as_text(column)
    codes = levels.get_indexer(text.to_numpy()).astype(float)
    codes[codes < 0] = len(levels)
    codes[text.isna().to_numpy()] = np.nan
    return codes
