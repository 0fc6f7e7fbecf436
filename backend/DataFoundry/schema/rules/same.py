"""Two columns say the same: equal values, or equal numbers in other clothes."""

from itertools import combinations

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow, present
from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, 2)
DETAILS: dict[str, object] = {}

_FEWEST_VALUES = 5


def discover(view: TableView) -> list[Rule]:
    """Pairs of columns that agree in every row that has both; the first of three stands for the others."""
    found: list[Rule] = []
    copies: set[str] = set()
    for first, second in combinations(view.columns, 2):
        if first in copies or second in copies or min(view.codes(first)[1], view.codes(second)[1]) < _FEWEST_VALUES:
            continue
        rule = Rule("same", (first, second), f"{second} says the same as {first}.", 0)
        support, exceptions = Verified.counted(view, rule)
        if support >= FEWEST_ROWS and exceptions <= MOST_EXCEPTIONS * support:
            found.append(rule)
            copies.add(second)
    return found


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have both values."""
        return present(view, rule.columns)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which they differ."""
        first, second = (view.numbers(name) for name in rule.columns)
        if first is None or second is None or _unlike(view, rule):
            left, right = (view.hashes(name) for name in rule.columns)
            return left != right
        with np.errstate(invalid="ignore"):
            return ~np.isclose(first, second, rtol=1e-9, atol=1e-9)


def _unlike(view: TableView, rule: Rule) -> bool:
    """A moment and a number are never the same, whatever their numbers."""
    moments = [view.columns[name].kind == "moment" for name in rule.columns]
    return moments[0] != moments[1]


breaks = Verified.breaks
