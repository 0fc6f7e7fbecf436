"""Numbers that come in steps: every price is a multiple of 50."""

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of, present
from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (1, 1)
DETAILS: dict[str, object] = {"step": float}

_STEPS = (1_000_000, 100_000, 10_000, 5_000, 1_000, 500, 250, 100, 50, 25, 10, 5)
_FEWEST_VALUES = 10


def discover(view: TableView) -> list[Rule]:
    """The greatest usual step that all values of a number are multiples of; 1 and decimals are no rule."""
    found = []
    for name, column in view.columns.items():
        numbers = view.numbers(name) if column.kind in ("number", "formatted_number") else None
        if numbers is None or view.codes(name)[1] < _FEWEST_VALUES:
            continue
        values = numbers[~np.isnan(numbers)]
        for step in _STEPS:
            off = int((values % step != 0).sum())
            if len(values) >= FEWEST_ROWS and off <= MOST_EXCEPTIONS * len(values) and (values != 0).mean() > 0.2:
                found.append(Rule("increments", (name,), f"{name} is a multiple of {step:,}.", 0, 0, {"step": step}))
                break
    return found


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have the number."""
        return present(view, rule.columns)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which it is between two steps."""
        with np.errstate(invalid="ignore"):
            return numbers_of(view, rule.columns[0]) % float(rule.details["step"]) != 0


breaks = Verified.breaks
