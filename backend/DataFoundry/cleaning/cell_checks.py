"""All checks of cells together: learnt from one table, asked about the rows of another or of the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from DataFoundry.cleaning.checks import CHECKS
from DataFoundry.cleaning.finding import Finding, Mark
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView

_MOST_ROWS = 60_000  # to learn from
_BY_ITSELF = ("range", "format", "spelling")


class CellChecks:
    """What is usual in the cells of a table, and what that says of other rows.

    Attributes
    ----------
    columns
        What each column is.
    states
        By check, plain data.
    """

    def __init__(self, columns: Mapping[str, Column], states: Mapping[str, dict[str, Any]]) -> None:
        self.columns = dict(columns)
        self.states = dict(states)

    @classmethod
    def learnt(cls, frame: pd.DataFrame, columns: Mapping[str, Column], rules: Sequence[Rule] = ()) -> "CellChecks":
        """From rows, at most 60,000 of them; a few of them may be wrong."""
        rows = frame if len(frame) <= _MOST_ROWS else frame.iloc[:: -(-len(frame) // _MOST_ROWS)]
        known = {name: columns[name] for name in frame.columns if name in columns}
        view = TableView(rows.reset_index(drop=True), known)
        return cls(columns, {name: check.learn(view, rules) for name, check in CHECKS.items()})

    def marks(self, frame: pd.DataFrame) -> list[Mark]:
        """What is wrong in rows, by check and column; one cell may have several marks.

        A rule is not told of a row in which another of its cells is wrong by itself, or may mean missing, as a far
        value does that many rows share (-999): what is computed from it would be wrong.
        """
        known = {name: column for name, column in self.columns.items() if name in frame.columns}
        view = TableView(frame.reset_index(drop=True), known)
        states = [(check, self.states[name]) for name, check in CHECKS.items() if name in self.states]  # older models
        marks = [mark for check, state in states for mark in check.look(state, view)]
        shared = {name: known["shared"] for name, known in self.states.get("ranges", {}).items() if known["shared"]}
        return [left for mark in marks if len((left := _without(mark, marks, view, shared)).rows)]

    def state(self) -> dict[str, Any]:
        """As plain data and tensors."""
        return {
            "columns": {
                name: {"kind": column.kind, "format": dict(column.format), "personal": column.personal}
                for name, column in self.columns.items()
            },
            "states": _mapped(self.states, np.ndarray, torch.from_numpy),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "CellChecks":
        """What `state()` describes."""
        columns = {name: Column(name, **column) for name, column in state["columns"].items()}
        return cls(columns, _mapped(state["states"], torch.Tensor, lambda each: each.numpy()))


def findings(marks: Sequence[Mark], frame: pd.DataFrame, start: int = 0) -> Iterator[Finding]:
    """The surest mark of each cell of a block whose first row is row `start` of its table, by row.

    Where it suggests nothing, another mark of the cell may.
    """
    best: dict[tuple[int, str], tuple[float, Mark, int]] = {}
    suggested: dict[tuple[int, str], tuple[float, Any]] = {}
    for mark in marks:
        for place, row in enumerate(mark.rows):
            key, sure = (int(row), mark.column), float(mark.confidence[place])
            if key not in best or sure > best[key][0]:
                best[key] = (sure, mark, place)
            if mark.suggested[place] is not None and (key not in suggested or sure > suggested[key][0]):
                suggested[key] = (sure, mark.suggested[place])
    for (row, column), (sure, mark, place) in sorted(best.items(), key=lambda each: each[0][0]):
        _, value = suggested.get((row, column), (0.0, None))
        yield Finding(start + row, column, mark.kind, frame[column].iloc[row], value, round(sure, 3), mark.why(place))


def _without(mark: Mark, marks: Sequence[Mark], view: TableView, shared: Mapping[str, Sequence[float]]) -> Mark:
    """A mark of a broken rule without the rows in which another of its cells is wrong or may mean missing."""
    if not mark.also:
        return mark
    others = [each.rows for each in marks if each.column in mark.also and each.kind in _BY_ITSELF]
    for name in set(mark.also) & set(shared):
        numbers = view.numbers(name)
        others += [] if numbers is None else [np.flatnonzero(np.isin(numbers, shared[name]))]
    kept = ~np.isin(mark.rows, np.concatenate(others)) if others else np.ones(len(mark.rows), dtype=bool)
    places = np.flatnonzero(kept).tolist()
    why = mark.why
    return replace(
        mark,
        rows=mark.rows[kept],
        confidence=mark.confidence[kept],
        suggested=mark.suggested[kept],
        why=lambda place: why(places[place]),
    )


def _mapped(value: Any, kind: type, change: Any) -> Any:
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(each, kind, change) for key, each in value.items()}
    return value
