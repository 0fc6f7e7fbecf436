"""Columns as numbers for a linear model: standardised numbers, one indicator for each frequent category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_MOST_LEVELS = 30
_FEWEST_ROWS = 2  # of a category that gets an indicator
_CLIP = 5.0  # standard deviations


@dataclass(frozen=True)
class _Number:
    """A numeric column twice, plain and on a logarithmic scale, both standardised; missing is the mean."""

    name: str
    mean: np.ndarray
    deviation: np.ndarray

    @staticmethod
    def of(column: pd.Series) -> "_Number":
        both = _two_scales(column)
        with np.errstate(invalid="ignore"):
            mean, deviation = np.nanmean(both, axis=0), np.nanstd(both, axis=0)
        return _Number(str(column.name), np.nan_to_num(mean), np.where(deviation > 0, deviation, 1.0))

    def transform(self, column: pd.Series) -> np.ndarray:
        scaled = (_two_scales(column) - self.mean) / self.deviation
        return np.nan_to_num(scaled, nan=0.0).clip(-_CLIP, _CLIP)


@dataclass(frozen=True)
class _Category:
    """One indicator for each category that occurs twice or more; all others are zeros."""

    name: str
    levels: pd.Index

    @staticmethod
    def of(column: pd.Series) -> "_Category":
        counts = column.astype(object).map(str, na_action="ignore").value_counts()
        counts = counts[counts >= _FEWEST_ROWS].sort_index().sort_values(ascending=False, kind="stable")
        return _Category(str(column.name), pd.Index(counts.index[:_MOST_LEVELS], dtype=object))

    def transform(self, column: pd.Series) -> np.ndarray:
        codes, words = pd.factorize(column.astype(object))
        place = np.append(self.levels.get_indexer(pd.Index([str(word) for word in words], dtype=object)), -1)[codes]
        return (place[:, None] == np.arange(len(self.levels))).astype(np.float64)


def _two_scales(column: pd.Series) -> np.ndarray:
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    return np.stack([numbers, np.sign(numbers) * np.log1p(np.abs(numbers))], axis=1)


@dataclass(frozen=True)
class FeatureSpace:
    """How columns become numbers; learnt from the hand-labeled rows.

    Attributes
    ----------
    columns
        The columns it looks at; constant ones, and texts that are different in every row, tell nothing and are left
        out.
    """

    columns: tuple[str, ...]
    parts: tuple[_Number | _Category, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str]) -> "FeatureSpace":
        """Learn from the rows of `frame`."""
        parts: list[_Number | _Category] = []
        for name in columns:
            column = frame[name]
            if column.astype(object).map(str).nunique() < 2:
                continue
            if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
                parts.append(_Number.of(column))
            elif len((levels := _Category.of(column)).levels):
                parts.append(levels)
        return cls(tuple(part.name for part in parts), tuple(parts))

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, d) float64."""
        return np.concatenate(
            [np.zeros((len(frame), 0)), *(part.transform(frame[part.name]) for part in self.parts)], axis=1
        )
