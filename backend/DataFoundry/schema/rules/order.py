"""One value is never before another: admitted <= discharged."""

from itertools import permutations

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of, present
from DataFoundry.schema.rules.evidence import FEWEST_BROKEN_BY_CHANCE, FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, 2)
DETAILS: dict[str, object] = {}

_BY_CHANCE = {"moment": 0.03, "number": 0.2}  # share of rows that shuffled columns must break


def discover(view: TableView) -> list[Rule]:
    """Pairs of moments, or of numbers, of which the first is never greater, though their ranges overlap."""
    found = []
    for kind in _BY_CHANCE:
        names = [name for name, column in view.columns.items() if column.kind == kind and view.codes(name)[1] >= 5]
        for first, second in permutations(names, 2):
            rule = Rule("order", (first, second), f"{first} is never after {second}.", 0)
            if kind == "number":
                rule = Rule("order", (first, second), f"{first} is never more than {second}.", 0)
            if _holds(view, rule, _BY_CHANCE[kind]):
                found.append(rule)
    return _minimal(found)


def _holds(view: TableView, rule: Rule, least: float) -> bool:
    rows, broken = Verified.counted(view, rule)
    if rows < FEWEST_ROWS or broken > MOST_EXCEPTIONS * rows:
        return False
    able = Verified.able(view, rule)
    first, second = (numbers_of(view, name)[able] for name in rule.columns)
    if np.mean(first == second) > 0.9:  # the same column, nearly
        return False
    by_chance = np.mean(first > np.random.default_rng(0).permutation(second))
    return bool(by_chance >= least and by_chance * rows >= FEWEST_BROKEN_BY_CHANCE * max(broken, 1))


def _minimal(rules: list[Rule]) -> list[Rule]:
    """Without a <= c where a <= b <= c."""
    pairs = {rule.columns for rule in rules}
    names = {name for pair in pairs for name in pair}
    implied = {(a, c) for a, c in pairs for b in names if (a, b) in pairs and (b, c) in pairs}
    return [rule for rule in rules if rule.columns not in implied]


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have both."""
        return present(view, rule.columns)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which the first is greater."""
        first, second = (numbers_of(view, name) for name in rule.columns)
        with np.errstate(invalid="ignore"):
            return first > second


breaks = Verified.breaks
