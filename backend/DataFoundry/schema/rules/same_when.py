"""Two numbers are the same where another column has certain values: paid is amount where a claim is settled."""

from itertools import combinations

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of
from DataFoundry.schema.rules.telling import listed, tellers, told, told_by
from DataFoundry.schema.rules.value_when import NUMBERS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (3, 3)
DETAILS: dict[str, object] = {"values": list}

_FEWEST_VALUES = 5  # that are the same: one that both have often, such as 0, is no rule
_AT_TIMES = (0.02, 0.98)  # share of rows in which the two are the same
_OTHERWISE = 0.5  # share of the other rows in which they may be, too


def discover(view: TableView) -> list[Rule]:
    """Pairs of numbers that are written alike and the first column that tells when they are the same."""
    found: list[Rule] = []
    names = [name for name, column in view.columns.items() if column.kind in NUMBERS]
    for source, name in combinations(names, 2):
        if view.columns[source].format != view.columns[name].format or any(name == rule.columns[-1] for rule in found):
            continue
        left, right = numbers_of(view, source), numbers_of(view, name)
        present = ~np.isnan(left) & ~np.isnan(right)
        same = left == right
        if not _AT_TIMES[0] <= same[present].mean() <= _AT_TIMES[1] if present.any() else True:
            continue
        rules = (_told(view, (teller, source, name), present, same) for teller in tellers(view))
        found += [rule for rule in rules if rule is not None][:1]
    return found


def _told(view: TableView, columns: tuple[str, str, str], present: np.ndarray, same: np.ndarray) -> Rule | None:
    teller, source, name = columns
    found = told(view, teller, present, same)
    if not found.values or not found.other_rows or found.others > _OTHERWISE * found.other_rows:
        return None
    rule_rows = present & view.frame[teller].map(str).isin(found.values).to_numpy()
    if len(np.unique(numbers_of(view, name)[rule_rows])) < _FEWEST_VALUES:
        return None
    sentence = f"{name} is the same as {source} when {teller} is {listed(found.values)}."
    return Rule("same_when", columns, sentence, 0, 0, {"values": found.values})


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have both numbers, and one of the values that tell."""
        missing = view.missing(rule.columns[1]) | view.missing(rule.columns[2])
        return told_by(view.frame[rule.columns[0]], rule) & ~missing

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which they differ."""
        left, right = (numbers_of(view, name) for name in rule.columns[1:])
        with np.errstate(invalid="ignore"):
            return ~np.isclose(left, right, rtol=1e-9, atol=1e-9)


breaks = Verified.breaks
