"""The label column: the classes that a model can be asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.errors import TrainingError, UnknownLabelError

_MOST_CLASSES = 1000


class LabelCodec:
    """Classes in ascending order, with their counts in the training table.

    Attributes
    ----------
    values
        The classes as plain Python values.
    counts
        (k,) int64 training rows of each.
    dtype
        The label column's pandas dtype.
    name
        The label column's name.
    """

    def __init__(self, values: Sequence[Any], counts: Sequence[int], dtype: str, name: str = "label") -> None:
        self.values = list(values)
        self.counts = np.asarray(counts, dtype=np.int64)
        self.dtype = dtype
        self.name = name

    @classmethod
    def fit(cls, labels: pd.Series, counted: pd.Series | None = None) -> "LabelCodec":
        """Learn the classes of a label column without missing values.

        `counted` says how many rows have each label, where `labels` are drawn from more.

        Raises
        ------
        TrainingError
            If there are too many: that is a number to be modelled, not a class.
        """
        counted = labels.astype(object).value_counts() if counted is None else counted
        if len(counted) > _MOST_CLASSES:
            raise TrainingError(
                f"The label column has {len(counted)} distinct values, more than {_MOST_CLASSES}; "
                "group them into classes, or rename the column so that it is a feature."
            )
        values = [each.item() if isinstance(each, np.generic) else each for each in counted.index]
        order = sorted(range(len(values)), key=lambda i: _rank(values[i]))
        return cls([values[i] for i in order], counted.to_numpy()[order], str(labels.dtype), _name(labels))

    def encode(self, labels: pd.Series) -> np.ndarray:
        """(n,) int64 class numbers; -1 for a missing or unknown label."""
        places = {_key(value): place for place, value in enumerate(self.values)}
        return (
            labels.astype(object)
            .map(lambda each: places.get(_key(each), -1) if pd.notna(each) else -1)
            .to_numpy(np.int64)
        )

    def decode(self, classes: np.ndarray) -> pd.Series:
        """(n,) labels in the dtype of the training table."""
        column = pd.Series(np.array(self.values, dtype=object)[classes], dtype=object)
        if self.dtype == "object":
            return column
        return column.astype(pd.CategoricalDtype(self.values) if self.dtype == "category" else self.dtype)

    def find(self, label: Any) -> int:
        """The class number of a label as a request writes it: `1`, `1.0`, `"1"` and `True` mean the same class.

        Raises
        ------
        UnknownLabelError
            With the known labels.
        """
        for place, value in enumerate(self.values):
            if _key(value) == _key(label):
                return place
        known = ", ".join(repr(value) for value in self.values[:20])
        raise UnknownLabelError(f"The model never saw the label {label!r}; it knows {known}.", known=self.values[:100])

    def state(self) -> dict[str, Any]:
        """As plain data."""
        return {"values": list(self.values), "counts": self.counts, "dtype": self.dtype, "name": self.name}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "LabelCodec":
        """The codec that `state()` describes."""
        return cls(state["values"], state["counts"], state["dtype"], str(state.get("name", "label")))


def _name(labels: pd.Series) -> str:
    return "label" if labels.name is None else str(labels.name)


def _key(value: Any) -> str:
    """One text for all spellings of a label."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return str(int(text.lower() == "true"))
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def _rank(value: Any) -> tuple[bool, float, str]:
    number = isinstance(value, (int, float))
    return (not number, float(value) if number else 0.0, str(value))
