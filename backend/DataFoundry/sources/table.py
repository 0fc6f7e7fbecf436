"""A table that lies somewhere, read whole or in blocks: the one interface to all kinds of files."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from DataFoundry.errors import ColumnError, TableError, TooLargeError
from DataFoundry.settings import limits

BLOCK_ROWS = 200_000


class Table(ABC):
    """A table that lies on disk.

    Attributes
    ----------
    path
        The file or folder.
    columns
        Names in order.
    num_rows
        Rows, or None where only reading all of it would tell (csv).
    reading
        How the file was read, as JSON has it: `encoding, delimiter, quote, decimal, header_row, missing_spellings,
        sheet` where they apply, and `notes`: sentences about what was decided.
    """

    path: Path
    columns: list[str]
    num_rows: int | None
    reading: dict[str, Any]

    @abstractmethod
    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        """The table in blocks of at most `rows` rows, index 0..n-1 through all of them, equal dtypes in each.

        An empty table gives one empty block. Memory is that of a few blocks.
        """

    def read(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The whole table, or the named columns of it in the given order."""
        return pd.concat(list(self.blocks(columns)))

    def count(self) -> int:
        """Rows, even where only reading all of it tells."""
        if self.num_rows is None:
            return sum(len(block) for block in self.blocks(self.columns[:1]))
        return self.num_rows

    def column(self, name: str) -> pa.ChunkedArray:
        """One column whole, as Arrow has it."""
        parts = [pa.Array.from_pandas(block[name]) for block in self.blocks([name])]
        filled = [part for part in parts if not pa.types.is_null(part.type)]
        kind = filled[0].type if filled else pa.null()
        return pa.chunked_array([part.cast(kind) for part in parts], kind)

    def take(self, places: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
        """The rows at ascending positions, as few blocks read as that takes."""
        found, kept = [], 0
        for block in self.blocks(columns):
            first = int(block.index[0]) if len(block) else 0
            here = places[(places >= first) & (places < first + len(block))] - first
            found.append(block.iloc[here])
            kept += len(here)
            if kept == len(places):
                break
        return pd.concat(found)

    def check(self, columns: Sequence[str] | None) -> list[str]:
        """`columns`, or all of them for None; raises ColumnError for one that is not there or is named twice."""
        chosen = self.columns if columns is None else list(columns)
        missing = [name for name in chosen if name not in self.columns]
        if missing:
            raise ColumnError(
                f"{self.path.name} has no column {missing[0]!r}; it has {', '.join(self.columns[:20])}.",
                missing=missing,
            )
        twice = next((name for name, times in Counter(chosen).items() if times > 1), None)
        if twice is not None:
            raise ColumnError(f"The column {twice!r} is named twice; name each once.", columns=[twice])
        return list(chosen)


def refuse_columns(columns: list[str], path: Path) -> None:
    """Raise TooLargeError for more columns than the limit, TableError for none."""
    most = limits().max_table_columns
    if len(columns) > most:
        raise TooLargeError(
            f"{path.name} has {len(columns)} columns, more than the limit of {most}.", columns=len(columns)
        )
    if not columns:
        raise TableError(f"{path.name} has no columns; write it again.")


def in_blocks(tables: Iterator[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The rows of all tables in blocks of exactly `rows`, the last one excepted; at least one block."""
    waiting: list[pa.Table] = []
    held = 0
    given = False
    for table in tables:
        waiting.append(table)
        held += len(table)
        while held >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows)
            given = True
            waiting, held = [joined.slice(rows)], held - rows
    if held or not given:
        yield pa.concat_tables(waiting)


def column_names(cells: Sequence[str], file: str, line: int) -> list[str]:
    """The names that stand in a line; a cell without one is `column_` and its number.

    Raises
    ------
    TableError
        If two are the same.
    """
    names = [cell or f"column_{number}" for number, cell in enumerate(cells, 1)]
    counted = Counter(names)
    twice = next((each for each in names if counted[each] > 1), None)
    if twice is not None:
        raise TableError(f"{file} has two columns named {twice!r} in line {line}; rename one.", column=twice, line=line)
    return names
