"""A number that lies between two bounds. Nobody can tell bounds from the values alone: somebody says them."""

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of, present
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (1, 1)
DETAILS: dict[str, object] = {"low": (int, float, type(None)), "high": (int, float, type(None))}


def discover(view: TableView) -> list[Rule]:
    """None: the least and greatest value of a table bound no other."""
    return []


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have the number."""
        return present(view, rule.columns)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which it lies outside."""
        numbers = numbers_of(view, rule.columns[0])
        low, high = rule.details.get("low"), rule.details.get("high")
        with np.errstate(invalid="ignore"):
            below = numbers < low if low is not None else np.zeros(len(view), dtype=bool)
            return below | (numbers > high) if high is not None else below


breaks = Verified.breaks
