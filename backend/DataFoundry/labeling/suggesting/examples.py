"""The hand-labeled rows that a labeling pipeline learns from and is measured on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.errors import ColumnError, ImpossibleError

MOST_ROWS = 20_000
LEAST_ROWS = 10
MOST_CLASSES = 20


@dataclass(frozen=True)
class Examples:
    """Hand-labeled rows.

    Attributes
    ----------
    frame
        (n, d) the columns that they share with the raw table, in its order.
    labels
        (n,) class numbers 0..k-1.
    classes
        The k values of the label column, in the order of their class numbers.
    column
        Its name.
    """

    frame: pd.DataFrame
    labels: np.ndarray
    classes: tuple[object, ...]
    column: str

    @property
    def cardinality(self) -> int:
        return len(self.classes)

    def taken(self, rows: np.ndarray) -> "Examples":
        """Those of the given positions."""
        return Examples(self.frame.iloc[rows].reset_index(drop=True), self.labels[rows], self.classes, self.column)


def read_examples(hand: pd.DataFrame, column: str, raw_columns: Sequence[str], rng: np.random.Generator) -> Examples:
    """Examples out of a table whose labels stand in `column`, see `labeling.hand_labels.label_column_of`.

    Class numbers are the label's own whole numbers where they are 0..k-1, else positions among its sorted values.

    Raises
    ------
    ColumnError
        If no column is shared with the raw table.
    ImpossibleError
        If there are too few rows or classes.
    """
    hand = hand[hand[column].notna()]
    if len(hand) > MOST_ROWS:
        hand = hand.iloc[np.sort(rng.choice(len(hand), MOST_ROWS, replace=False))]
    shared = [name for name in raw_columns if name in hand.columns and name != column]
    if not shared:
        raise ColumnError("The hand-labeled rows share no column with the raw table; name two tables of one kind.")
    classes, labels = _class_numbers(hand[column])
    counts = np.bincount(labels, minlength=len(classes))
    if len(hand) < LEAST_ROWS or len(classes) < 2 or counts[counts > 0].min() < 2 or (counts > 0).sum() < 2:
        raise ImpossibleError(
            f"There are {len(hand)} hand-labeled rows with {counts.tolist()} of each class; at least {LEAST_ROWS} "
            "rows, two classes and two rows of each are needed.",
            column=column,
        )
    return Examples(hand[shared].reset_index(drop=True), labels, tuple(classes), column)


def _class_numbers(column: pd.Series) -> tuple[list[object], np.ndarray]:
    values = sorted(column.unique().tolist(), key=lambda value: (str(type(value)), value))
    if len(values) > MOST_CLASSES:
        raise ImpossibleError(
            f"The label column {column.name!r} holds {len(values)} values; labels are at most {MOST_CLASSES} classes.",
            column=str(column.name),
        )
    numbers = [value for value in values if isinstance(value, int | float) and float(value).is_integer() and value >= 0]
    if len(numbers) == len(values) and max(numbers) < MOST_CLASSES:
        values = list(range(max(2, int(max(numbers)) + 1)))
        return values, column.to_numpy(dtype=float).astype(np.int64)
    place = {value: number for number, value in enumerate(values)}
    return values, column.map(place).to_numpy(dtype=np.int64)
