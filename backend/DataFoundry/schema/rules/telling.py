"""What the rules about one column that tells of another share: which columns may tell, and where they do."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_MOST_VALUES = 50


def tellers(view: TableView) -> Iterator[str]:
    """The columns that may tell when something holds: of a few categories or truth values."""
    for name, column in view.columns.items():
        if column.kind in ("category", "boolean") and 2 <= view.codes(name)[1] <= _MOST_VALUES:
            yield name


def told_by(column: pd.Series, rule: Rule) -> np.ndarray:
    """(n,) bool: whether the column has one of the `values` of the rule."""
    return column.map(str).isin([str(each) for each in rule.details["values"]]).to_numpy()


def listed(values: list[str]) -> str:
    """`'refused' or 'open'`, at most five."""
    return " or ".join(map(repr, values[:5])) + (" ..." if len(values) > 5 else "")
