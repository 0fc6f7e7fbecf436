"""Spreadsheets: `.xlsx .xls .ods`, read by calamine."""

import datetime
import zipfile
from pathlib import Path
from typing import IO, Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError, TooLargeError
from DataFoundry.sources.table import column_names
from DataFoundry.storage.streams import unpacked

_MOST_BYTES = 2**30


def read_spreadsheet(path: Path, options: ReadOptions) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows of one sheet, and how they were read.

    Raises
    ------
    TableError
        If it is no spreadsheet, has no such sheet, or no names in its first row that has any.
    """
    with unpacked(path) as handle:
        _refuse_bomb(handle, path)
        try:
            book = CalamineWorkbook.from_filelike(handle)
        except (CalamineError, OSError, ValueError) as error:
            raise TableError(
                f"{path.name} is not a readable spreadsheet ({str(error)[:200]}); save it again, or name it .csv if "
                "it is text."
            ) from None
        sheet, notes = _sheet(book, options, path)
        try:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except (CalamineError, ValueError) as error:
            raise TableError(f"{path.name}: the sheet {sheet!r} cannot be read ({str(error)[:200]}).") from None
    place = _names_place(rows, options)
    if place is None:
        raise TableError(f"{path.name}: the sheet {sheet!r} is empty; choose another in read_options.sheet.")
    if place and options.header_row is None:
        notes.append(f"The first {place} rows of the sheet are titles and were left out.")
    names = _names(rows[place], path, place + 1)
    body = [row[: len(names)] for row in rows[place + 1 :] if any(cell != "" for cell in row)]
    columns = {name: _column([row[number] for row in body]) for number, name in enumerate(names) if name}
    reading = {"sheet": sheet, "header_row": place + 1, "missing_spellings": [""], "notes": notes}
    return pd.DataFrame(columns), reading


def _refuse_bomb(handle: IO[bytes], path: Path) -> None:
    """A modern spreadsheet is a zip, read as a whole: refuse one that says it holds gigabytes."""
    if not zipfile.is_zipfile(handle):
        handle.seek(0)
        return
    with zipfile.ZipFile(handle) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_BYTES:
        raise TooLargeError(f"{path.name} holds {size} bytes once unpacked; save it as csv.", limit=_MOST_BYTES)
    handle.seek(0)


def _sheet(book: CalamineWorkbook, options: ReadOptions, path: Path) -> tuple[str, list[str]]:
    names = book.sheet_names
    if options.sheet is not None:
        if options.sheet not in names:
            raise TableError(f"{path.name} has no sheet {options.sheet!r}; it has {', '.join(names)}.")
        return options.sheet, []
    if not names:
        raise TableError(f"{path.name} has no sheets.")
    others = [f"The sheet {names[0]!r} was read; the others are {', '.join(names[1:])} (read_options.sheet)."]
    return names[0], others if len(names) > 1 else []


def _names_place(rows: list[list[Any]], options: ReadOptions) -> int | None:
    """The first row that is as full as most; a title above a table fills one cell."""
    if options.header_row:
        return options.header_row - 1 if options.header_row <= len(rows) else None
    filled = [sum(cell != "" for cell in row) for row in rows[:200]]
    full = max(filled, default=0)
    return next((place for place, count in enumerate(filled) if count and count >= min(full, 2)), None)


def _names(row: list[Any], path: Path, line: int) -> list[str]:
    names = [_name(cell) for cell in row]
    while names and not names[-1]:
        names.pop()
    return column_names(names, path.name, line)


def _name(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _column(cells: list[Any]) -> pd.Series:
    """A spreadsheet's numbers are all floats: whole ones become int64; a column of several types becomes text."""
    values = [None if cell == "" else cell for cell in cells]
    present = [each for each in values if each is not None]
    types = {type(each) for each in present}
    if types and types <= {float, int}:
        whole = all(float(each).is_integer() and abs(each) <= 2**53 for each in present)
        return pd.Series(values, dtype="int64" if whole and len(present) == len(values) else "float64")
    if types == {bool} and len(present) == len(values):
        return pd.Series(values, dtype="bool")
    if types and types <= {datetime.datetime, datetime.date}:
        return pd.to_datetime(pd.Series(values, dtype="object"))
    if not types:
        return pd.Series(values, dtype="float64")
    return pd.Series([None if each is None else _name(each) for each in values], dtype="object")
