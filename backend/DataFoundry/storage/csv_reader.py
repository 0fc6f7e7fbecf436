"""A csv file in blocks, each with the dtypes that the whole file has."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from DataFoundry.errors import TableError, TooLargeError
from DataFoundry.settings import limits
from DataFoundry.storage.paths import open_for_reading

_WHOLE_BYTES = 64 * 2**20  # a file up to this size is parsed once and held


class CsvFile:
    """Columns and blocks of one csv file (UTF-8, commas, a header line; empty cells are missing)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._opened() as handle:
            _refuse_long_cell(handle, path)
            _refuse_wide(handle, path)
            self.columns = [str(name) for name in self._parsed(handle, nrows=0).columns]

    def blocks(self, columns: list[str], rows: int) -> Iterator[pd.DataFrame]:
        """Blocks of `rows` rows with the named columns, equal dtypes in each."""
        if self.path.stat().st_size <= _WHOLE_BYTES:
            with self._opened() as handle:
                whole = self._parsed(handle, usecols=self._usecols(columns))
            for start in range(0, max(len(whole), 1), rows):
                yield whole.iloc[start : start + rows]
            return
        dtypes = self._dtypes(columns, rows)
        with self._opened() as handle:
            yield from self._told(self._parsed(handle, usecols=self._usecols(columns), dtype=dtypes, chunksize=rows))

    def _dtypes(self, columns: list[str], rows: int) -> dict[str, str]:
        """The dtype of each column over the whole file: one pass that keeps nothing else."""
        found: dict[str, set[str]] = {name: set() for name in columns}
        with self._opened() as handle:
            for block in self._told(self._parsed(handle, usecols=self._usecols(columns), chunksize=rows)):
                for name in columns:
                    if not block[name].isna().all():
                        found[name].add(str(block[name].dtype))
                    elif len(block):
                        found[name].add("float64")
        return {name: _common(kinds) for name, kinds in found.items()}

    def _usecols(self, columns: list[str]) -> list[str] | None:
        # Asked for every column, pandas also notices rows that are longer than the header.
        return None if set(columns) == set(self.columns) else columns

    def _opened(self) -> BinaryIO:
        return open_for_reading(self.path)

    def _parsed(self, handle: BinaryIO, **options: object) -> pd.DataFrame:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pd.errors.DtypeWarning)
                warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header
                return pd.read_csv(
                    handle, low_memory=False, encoding="utf-8", index_col=False, float_precision="round_trip", **options
                )
        except (
            ValueError,
            OverflowError,
            MemoryError,
            pd.errors.ParserWarning,
        ) as error:  # also every ParserError and UnicodeDecodeError
            raise self._unreadable(error) from None

    def _told(self, chunks: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        try:
            yield from chunks
        except (ValueError, OverflowError, MemoryError, pd.errors.ParserWarning) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> TableError:
        if isinstance(error, UnicodeDecodeError):
            return TableError(
                f"{self.path.name} is not in UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8."
            )
        if isinstance(error, pd.errors.EmptyDataError):
            return TableError(f"{self.path.name} is empty; a csv file begins with a line of column names.")
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        return TableError(f"{self.path.name} is not a readable csv file ({reason}); check it in an editor.")


def _common(kinds: set[str]) -> str:
    """The dtype that holds all of `kinds`: int64 < float64 < object, bool only with itself."""
    if kinds <= {"int64"} and kinds:
        return "int64"
    if kinds <= {"int64", "float64", "uint64"}:
        return "float64"
    return kinds.pop() if len(kinds) == 1 else "object"


def _refuse_wide(handle: BinaryIO, path: Path) -> None:
    """Refuse too many columns before pandas, which takes minutes over a very wide header, sees them."""
    most = limits().max_table_columns
    columns = handle.readline().count(b",") + 1
    if columns > most:
        raise TooLargeError(
            f"{path.name} has {columns} columns, more than the limit of {most}; split it.", columns=columns, limit=most
        )
    handle.seek(0)


def _refuse_long_cell(handle: BinaryIO, path: Path) -> None:
    """Refuse a file with a line longer than the limit before a parser holds it in memory."""
    most = limits().max_cell_bytes
    longest = current = 0
    while piece := handle.read(2**20):
        lines = piece.split(b"\n")
        longest = max(longest, current + len(lines[0]), *(len(line) for line in lines[1:-1]), 0)
        current = len(lines[-1]) + (current if len(lines) == 1 else 0)
        if max(longest, current) > most:
            raise TooLargeError(
                f"{path.name} has a line of over {most} bytes; close the quote that was left open.", limit=most
            )
    handle.seek(0)
