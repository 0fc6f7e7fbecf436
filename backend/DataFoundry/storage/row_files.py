"""Rows written in the format that a file's suffix names: what convert gives, whole or not at all."""

import datetime
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pandas as pd
import pyarrow as pa
import xlsxwriter

from DataFoundry.errors import TooLargeError
from DataFoundry.storage.files import whole_file
from DataFoundry.storage.tables import PLAIN_SIGNS, TableWriter, arrow_rows

_MOST_SHEET_ROWS = 1_048_575  # below the names
ROW_SUFFIXES = (".parquet", ".csv", ".xlsx", ".feather", ".jsonl")


class RowWriter(Protocol):
    """What takes the rows block by block."""

    def write(self, frame: pd.DataFrame) -> None:
        """Append rows of the columns and types of the first block."""


@contextmanager
def row_writer(path: Path, signs: tuple[str, str] = PLAIN_SIGNS) -> Iterator[RowWriter]:
    """A writer of the format that the suffix names, one of `ROW_SUFFIXES`; `signs` as of `TableWriter`.

    Raises
    ------
    TableError
        If values do not fit the format.
    TooLargeError
        For more rows than a sheet has.
    """
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".csv"):
        with TableWriter(path, signs=signs) as tables:
            yield tables
        return
    with whole_file(path) as handle:
        writer = _WRITERS[suffix](handle, path.name)
        yield writer
        writer.close()


class _JsonLines:
    def __init__(self, handle: BinaryIO, name: str) -> None:
        self._handle = handle

    def write(self, frame: pd.DataFrame) -> None:
        text = frame.to_json(orient="records", lines=True, date_format="iso", force_ascii=False, double_precision=15)
        self._handle.write(text.encode())

    def close(self) -> None:
        """Nothing is held back."""


class _Feather:
    def __init__(self, handle: BinaryIO, name: str) -> None:
        self._handle, self._name = handle, name
        self._stream: pa.RecordBatchFileWriter | None = None
        self._schema: pa.Schema | None = None

    def write(self, frame: pd.DataFrame) -> None:
        table = arrow_rows(frame, self._schema, f"{self._name} cannot be written as feather", "choose csv or jsonl")
        if self._stream is None:
            self._schema = table.schema
            options = pa.ipc.IpcWriteOptions(compression="zstd")
            self._stream = pa.ipc.new_file(self._handle, self._schema, options=options)
        self._stream.write_table(table)

    def close(self) -> None:
        """The file's footer."""
        if self._stream is not None:
            self._stream.close()


class _Sheet:
    """One sheet, row by row in constant memory; text stays text, so that no cell is a formula."""

    def __init__(self, handle: BinaryIO, name: str) -> None:
        self._handle, self._name = handle, name
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._content = io.BytesIO()
        self._book = xlsxwriter.Workbook(self._content, options)
        self._sheet = self._book.add_worksheet()
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._rows = 0

    def write(self, frame: pd.DataFrame) -> None:
        if self._rows == 0:
            for place, name in enumerate(frame.columns):
                self._sheet.write_string(0, place, str(name))
        if self._rows + len(frame) > _MOST_SHEET_ROWS:
            raise TooLargeError(
                f"{self._name} would have more rows than a sheet has ({_MOST_SHEET_ROWS}); choose parquet or csv."
            )
        for row in frame.itertuples(index=False, name=None):
            self._rows += 1
            for place, value in enumerate(row):
                self._write_cell(place, value)

    def _write_cell(self, place: int, value: Any) -> None:
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(self._rows, place, value)
        elif isinstance(value, (int, float)) and abs(value) < 2**53:
            self._sheet.write_number(self._rows, place, value)
        elif isinstance(value, (datetime.datetime, datetime.date)) and getattr(value, "tzinfo", None) is None:
            self._sheet.write_datetime(self._rows, place, value, self._moment)
        else:
            self._sheet.write_string(self._rows, place, str(value))

    def close(self) -> None:
        """The whole workbook, packed."""
        self._book.close()
        self._handle.write(self._content.getvalue())


_WRITERS: dict[str, type[_Sheet] | type[_Feather] | type[_JsonLines]] = {
    ".xlsx": _Sheet,
    ".feather": _Feather,
    ".jsonl": _JsonLines,
}
