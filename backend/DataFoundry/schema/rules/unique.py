"""Keys: no two rows have the same value, or the same values of several columns together."""

from dataclasses import replace
from itertools import combinations

import numpy as np

from DataFoundry.schema.rules.evidence import FEWEST_BROKEN_BY_CHANCE, FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (1, None)
DETAILS: dict[str, object] = {}

_SINGLE = ("key", "email", "user_name", "iban", "national_id")
_PARTS = ("key", "category", "moment", "postcode", "boolean", "person_name", "email")
_MOST_PARTS = 12
_MOST_DISTINCT = 0.8
_MOST_NUMBERS = 200  # of the lines of an order, say
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def discover(view: TableView) -> list[Rule]:
    """Columns whose values all differ; without one, pairs of columns that do together, though neither does alone."""
    if len(view) < FEWEST_ROWS:
        return []
    single = [name for name, column in view.columns.items() if column.kind in _SINGLE and _is_key(view, (name,))]
    if single:
        return [Rule("unique", (name,), f"No two rows have the same {name}.", 0) for name in single]
    parts = [
        name
        for name, column in view.columns.items()
        # A part that hardly repeats makes any pair unique, and says nothing.
        if (column.kind in _PARTS or column.kind == "number" and view.codes(name)[1] <= _MOST_NUMBERS)
        and not view.missing(name).any()
        and view.codes(name)[1] <= _MOST_DISTINCT * len(view)
    ]
    pairs = [pair for pair in combinations(parts[:_MOST_PARTS], 2) if _is_key(view, pair) and _is_telling(view, pair)]
    return [Rule("unique", pair, f"No two rows have the same {pair[0]} and {pair[1]}.", 0) for pair in pairs]


def _is_key(view: TableView, columns: tuple[str, ...]) -> bool:
    hashes = joint(view, columns)
    present = hashes[hashes != 0]
    twice = len(present) - len(np.unique(present))
    return len(present) >= 0.5 * len(view) and twice <= MOST_EXCEPTIONS * len(present)


def _is_telling(view: TableView, pair: tuple[str, str]) -> bool:
    """Whether the pair would repeat often, were its columns unrelated."""
    first, second = (np.bincount(view.codes(name)[0]) / len(view) for name in pair)
    twice = len(view) ** 2 / 2 * float((first**2).sum() * (second**2).sum())
    return twice >= FEWEST_BROKEN_BY_CHANCE


def joint(view: TableView, columns: tuple[str, ...]) -> np.ndarray:
    """(n,) uint64 of the values of several columns together; 0 where one is missing."""
    found = view.hashes(columns[0]).copy()
    for name in columns[1:]:
        other = view.hashes(name)
        with np.errstate(over="ignore"):
            found = np.where((found == 0) | (other == 0), np.uint64(0), found * _PRIME + other | np.uint64(1))
    return found


class Verified:
    """Keeps the values seen as numbers of eight bytes."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._seen = np.empty(0, dtype=np.uint64)
        self._rows = 0

    def add(self, view: TableView) -> None:
        """Take the rows of a block."""
        hashes = joint(view, self._rule.columns)
        present = hashes[hashes != 0]
        self._rows += len(present)
        self._seen = np.union1d(self._seen, present)

    def rule(self) -> Rule:
        """The rule with the rows that repeat an earlier one."""
        return replace(self._rule, support=self._rows, exceptions=self._rows - len(self._seen))


def breaks(view: TableView, rule: Rule) -> np.ndarray:
    """(n,) bool: the rows whose values stand in another row, too."""
    hashes = joint(view, rule.columns)
    _, places, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    return (hashes != 0) & (counts[places] > 1)
