"""Rules that each row keeps or breaks by itself: counted block by block."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView


class VerifiedByRow(ABC):
    """Counts the rows that could break a rule and those that do."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._support = self._exceptions = 0

    def add(self, view: TableView) -> None:
        """Count the rows of a block."""
        support, exceptions = self.counted(view, self._rule)
        self._support += support
        self._exceptions += exceptions

    def rule(self) -> Rule:
        """The rule with what was counted."""
        return replace(self._rule, support=self._support, exceptions=self._exceptions)

    @classmethod
    def breaks(cls, view: TableView, rule: Rule) -> np.ndarray:
        """(n,) bool: the rows that could break the rule and do."""
        return cls.able(view, rule) & cls.broken(view, rule)

    @classmethod
    def counted(cls, view: TableView, rule: Rule) -> tuple[int, int]:
        """The rows that could break the rule, and those that do."""
        able = cls.able(view, rule)
        return int(able.sum()), int((able & cls.broken(view, rule)).sum())

    @staticmethod
    @abstractmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """(n,) bool: the rows that could break the rule."""

    @staticmethod
    @abstractmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """(n,) bool: where it does not hold; of rows that could not break it, anything."""


def present(view: TableView, columns: tuple[str, ...]) -> np.ndarray:
    """(n,) bool: rows in which every one of the columns has a number."""
    kept = np.ones(len(view), dtype=bool)
    for name in columns:
        numbers = view.numbers(name)
        kept &= ~view.missing(name) if numbers is None else ~np.isnan(numbers)
    return kept


def numbers_of(view: TableView, name: str) -> np.ndarray:
    """(n,) float64: the column's numbers; NaN all through for a column that has none."""
    numbers = view.numbers(name)
    return np.full(len(view), np.nan) if numbers is None else numbers
