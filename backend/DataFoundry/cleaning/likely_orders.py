"""Orders of two dates that nearly all rows keep: no promise, but the rows that break one are probably wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from DataFoundry.schema.rules.by_row import present
from DataFoundry.schema.rules.evidence import FEWEST_BROKEN_BY_CHANCE, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_FEWEST_ROWS = 100
_MOST_BROKEN = 0.03
_BY_CHANCE = 0.15  # share of rows that shuffled columns must break
_TIMES = 8  # as many rows must break it by chance as do
_MOSTLY_EQUAL = 0.9  # the same column, nearly
_MOST_COLUMNS = 20


@dataclass(frozen=True)
class LikelyOrder:
    """One date that is hardly ever after another.

    Attributes
    ----------
    first, second
        Columns.
    rows, broken
        Rows that have both, and those in which the first is later.
    """

    first: str
    second: str
    rows: int
    broken: int

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.first} is not after {self.second} in {self.rows - self.broken:,} of {self.rows:,} rows."

    @property
    def rule(self) -> Rule:
        """The same as a rule, for those who keep it."""
        sentence = f"{self.first} is hardly ever after {self.second}."
        return Rule("order", (self.first, self.second), sentence, self.rows, self.broken)

    def breaks(self, view: TableView) -> np.ndarray:
        """(n,) bool: rows in which the first is later."""
        first, second = view.numbers(self.first), view.numbers(self.second)
        if first is None or second is None:
            return np.zeros(len(view), dtype=bool)
        with np.errstate(invalid="ignore"):
            return np.asarray(first > second)


def likely_orders(view: TableView, rules: Sequence[Rule]) -> list[LikelyOrder]:
    """Those that too many rows break for a rule, and far fewer than would by chance.

    None where a rule holds already. One that two others imply stays, since the column between may be missing.
    """
    names = [name for name, column in view.columns.items() if column.kind == "moment" and view.codes(name)[1] >= 5]
    known = {rule.columns for rule in rules if rule.kind == "order"}
    pairs = [pair for pair in permutations(names[:_MOST_COLUMNS], 2) if pair not in known]
    return [order for pair in pairs if (order := _judged(view, *pair)) is not None]


def _judged(view: TableView, first: str, second: str) -> LikelyOrder | None:
    both = present(view, (first, second))
    one, two = (np.asarray(view.numbers(name))[both] for name in (first, second))
    order = LikelyOrder(first, second, len(one), int((one > two).sum()))
    if order.rows < _FEWEST_ROWS or not MOST_EXCEPTIONS * order.rows < order.broken <= _MOST_BROKEN * order.rows:
        return None
    if np.mean(one == two) > _MOSTLY_EQUAL:
        return None
    by_chance = float(np.mean(one > np.random.default_rng(0).permutation(two)))
    enough = by_chance * order.rows >= FEWEST_BROKEN_BY_CHANCE
    return order if enough and by_chance >= max(_BY_CHANCE, _TIMES * order.broken / order.rows) else None
