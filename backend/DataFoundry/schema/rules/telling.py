"""What the rules about one column that tells of another share: which columns may tell, and where they do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_MOST_VALUES = 50
_RARE = 0.01  # of the rows that have one of the values


def tellers(view: TableView) -> Iterator[str]:
    """The columns that may tell when something holds: of a few categories or truth values."""
    for name, column in view.columns.items():
        if column.kind in ("category", "boolean") and 2 <= view.codes(name)[1] <= _MOST_VALUES:
            yield name


@dataclass(frozen=True)
class Told:
    """Of which values of a column something always holds.

    Attributes
    ----------
    values
        Those of enough rows of which nearly all hold.
    rows, wrong
        Rows that have one of them, and those of these where it does not hold.
    other_rows, others
        Rows that have another value, and those of these where it holds all the same.
    """

    values: list[str]
    rows: int
    wrong: int
    other_rows: int
    others: int


def told(view: TableView, teller: str, known: np.ndarray, holds: np.ndarray) -> Told:
    """What a column tells of (n,) bool `holds` in the rows that are `known`."""
    codes, count = view.codes(teller)
    codes = np.where(known, codes, -1)
    sizes = np.bincount(codes[codes >= 0], minlength=count)
    hits = np.bincount(codes[(codes >= 0) & holds], minlength=count)
    always = (hits >= (1 - MOST_EXCEPTIONS) * sizes) & (sizes >= FEWEST_ROWS)
    first = {code: np.flatnonzero(codes == code)[0] for code in np.flatnonzero(always)}
    values = sorted(str(view.frame[teller].iloc[place]) for place in first.values())
    rows, right = int(sizes[always].sum()), int(hits[always].sum())
    return Told(values, rows, rows - right, int(sizes.sum()) - rows, int(hits.sum()) - right)


def told_by(column: pd.Series, rule: Rule) -> np.ndarray:
    """(n,) bool: whether the column has one of the `values` of the rule."""
    return column.map(str).isin([str(each) for each in rule.details["values"]]).to_numpy()


def listed(values: list[str], counts: Mapping[str, int] | None = None) -> str:
    """`'refused' or 'open'`, at most five.

    With the rows that have each: the most frequent first, and those that hardly any has summed up, which are mostly
    misspellings: `'no' or one of 5 rare values`.
    """
    counts = counts or {}
    values = sorted(values, key=lambda value: -counts.get(value, 0))
    rows = sum(counts.get(value, 0) for value in values)
    rare = [value for value in values if counts.get(value, rows) < _RARE * rows]
    shown = [repr(value) for value in values if value not in rare]
    if len(rare) > 1:
        shown = [*shown[:5], f"one of {len(rare):,} rare values"]
    else:
        shown += map(repr, rare)
    return " or ".join(shown[:6] if len(rare) > 1 else shown[:5]) + (" ..." if len(rare) < 2 and len(shown) > 5 else "")
