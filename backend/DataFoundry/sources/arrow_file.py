"""Feather and Arrow files."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from DataFoundry.errors import TableError, first_line
from DataFoundry.sources.integers import dtype_with_nulls, exact_frame
from DataFoundry.sources.table import BLOCK_ROWS, Table, in_blocks, refuse_columns
from DataFoundry.storage.paths import open_for_reading

_FIRST_VERSION = b"FEA1"
# What a damaged file raises: Arrow's own errors, and Python's on what Arrow hands over.
DAMAGED = (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError, IndexError)


class ArrowTable(Table):
    """A file in Arrow's own format (or Feather's first one), or a stream in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._table, notes = _read(path)
        self.columns = list(self._table.column_names)
        if len(set(self.columns)) < len(self.columns):
            raise TableError(f"{path.name} has two columns of one name; rename one.")
        self.num_rows = self._table.num_rows
        self.reading = {"notes": notes} if notes else {}
        refuse_columns(self.columns, path)

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        start, chosen = 0, self.check(columns)
        nullable = {name: self._dtype(name) for name in chosen if self._has_nullable_integers(name)}
        for block in in_blocks(iter([self._table.select(chosen)]), rows):
            try:
                frame = exact_frame(block, nullable)
            except DAMAGED as error:
                raise TableError(
                    f"{self.path.name} holds values that cannot be read ({first_line(error)}); write it again."
                ) from None
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame

    def _has_nullable_integers(self, name: str) -> bool:
        column = self._table[name]
        return pa.types.is_integer(column.type) and column.null_count > 0

    def _dtype(self, name: str) -> str:
        bounds = pc.min_max(self._table[name])
        return dtype_with_nulls(self._table[name].type, bounds["min"].as_py(), bounds["max"].as_py())


def _read(path: Path) -> tuple[pa.Table, list[str]]:
    """The table, and sentences for people."""
    with open_for_reading(path) as handle:
        old = handle.read(len(_FIRST_VERSION)) == _FIRST_VERSION
        handle.seek(0)
        try:
            if old:
                return _checked(_read_first_version(handle)), [
                    "The file is in the first version of Feather, which Arrow will soon not read; write it again."
                ]
            return _checked(feather.read_table(handle, memory_map=False)), []
        except DAMAGED as first:
            handle.seek(0)
            try:
                return _checked(pa.ipc.open_stream(handle).read_all()), []
            except DAMAGED:
                raise TableError(
                    f"{path.name} is not a readable Arrow file ({first_line(first)}); write it again."
                ) from None


def _checked(table: pa.Table) -> pa.Table:
    """Arrow believes the lengths and offsets that a file states; one that lies would end this process at its first use.

    Names that are not UTF-8, and texts that are not, are refused here, too.
    """
    table.validate(full=True)
    table.schema.names  # noqa: B018  # decodes them
    return table


def _read_first_version(handle: IO[bytes]) -> pa.Table:
    with warnings.catch_warnings():  # Arrow's warning is for programmers; ours is the note
        warnings.simplefilter("ignore", DeprecationWarning)
        return feather.read_table(handle, memory_map=False)
