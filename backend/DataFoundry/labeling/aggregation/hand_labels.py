"""Hand-labeled rows: read, their labels made class numbers, the labeling functions applied to them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.errors import ColumnError, ImpossibleError
from DataFoundry.labeling.execution.apply import Applier
from DataFoundry.labeling.execution.distinct_values import plain_value
from DataFoundry.labeling.execution.sandbox import MAX_CLASSES, Value
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.sources.table import Table

LABEL = "label"


@dataclass(frozen=True)
class HandLabels:
    """Rows whose class a person gave.

    Attributes
    ----------
    frame
        Their columns, h rows, without the label.
    labels
        (h,) int64 class numbers.
    votes
        (h, m) int8 votes of the labeling functions on these rows.
    mapping
        What each label of the file stands for, {label as text: class number}.
    column
        The file's column that held the labels.
    """

    frame: pd.DataFrame
    labels: np.ndarray
    votes: np.ndarray
    mapping: dict[str, int]
    column: str

    @property
    def cardinality(self) -> int:
        """One more than the greatest class number, at least 2."""
        return max(2, int(self.labels.max(initial=0)) + 1)


def read_hand_labels(
    hand: Table, functions: Sequence[LabelingFunction], columns: Sequence[str], label_column: str | None = None
) -> HandLabels:
    """Read a table of hand-labeled rows and apply the functions to them.

    Parameters
    ----------
    hand
        A table with the columns that the functions read and a column `label`, or one that the data does not have.
    columns
        Of the data that is to be labeled.
    label_column
        The column of the labels; by default found, see `label_column_of`.

    Raises
    ------
    ColumnError
        If there is no label column, or a column that a function reads in the data is missing here.
    ImpossibleError
        If no row has a label, or there are too many classes.
    LabelingFunctionError
        If a function fails on one of the rows.
    """
    name = label_column_of(hand.columns, columns, hand.path.name, label_column)
    frame = hand.read()
    frame = frame[frame[name].notna()].reset_index(drop=True)
    if frame.empty:
        raise ImpossibleError(f"hand_labeled_examples_path: no row of {hand.path.name} has a label in column {name!r}.")
    labels, mapping = _class_numbers(frame.pop(name))
    with Applier(functions, columns) as applier:
        missing = [column for column in applier.columns if column not in frame.columns]
        if missing:
            raise ColumnError(
                f"hand_labeled_examples_path: {hand.path.name} lacks the column {missing[0]!r}, which a labeling "
                "function reads; add it.",
                missing=missing,
            )
        votes = applier.votes(frame)
    fault = next((fault for fault in applier.faults if fault is not None), None)
    if fault is not None:
        raise fault.error()
    return HandLabels(frame, labels, votes, mapping, name)


def label_column_of(hand: Sequence[str], columns: Sequence[str], file: str, wanted: str | None = None) -> str:
    """The column of hand-given labels: the one named, `label`, or else the only one that the data does not have.

    Raises
    ------
    ColumnError
        If there is none.
    """
    if wanted is not None:
        if wanted not in hand:
            raise ColumnError(
                f"label_column: {file} has no column {wanted!r}; it has {', '.join(hand[:20])}.", missing=[wanted]
            )
        return wanted
    if LABEL in hand:
        return LABEL
    own = [name for name in hand if name not in columns]
    if len(own) != 1:
        raise ColumnError(
            f"hand_labeled_examples_path: {file} has no column {LABEL!r}; name the column of the labels in label_column"
            + (f" (candidates: {', '.join(own[:5])})." if own else "."),
            column=LABEL,
        )
    return own[0]


def _class_numbers(column: pd.Series) -> tuple[np.ndarray, dict[str, int]]:
    """Whole numbers from 0 stand for themselves; anything else is numbered in sorted order."""
    values = [plain_value(value) for value in column.astype(object)]
    numbers: dict[Value, int] = {value: _whole(value) for value in set(values)}
    if min(numbers.values()) < 0:
        numbers = {value: number for number, value in enumerate(sorted(numbers, key=str))}
    if max(numbers.values()) >= MAX_CLASSES:
        raise ImpossibleError(
            f"hand_labeled_examples_path: the labels in column {column.name!r} are of more than {MAX_CLASSES} classes."
        )
    return np.array([numbers[value] for value in values], dtype=np.int64), {str(key): n for key, n in numbers.items()}


def _whole(value: Value) -> int:
    """The class number that a label is, or -1 where it is none."""
    return int(value) if isinstance(value, bool | int | float) and value >= 0 and float(value).is_integer() else -1
