"""Spreadsheets: `.xlsx .xls .ods`, read by calamine."""

import datetime
import zipfile
from pathlib import Path
from typing import IO, Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError, TooLargeError
from DataFoundry.sources.cells import ALWAYS_MISSING, SOMETIMES_MISSING
from DataFoundry.sources.sheet_extent import refuse_far_cells
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
        sheet, rows, notes = _rows(book, options, path)
    place = _names_place(rows, options)
    if place is None:
        raise TableError(f"{path.name}: the sheet {sheet!r} is empty; choose another in read_options.sheet.")
    headless = options.header_row == 0 or options.header_row is None and _is_data(rows[place])
    if headless and options.header_row is None:
        notes.append(
            f"Row {place + 1} looks like data, so the columns are column_1, column_2, ...; say read_options.header_row "
            "where the names stand."
        )
    if place and options.header_row is None:
        above = "Row 1 is a title and was" if place == 1 else f"The first {place} rows are titles and were"
        notes.append(f"{above} left out.")
    body = [row for row in rows[place + (not headless) :] if any(cell != "" for cell in row)]
    names = _names([] if headless else rows[place], body, path, place + 1)
    spelled: set[str] = set()
    columns = {name: _column([row[number] for row in body], options, spelled) for number, name in enumerate(names)}
    reading = {
        "sheet": sheet,
        "header_row": 0 if headless else place + 1,
        "missing_spellings": ["", *sorted(spelled)],
        "notes": notes,
    }
    return pd.DataFrame(columns), reading


def _rows(book: CalamineWorkbook, options: ReadOptions, path: Path) -> tuple[str, list[list[Any]], list[str]]:
    """The name and the rows of the sheet that was asked for, or of the first that is not empty; and what to tell."""
    for sheet in [_named(book, options.sheet, path)] if options.sheet is not None else book.sheet_names:
        try:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except (CalamineError, ValueError) as error:
            raise TableError(f"{path.name}: the sheet {sheet!r} cannot be read ({str(error)[:200]}).") from None
        if options.sheet is not None or any(cell != "" for row in rows for cell in row):
            others = [name for name in book.sheet_names if name != sheet]
            told = f"The sheet {sheet!r} was read; the others are {', '.join(others)} (read_options.sheet)."
            return sheet, rows, [told] if others and options.sheet is None else []
    raise TableError(f"{path.name} has no sheet that is not empty; save it again.")


def _named(book: CalamineWorkbook, sheet: str, path: Path) -> str:
    if sheet not in book.sheet_names:
        raise TableError(f"{path.name} has no sheet {sheet!r}; it has {', '.join(book.sheet_names)}.")
    return sheet


def _refuse_bomb(handle: IO[bytes], path: Path) -> None:
    """A modern spreadsheet is a zip, read as a whole: refuse one that holds gigabytes, or unfolds to them."""
    if not zipfile.is_zipfile(handle):
        handle.seek(0)
        return
    with zipfile.ZipFile(handle) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > _MOST_BYTES:
            raise TooLargeError(f"{path.name} holds {size} bytes once unpacked; save it as csv.", limit=_MOST_BYTES)
        refuse_far_cells(archive, path)
    handle.seek(0)


def _names_place(rows: list[list[Any]], options: ReadOptions) -> int | None:
    """The first row that is as full as most; a title above a table fills one cell."""
    if options.header_row:
        return options.header_row - 1 if options.header_row <= len(rows) else None
    filled = [sum(cell != "" for cell in row) for row in rows[:200]]
    full = max(filled, default=0)
    return next((place for place, count in enumerate(filled) if count and count >= min(full, 2)), None)


def _is_data(row: list[Any]) -> bool:
    """Whether a row that should hold names has numbers in every cell, and not years alone."""
    filled = [cell for cell in row if cell != ""]
    years = all(isinstance(cell, (int, float)) and 1900 <= cell < 2100 for cell in filled)
    return not years and all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in filled)


def _names(row: list[Any], body: list[list[Any]], path: Path, line: int) -> list[str]:
    """A name for each column that has one, or anything in it."""
    width = max((place + 1 for cells in [row, *body] for place, cell in enumerate(cells) if cell != ""), default=0)
    return column_names([_name(cell) for cell in (row + [""] * width)[:width]], path.name, line)


def _name(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _column(cells: list[Any], options: ReadOptions, spelled: set[str]) -> pd.Series:
    """A spreadsheet's numbers are all floats: whole ones become int64; a column of several types becomes text.

    The spellings of missing values that were found are added to `spelled`.
    """
    missing = _missing(cells, options)
    spelled |= missing
    values = [None if cell == "" or isinstance(cell, str) and cell in missing else cell for cell in cells]
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


def _missing(cells: list[Any], options: ReadOptions) -> set[str]:
    """The texts of a column that mean missing: those that were said, else usual ones among values that are no texts."""
    texts = {cell for cell in cells if isinstance(cell, str) and cell != ""}
    if options.missing_spellings is not None:
        return texts & set(options.missing_spellings)
    found = texts & {*ALWAYS_MISSING, *SOMETIMES_MISSING}
    has_others = any(not isinstance(cell, str) for cell in cells)
    return found if has_others and found == texts else found & set(ALWAYS_MISSING)
