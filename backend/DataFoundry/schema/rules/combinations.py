"""Columns that have certain values together only: no return without a delivery. Somebody says which."""

import numpy as np
import pandas as pd

from DataFoundry.schema.rules.by_row import VerifiedByRow
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, None)
DETAILS: dict[str, object] = {"values": list}


def discover(view: TableView) -> list[Rule]:
    """None: combinations that a table does not have may only be rare."""
    return []


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have all the values."""
        return ~np.any([view.missing(name) for name in rule.columns], axis=0)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which they stand in another combination."""
        texts = [view.frame[name].map(str) for name in rule.columns]
        allowed = [tuple(map(str, each)) for each in rule.details["values"] if isinstance(each, (list, tuple))]
        return ~pd.MultiIndex.from_arrays(texts).isin(allowed)


breaks = Verified.breaks
