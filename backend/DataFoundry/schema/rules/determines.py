"""One column follows from another: each city lies in one country."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from DataFoundry.schema.rules.evidence import FEWEST_BROKEN_BY_CHANCE, FEWEST_ROWS, MOST_DIRTY
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, 2)
DETAILS: dict[str, object] = {}

_FIRST_ROWS = 500  # most pairs contradict themselves here already
_LEFT = ("category", "boolean", "number", "postcode", "key", "constant", "text", "address", "phone", "person_name")
_TIMES = 5
_MOST_NUMBERS = 300  # a number of more distinct values is a measurement, from which nothing follows by name


def discover(view: TableView) -> list[Rule]:
    """Pairs of columns in which (nearly) every value of the first has one value of the second.

    None where the same agreement could come by chance: shuffled columns would break five times as many rows.
    """
    lefts = [name for name in view.columns if _may_be_left(view, name)]
    rights = [name for name in view.columns if view.codes(name)[1] >= 2]
    found = []
    for left in lefts:
        for right in rights:
            if left != right and view.codes(right)[1] <= 2 * view.codes(left)[1] + 10:  # errors make more values
                rule = _judged(view, left, right)
                if rule is not None:
                    found.append(rule)
    return list(_minimal(found))


def _may_be_left(view: TableView, name: str) -> bool:
    column, (_, values) = view.columns[name], view.codes(name)
    rows = int((~view.missing(name)).sum())
    if column.kind not in _LEFT or values < 3 or values > 0.5 * rows:
        return False
    return column.kind != "number" or values <= _MOST_NUMBERS


def _judged(view: TableView, left: str, right: str) -> Rule | None:
    (a, _), (b, width) = view.codes(left), view.codes(right)
    kept = (a >= 0) & (b >= 0)
    if _contradicted(a[:_FIRST_ROWS][kept[:_FIRST_ROWS]], b[:_FIRST_ROWS][kept[:_FIRST_ROWS]], width):
        return None
    a, b = a[kept], b[kept]
    support, exceptions, groups = _counted(a * width + b, a)
    shares = np.bincount(b) / max(len(b), 1)
    # Were the two unrelated, each row after the first of a repeated left side would differ from the first with this
    # chance.
    by_chance = (support - groups) * float(1 - (shares**2).sum()) / 2
    enough = support >= FEWEST_ROWS and groups >= 3 and by_chance >= max(FEWEST_BROKEN_BY_CHANCE, _TIMES * exceptions)
    if not enough or exceptions > MOST_DIRTY * support:
        return None
    return Rule("determines", (left, right), f"{right} follows from {left}.", support, exceptions)


def _contradicted(a: np.ndarray, b: np.ndarray, width: int) -> bool:
    support, exceptions, _ = _counted(a * width + b, a)
    return exceptions > max(5, 0.1 * support)


def _counted(pairs: np.ndarray, left: np.ndarray) -> tuple[int, int, int]:
    """Rows whose left side repeats, those among them not of its most frequent right side, and such left sides."""
    joint, first, counts = np.unique(pairs, return_index=True, return_counts=True)
    lefts = left[first]
    if not len(joint):
        return 0, 0, 0
    totals = np.bincount(lefts, weights=counts)
    most = np.zeros(len(totals))
    np.maximum.at(most, lefts, counts)
    repeated = totals >= 2
    return int(totals[repeated].sum()), int((totals - most)[repeated].sum()), int(repeated.sum())


def _minimal(rules: list[Rule]) -> Iterator[Rule]:
    """Without what follows from the others: city -> currency where city -> country -> currency."""
    edges: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        edges[rule.columns[0]].add(rule.columns[1])
    for rule in sorted(rules, key=lambda each: -each.exceptions):
        left, right = rule.columns
        edges[left].discard(right)
        if not _reaches(edges, left, right):
            edges[left].add(right)
    for rule in rules:
        if rule.columns[1] in edges[rule.columns[0]]:
            yield rule


def _reaches(edges: dict[str, set[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        for each in edges[waiting.pop()]:
            if each == goal:
                return True
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return False


class Verified:
    """Counts the right sides of each left side over all blocks."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._seen = pd.Series(dtype=np.int64)

    def add(self, view: TableView) -> None:
        """Count the pairs of a block."""
        left, right = (view.hashes(name) for name in self._rule.columns)
        kept = (left != 0) & (right != 0)
        index = pd.MultiIndex.from_arrays([left[kept], right[kept]], names=["left", "right"])
        counted = pd.Series(1, index=index).groupby(level=[0, 1]).sum()
        self._seen = counted if self._seen.empty else pd.concat([self._seen, counted]).groupby(level=[0, 1]).sum()

    def rule(self) -> Rule:
        """The rule with what was counted."""
        if self._seen.empty:
            return self._rule
        by_left = self._seen.groupby(level=0)
        totals, most = by_left.sum(), by_left.max()
        repeated = totals >= 2
        exceptions = int((totals - most)[repeated].sum())
        return replace(self._rule, support=int(totals[repeated].sum()), exceptions=exceptions)


def breaks(view: TableView, rule: Rule) -> np.ndarray:
    """(n,) bool: the rows whose right side is not the most frequent one of their left side."""
    (a, _), (b, width) = (view.codes(name) for name in rule.columns)
    kept = (a >= 0) & (b >= 0)
    pairs = pd.Series(np.where(kept, a * width + b, -1))
    counts = pairs.map(pairs.value_counts()).to_numpy()
    most = pd.Series(np.where(kept, counts, 0)).groupby(np.where(kept, a, -1)).transform("max").to_numpy()
    return kept & (counts < most)
