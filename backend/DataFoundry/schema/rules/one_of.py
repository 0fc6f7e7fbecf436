"""A column that has certain values only, or certain ones together with those of others. Somebody says which."""

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (1, 1)
DETAILS: dict[str, object] = {"values": list}


def discover(view: TableView) -> list[Rule]:
    """None: that a table has no other value does not say that none may come."""
    return []


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have a value."""
        return ~view.missing(rule.columns[0])

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have another one."""
        return ~view.frame[rule.columns[0]].map(str).isin(list(map(str, rule.details["values"]))).to_numpy()


breaks = Verified.breaks
