"""Columns whose values are missing in the same rows."""

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow
from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, None)
DETAILS: dict[str, object] = {}


def discover(view: TableView) -> list[Rule]:
    """Groups of columns, each missing in some rows and there in others, that agree with the first of the group."""
    groups: list[list[str]] = []
    for name in view.columns:
        missing = view.missing(name)
        if min(missing.sum(), (~missing).sum()) < FEWEST_ROWS:
            continue
        for group in groups:
            known = view.missing(group[0])
            if (known != missing).sum() <= MOST_EXCEPTIONS * min(known.sum(), missing.sum()):
                group.append(name)
                break
        else:
            groups.append([name])
    return [
        Rule("missing_together", tuple(group), f"{', '.join(group)} are missing in the same rows.", 0)
        for group in groups
        if len(group) > 1
    ]


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that lack at least one."""
        return np.any([view.missing(name) for name in rule.columns], axis=0)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have at least one."""
        return ~np.all([view.missing(name) for name in rule.columns], axis=0)


breaks = Verified.breaks
