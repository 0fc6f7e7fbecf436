"""A number always has one value where another column has certain values: nothing is paid while a claim is refused."""

import numpy as np
import pandas as pd

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of
from DataFoundry.schema.rules.evidence import FEWEST_BROKEN_BY_CHANCE, FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.rules.telling import listed, tellers, told_by
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, 2)
DETAILS: dict[str, object] = {"values": list, "value": (int, float, str)}

NUMBERS = ("number", "formatted_number")
_FEWEST_VALUES = 5  # of the number: else it is a category
_TIMES = 3 * FEWEST_BROKEN_BY_CHANCE  # rows that chance would break for each that does: a rare value is no rule


def discover(view: TableView) -> list[Rule]:
    """For each number the category or truth value that tells of most rows when it has its most frequent value."""
    found = []
    for name, column in view.columns.items():
        if column.kind not in NUMBERS or view.codes(name)[1] < _FEWEST_VALUES:
            continue
        numbers = numbers_of(view, name)
        present = ~np.isnan(numbers)
        if present.sum() < FEWEST_ROWS:
            continue
        value = pd.Series(numbers[present]).mode()[0]
        rules = [rule for teller in tellers(view) if (rule := _told(view, name, teller, numbers, value)) is not None]
        found += sorted(rules, key=lambda rule: -rule.support)[:1]
    return found


def _told(view: TableView, name: str, teller: str, numbers: np.ndarray, value: float) -> Rule | None:
    known = ~view.missing(teller) & ~np.isnan(numbers)
    same = pd.Series(numbers[known] == value)
    shares = same.groupby(view.frame[teller][known].map(str).to_numpy()).agg(["mean", "size"])
    always = shares[(shares["mean"] >= 1 - MOST_EXCEPTIONS) & (shares["size"] >= FEWEST_ROWS)]
    rows = always["size"].sum()
    wrong = (always["size"] * (1 - always["mean"])).sum()
    if not len(always) or len(always) == len(shares) or rows * (1 - same.mean()) < _TIMES * max(wrong, 1):
        return None
    values = sorted(map(str, always.index))
    first = view.frame[name][known & (numbers == value)].iloc[0]
    written = first if isinstance(first, str) else int(value) if value == int(value) else value
    sentence = f"{name} is {written} when {teller} is {listed(values)}."
    return Rule("value_when", (teller, name), sentence, int(rows), 0, {"values": values, "value": written})


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have a number, and one of the values that tell."""
        return told_by(view.frame[rule.columns[0]], rule) & ~view.missing(rule.columns[1])

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have another number."""
        value = rule.details["value"]
        if isinstance(value, str):
            return (view.frame[rule.columns[1]].map(str) != value).to_numpy()
        return numbers_of(view, rule.columns[1]) != value


breaks = Verified.breaks
