"""Rows of a text table that Arrow's reader cannot cut, and faults in rows that it does not see."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from DataFoundry.errors import TableError
from DataFoundry.sources.dialect import Dialect
from DataFoundry.sources.records import csv_reader
from DataFoundry.storage.streams import unpacked

BatchT = TypeVar("BatchT", pa.RecordBatch, pa.Table)
TRAILING = "\0behind the last delimiter"
_ROWS = 50_000


def python_batches(handle: IO[bytes], dialect: Dialect, encoding: str) -> Iterator[pa.RecordBatch]:
    """All cells as text, null for empty ones, cut by Python: slow, for files with blanks before quotes."""
    columns = [*dialect.names, *([TRAILING] if dialect.trailing else [])]
    schema = pa.schema([(name, pa.string()) for name in columns])
    rows = _rows(handle, dialect, encoding, len(columns))
    while part := list(islice(rows, _ROWS)):
        cells = [pa.array([cell or None for cell in column], pa.string()) for column in zip(*part, strict=True)]
        yield pa.RecordBatch.from_arrays(cells, schema=schema)


def _rows(handle: IO[bytes], dialect: Dialect, encoding: str, width: int) -> Iterator[list[str]]:
    lines = io.TextIOWrapper(handle, encoding=encoding, newline="")
    try:
        for cells in csv_reader(islice(lines, dialect.skipped, None), dialect.cut):
            if len(cells) == width:
                yield cells
            elif cells:
                raise pa.ArrowInvalid(f"Expected {width} columns, got {len(cells)}")
    except csv.Error as error:
        raise pa.ArrowInvalid(str(error)) from None
    lines.detach()


def checked(batches: Iterable[pa.RecordBatch], path: Path, dialect: Dialect, encoding: str) -> Iterator[pa.RecordBatch]:
    """The batches as `checked_rows` gives each of them."""
    return (checked_rows(batch, path, dialect, encoding) for batch in batches)


def checked_rows(batch: BatchT, path: Path, dialect: Dialect, encoding: str) -> BatchT:
    """The rows without the cell behind the last delimiter.

    Raises
    ------
    TableError
        If there is something in that cell, or the names stand among the rows a second time, as where files were joined.
    """
    names = dialect.names
    if dialect.trailing and batch[TRAILING].null_count < len(batch):
        line = first_line_where(path, dialect, encoding, lambda cells: bool(cells[-1]))
        raise TableError(
            f"{path.name} has a cell without a name at the end of line {line}; name its column in line "
            f"{dialect.header_row or 1}.",
            line=line,
        )
    if dialect.header_row and len(names) > 1 and _holds(batch, names):
        line = first_line_where(path, dialect, encoding, lambda cells: [each.strip() for each in cells] == names)
        raise TableError(
            f"{path.name} has the column names again in line {line}; remove it, or split the file there.",
            line=line,
        )
    return batch.select(names) if dialect.trailing else batch


def _holds(batch: pa.RecordBatch | pa.Table, names: Sequence[str]) -> bool:
    """Whether a row is the names."""
    if pa.types.is_integer(batch[names[0]].type):
        return False
    same = pc.equal(batch[names[0]], names[0])
    if not pc.any(same).as_py():
        return False
    rows = batch.filter(pc.fill_null(same, False)).select(list(names)).to_pylist()
    return any(list(row.values()) == list(names) for row in rows)


def first_line_where(path: Path, dialect: Dialect, encoding: str, wrong: Callable[[list[str]], bool]) -> int:
    """The number of the first line behind the names whose record is so; that of the last one if none is."""
    with unpacked(path) as handle:
        lines = io.TextIOWrapper(handle, encoding=encoding, errors="replace", newline="")
        reader = csv_reader(islice(lines, dialect.skipped, None), dialect.cut)
        line = dialect.skipped + 1
        with suppress(csv.Error):  # a cell longer than csv takes
            for cells in reader:
                if cells and wrong(cells):
                    break
                line = dialect.skipped + reader.line_num + 1
        lines.detach()
        return line
