"""A table as rules see it: each column as hashes of its values, and as numbers where it has an order."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from DataFoundry.schema.hashing import hashes
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column


class TableView:
    """Rows of a table; what rules need of a column is worked out once, when first asked for.

    Attributes
    ----------
    frame
        The rows.
    columns
        What each column is.
    """

    def __init__(self, frame: pd.DataFrame, columns: Mapping[str, Column]) -> None:
        self.frame = frame
        self.columns = dict(columns)
        self._hashes: dict[str, np.ndarray] = {}
        self._codes: dict[str, tuple[np.ndarray, int]] = {}
        self._numbers: dict[str, np.ndarray | None] = {}
        self._missing: dict[str, np.ndarray] = {}
        self._decimals: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def of(self, names: Iterable[str]) -> "TableView":
        """The same rows, some columns of them; what was worked out is shared."""
        part = TableView(self.frame, {name: self.columns[name] for name in names})
        part._hashes, part._codes, part._numbers = self._hashes, self._codes, self._numbers
        part._missing, part._decimals = self._missing, self._decimals
        return part

    def missing(self, name: str) -> np.ndarray:
        """(n,) bool: where the column has no value."""
        if name not in self._missing:
            self._missing[name] = self.frame[name].isna().to_numpy()
        return self._missing[name]

    def hashes(self, name: str) -> np.ndarray:
        """(n,) uint64 of the values, equal for equal values in every view; 0 for missing."""
        if name not in self._hashes:
            found = hashes(self.frame[name])
            found = np.where(found == 0, np.uint64(1), found)  # the hash of the number 0 is 0
            self._hashes[name] = np.where(self.missing(name), np.uint64(0), found)
        return self._hashes[name]

    def codes(self, name: str) -> tuple[np.ndarray, int]:
        """(n,) int64 number of each row's value among the distinct ones of this view, -1 for missing; and how many."""
        if name not in self._codes:
            codes, values = pd.factorize(self.hashes(name))
            nothing = np.flatnonzero(values == 0)
            if len(nothing):
                codes = np.where(codes == nothing[0], -1, codes - (codes > nothing[0]))
            self._codes[name] = codes.astype(np.int64), len(values) - len(nothing)
        return self._codes[name]

    def numbers(self, name: str) -> np.ndarray | None:
        """(n,) float64 of a number, moment (days since 1970) or formatted number, NaN for missing; None for others."""
        if name not in self._numbers:
            self._numbers[name] = self._as_numbers(name)
        return self._numbers[name]

    def _as_numbers(self, name: str) -> np.ndarray | None:
        column = self.columns[name]
        kind = KINDS[column.kind]
        if not hasattr(kind, "to_numbers"):
            return None
        values, missing = kind.to_numbers(self.frame[name], column.format)
        numbers = values.astype(np.float64)
        if column.kind == "moment":
            numbers = numbers / 86_400e9
        return np.where(missing, np.nan, numbers)

    def decimals(self, name: str) -> int:
        """Digits behind the point of a number column, at most 6."""
        if name not in self._decimals:
            self._decimals[name] = self._counted_decimals(name)
        return self._decimals[name]

    def _counted_decimals(self, name: str) -> int:
        numbers = self.numbers(name)
        assert numbers is not None
        present = numbers[~np.isnan(numbers)][:2000]
        for digits in range(7):
            if np.allclose(
                present, np.round(present, digits), rtol=0, atol=1e-9 * max(1.0, np.abs(present).max(initial=0))
            ):
                return digits
        return 6
