"""What a goal in plain words names of a table: its columns, and values that stand in them."""

import re
from dataclasses import dataclass

import pandas as pd

_MOST_VALUES = 200  # of a column that are looked for in the goal
_SHORTEST = 3  # letters of a value that is looked for


@dataclass(frozen=True)
class Mentioned:
    """What a goal names.

    Attributes
    ----------
    columns
        Columns whose name stands in it.
    values
        Column to the values of it that stand in it.
    """

    columns: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    def names(self, column: str) -> bool:
        """Whether the column is named, or a value of it."""
        return column in self.columns or any(name == column for name, _ in self.values)


def mentioned(goal: str, frame: pd.DataFrame) -> Mentioned:
    """Columns and values of a table that a goal names, whatever their case and the signs between their words."""
    said = f" {_plain(goal)} "
    columns = tuple(str(name) for name in frame.columns if _plain(str(name)) and f" {_plain(str(name))} " in said)
    values = []
    for name in frame.columns:
        column = frame[name].dropna()
        if pd.api.types.is_numeric_dtype(column.dtype):
            continue
        for value in column.map(str).value_counts().index[:_MOST_VALUES]:
            text = _plain(value)
            if len(text) >= _SHORTEST and f" {text} " in said:
                values.append((str(name), str(value)))
    return Mentioned(columns, tuple(values))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower().replace("_", " ")))
