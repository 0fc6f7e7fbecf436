"""The ways in which a labeling function is run on a block, the cheapest first; each gives what plain Python gives."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from DataFoundry.labeling.execution import distinct_values
from DataFoundry.labeling.execution.columnar import statements
from DataFoundry.labeling.execution.columnar.vector import NotColumnarError, Vector, of_encoded, of_numbers
from DataFoundry.labeling.execution.sandbox import Budget, FaultError, Sandbox
from DataFoundry.labeling.functions.reading import LabelingFunction

ABSTAIN = -1
COLUMNS = "on whole columns"
DISTINCT = "in the sandbox, once for each distinct combination of the values it reads"
EVERY_ROW = "in the sandbox, for each row in order, since it may keep something between calls"


class Block:
    """One block of a table, with what the functions share: columns as codes and as vectors."""

    def __init__(self, frame: pd.DataFrame, start: int) -> None:
        self.frame = frame
        self.start = start
        self._encoded: dict[str, distinct_values.Encoded] = {}
        self._vectors: dict[str, Vector | None] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def encoded(self, name: str) -> distinct_values.Encoded:
        """A column as codes into its distinct values."""
        if name not in self._encoded:
            self._encoded[name] = distinct_values.encode(self.frame[name])
        return self._encoded[name]

    def vector(self, name: str) -> Vector | None:
        """A column for whole-column evaluation, or None where there is none of that name."""
        if name not in self._vectors:
            self._vectors[name] = self._vector(name) if name in self.frame.columns else None
        return self._vectors[name]

    def _vector(self, name: str) -> Vector:
        column = self.frame[name]
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iubf":
            return of_numbers(column.to_numpy())
        return of_encoded(self.encoded(name))


@dataclass
class Runner:
    """Runs one labeling function on the blocks of a table, in order.

    Attributes
    ----------
    names
        The table's columns that the function reads.
    nones
        Rows so far for which it returned None.
    ways
        In which it was run so far.
    why
        Why not on whole columns, where it was not.
    """

    function: LabelingFunction
    names: list[str]
    sandbox: Sandbox
    nones: int = 0
    ways: list[str] = field(default_factory=list)
    why: str | None = None
    _budget: Budget = field(default_factory=Budget)
    _state: bytes | None = None

    def take(self, nones: int, ways: list[str], why: str | None) -> None:
        """Note how another process ran the function on a block."""
        self.nones += nones
        for way in ways:
            self._took(way)
        self.why = why or self.why

    def votes(self, block: Block) -> np.ndarray:
        """(n,) int8 votes on the next block.

        Raises
        ------
        FaultError
            With the fault of the first row that fails.
        """
        if not self.function.pure:
            return self._every_row(block)
        try:
            return self._on_columns(block)
        except NotColumnarError as error:
            self.why = str(error)
            return self._distinct(block)

    def _on_columns(self, block: Block) -> np.ndarray:
        outcome = statements.run(self.function, block.vector, len(block))
        if outcome.fault is not None:
            self._tell(block, outcome.fault)
        self._took(COLUMNS)
        self.nones += outcome.nones
        return outcome.votes

    def _tell(self, block: Block, row: int) -> None:
        """Let the sandbox say what is wrong on a row, in Python's words."""
        values = tuple(self._value(block, name, row) for name in self.names)
        with self.sandbox.opened(self.function, self._budget) as session:
            try:
                session.call(self.names, [values])
            except FaultError as error:
                raise _on_row(error, block.start + row) from None
        raise NotColumnarError("the sandbox sees no fault where plain Python has one")

    def _value(self, block: Block, name: str, row: int) -> distinct_values.Value:
        return distinct_values.encode(block.frame[name].iloc[row : row + 1]).values[0]

    def _distinct(self, block: Block) -> np.ndarray:
        together = distinct_values.encode_together([block.encoded(name) for name in self.names], len(block))
        with self.sandbox.opened(self.function, self._budget) as session:
            try:
                answers = session.call(self.names, together.values)
            except FaultError as error:
                if error.call is None or not len(block):
                    raise
                raise _on_row(error, block.start + int(np.argmax(together.codes == error.call))) from None
        self._took(DISTINCT)
        return self._counted(answers, together.codes)

    def _every_row(self, block: Block) -> np.ndarray:
        rows = distinct_values.rows([block.encoded(name) for name in self.names], len(block))
        with self.sandbox.opened(self.function, self._budget, self._state) as session:
            try:
                answers = session.call(self.names, rows)
            except FaultError as error:
                raise _on_row(error, None if error.call is None else block.start + error.call) from None
            self._state = session.state()
        self._took(EVERY_ROW)
        return self._counted(answers, np.arange(len(answers)))

    def _counted(self, answers: list[int | None], codes: np.ndarray) -> np.ndarray:
        """(n,) the answer that each row's code stands for."""
        empty = np.array([answer is None for answer in answers], dtype=bool)
        self.nones += int(empty[codes].sum())
        return np.array([ABSTAIN if answer is None else answer for answer in answers], dtype=np.int8)[codes]

    def _took(self, way: str) -> None:
        if way not in self.ways:
            self.ways.append(way)


def _on_row(error: FaultError, row: int | None) -> FaultError:
    return FaultError(replace(error.fault, row=row), error.call)
