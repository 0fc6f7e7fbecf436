"""A number always has one value where another column has certain values: nothing is paid while a claim is refused."""

import numpy as np
import pandas as pd

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of
from DataFoundry.schema.rules.evidence import FEWEST_BROKEN_BY_CHANCE, FEWEST_ROWS
from DataFoundry.schema.rules.telling import listed, tellers, told, told_by
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
    same = numbers == value
    found = told(view, teller, ~np.isnan(numbers), same)
    every = found.rows + found.other_rows
    if not found.values or not found.other_rows:
        return None
    otherwise = (found.wrong + found.other_rows - found.others) / every  # share of all rows that have another number
    if found.rows * otherwise < _TIMES * max(found.wrong, 1):
        return None
    first = view.frame[name].iloc[np.flatnonzero(same & ~view.missing(teller))[0]]
    written = first if isinstance(first, str) else int(value) if value == int(value) else value
    sentence = f"{name} is {written} when {teller} is {listed(found.values)}."
    return Rule("value_when", (teller, name), sentence, found.rows, 0, {"values": found.values, "value": written})


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
