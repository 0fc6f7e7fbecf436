"""Labeling functions applied to a table: votes."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import pandas as pd

from DataFoundry.labeling.execution.failures import Fault
from DataFoundry.labeling.execution.sandbox import FaultError, Sandbox
from DataFoundry.labeling.execution.strategies import ABSTAIN, Block, Runner
from DataFoundry.labeling.functions import column_names
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.settings import Limits, limits
from DataFoundry.sources.coded import coded_frames
from DataFoundry.sources.table import Table


@dataclass(frozen=True)
class Votes:
    """What labeling functions say about a table.

    Attributes
    ----------
    names
        The functions' names, m of them.
    matrix
        (n, m) int8: a class number from 0, or -1 to abstain.
    faults
        For each function why it failed, or None. One that failed abstains from there on.
    nones
        (m,) how many rows each function returned None for; they are abstains.
    """

    names: tuple[str, ...]
    matrix: np.ndarray
    faults: tuple[Fault | None, ...]
    nones: np.ndarray

    def raise_fault(self) -> None:
        """Raise the LabelingFunctionError of the first function that failed, if one did."""
        for fault in self.faults:
            if fault is not None:
                raise fault.error()


def votes(functions: Sequence[LabelingFunction], table: Table) -> Votes:
    """The votes of `functions` on all rows of `table`, reading only the columns that they read."""
    with Applier(functions, table.columns) as applier:
        parts = [applier.votes(block) for block in coded_frames(table, applier.columns)]
        names = tuple(function.name for function in functions)
        return Votes(names, np.concatenate(parts), tuple(applier.faults), applier.nones)


@dataclass(frozen=True)
class Outcome:
    """What one function did on one block.

    Attributes
    ----------
    votes
        (n,) int8.
    fault
        Why it failed, or None.
    nones, ways, why
        As in `strategies.Runner`.
    """

    votes: np.ndarray
    fault: Fault | None
    nones: int
    ways: list[str]
    why: str | None


class Applier:
    """Applies labeling functions to the blocks of a table, one after the other; use it in a `with` block.

    Attributes
    ----------
    columns
        The columns that the functions read, in the table's order.
    faults
        Of each function, once it failed.
    rows_done
        Rows of the blocks so far.
    bounds, now
        Of the sandbox; `now` is what every function is told of the time.
    """

    def __init__(
        self,
        functions: Sequence[LabelingFunction],
        columns: Sequence[str],
        bounds: Limits | None = None,
        now: datetime.datetime | None = None,
    ) -> None:
        self.functions = list(functions)
        self.bounds = bounds or limits()
        self.now = now or datetime.datetime.now(datetime.UTC)
        self.faults: list[Fault | None] = [None] * len(functions)
        self.rows_done = 0
        self.table_columns = list(columns)
        self._sandbox = Sandbox(self.bounds, self.now)
        self._runners = [Runner(each, _columns_of(each, columns), self._sandbox) for each in functions]
        self.columns = self.columns_of(range(len(functions)))

    def __enter__(self) -> "Applier":
        self._sandbox.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sandbox.__exit__(kind, error, trace)

    def columns_of(self, places: Iterable[int]) -> list[str]:
        """The columns that some of the functions read, in the table's order."""
        read = {name for place in places for name in self._runners[place].names}
        return [name for name in self.table_columns if name in read]

    def votes(self, frame: pd.DataFrame, told: Mapping[int, Outcome] | None = None) -> np.ndarray:
        """(n, m) int8 votes on the next block of the table; a function that fails abstains from there on.

        What another process said of it is `told` of functions by their places.
        """
        matrix = np.full((len(frame), len(self.functions)), ABSTAIN, dtype=np.int8, order="F")
        block = Block(frame, self.rows_done)
        for place, runner in enumerate(self._runners):
            if self.faults[place] is not None:
                continue
            if told and place in told:
                outcome = told[place]
                matrix[:, place], self.faults[place] = outcome.votes, outcome.fault
                runner.take(outcome.nones, outcome.ways, outcome.why)
            else:
                try:
                    matrix[:, place] = runner.votes(block)
                except FaultError as error:
                    self.faults[place] = column_names.with_columns(error.fault, runner.function, self.table_columns)
        self.rows_done += len(frame)
        return matrix

    def outcomes(self, frame: pd.DataFrame, start: int) -> list[Outcome]:
        """What each function does on the one block that this applier sees, whose first row is row `start`."""
        self.rows_done = start
        matrix = self.votes(frame)
        return [
            Outcome(matrix[:, place], self.faults[place], runner.nones, runner.ways, runner.why)
            for place, runner in enumerate(self._runners)
        ]

    @property
    def nones(self) -> np.ndarray:
        """(m,) rows so far for which each function returned None."""
        return np.array([runner.nones for runner in self._runners], dtype=np.int64)

    def explain(self) -> list[dict[str, object]]:
        """For each function the columns that it reads, in which way it was run, and why not on whole columns."""
        return [
            {
                "name": runner.function.name,
                "columns": runner.names,
                "way": "; ".join(runner.ways) or "not run",
                **({} if runner.why is None else {"not_on_whole_columns": runner.why}),
            }
            for runner in self._runners
        ]


def _columns_of(function: LabelingFunction, columns: Sequence[str]) -> list[str]:
    """The table's columns that `function` reads; all of them where its source does not tell."""
    read = function.reads.columns
    return list(columns) if read is None else [name for name in read if name in columns]
