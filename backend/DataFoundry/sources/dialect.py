"""How the cells of a text table are told apart: delimiter, quote, header line."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError
from DataFoundry.sources.table import column_names

DELIMITERS = (",", ";", "\t", "|")
_MOST_RECORDS = 200
_NUMBER = re.compile(r"\s*[-+]?[$€£]?\s?(\d[\d.,' ]*|\.\d+)([eE][-+]?\d+)?\s?[%€]?\s*")
_MOMENT = re.compile(r"\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")


@dataclass(frozen=True)
class Dialect:
    """How to cut a text file into cells.

    Attributes
    ----------
    delimiter, quote
        One character each; no quote is "".
    header_row
        Number of the line, from 1, that the column names stand in; 0 without.
    skipped
        Lines before the names (or before the rows, where there are no names).
    names
        The column names.
    notes
        What was decided, for people.
    """

    delimiter: str
    quote: str
    header_row: int
    skipped: int
    names: list[str]
    notes: list[str]


def find_dialect(text: str, name: str, options: ReadOptions, suffix: str) -> Dialect:
    """The dialect of a file that begins with `text`.

    Raises
    ------
    TableError
        If there are no columns, or two of one name.
    """
    quote = '"' if options.quote is None else options.quote
    delimiter = options.delimiter or _delimiter(text, quote, suffix)
    if delimiter == quote:
        raise TableError(f"{name}: delimiter and quote cannot both be {quote!r}; correct read_options.")
    records = _records(text, delimiter, quote)
    if not records:
        raise TableError(f"{name} is empty; a table begins with a line of column names.")
    place, notes = _first_record(records, options, name)
    line, cells = records[place]
    has_names = _has_names(records, place, options)
    if has_names:
        names = column_names([cell.strip() for cell in cells], name, line)
    else:
        names = [f"column_{number}" for number in range(1, len(cells) + 1)]
        if options.header_row is None:
            notes.append(
                f"Line {line} looks like data, so the columns are column_1 to column_{len(cells)}; say "
                "read_options.header_row where the names stand."
            )
    return Dialect(delimiter, quote, line if has_names else 0, line - 1, names, notes)


def csv_reader(lines: Iterable[str], delimiter: str, quote: str) -> Any:
    """Python's own reader of records; a quote of "" is none."""
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)


def _records(text: str, delimiter: str, quote: str) -> list[tuple[int, list[str]]]:
    """(line, cells) of the first records; blank lines are left out."""
    lines = text.splitlines(keepends=True)
    reader = csv_reader(lines, delimiter, quote)
    found, line = [], 1
    try:
        for cells in reader:
            if cells:
                found.append((line, cells))
            line = reader.line_num + 1
            if len(found) >= _MOST_RECORDS:
                break
    except csv.Error:  # a cell longer than csv takes: what came before decides
        pass
    return found


def _delimiter(text: str, quote: str, suffix: str) -> str:
    """The one that cuts most records into the same number of cells, and into most."""
    if suffix == ".tsv":
        return "\t"
    best, found = (0.0, 0), ","
    for delimiter in DELIMITERS:
        widths = Counter(len(cells) for _, cells in _records(text, delimiter, quote))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        score = (round(count / sum(widths.values()), 2) if width > 1 else 0.0, width)
        if score > best:
            best, found = score, delimiter
    return found


def _first_record(records: list[tuple[int, list[str]]], options: ReadOptions, name: str) -> tuple[int, list[str]]:
    """The place of the names, or of the first row: behind comments and titles, which have other widths."""
    if options.header_row:
        for place, (line, _) in enumerate(records):
            if line == options.header_row:
                return place, []
        raise TableError(f"{name} has no names in line {options.header_row}; correct read_options.header_row.")
    width = Counter(len(cells) for _, cells in records).most_common(1)[0][0]
    place = 0
    while place < len(records) - 1 and _is_before(records, place, width):
        place += 1
    if place == 0:
        return 0, []
    line = records[place][0]
    return place, [f"The {line - 1} lines before line {line} are comments or titles and were left out."]


def _is_before(records: list[tuple[int, list[str]]], place: int, width: int) -> bool:
    cells = records[place][1]
    if cells[0].lstrip().startswith(("#", "//")):
        # "#id,name" above rows is a header, not a comment.
        return len(cells) != width or width == 1 or len(records[place + 1][1]) == width and _is_comment(cells[0])
    return width > 1 and len(cells) == 1


def _is_comment(cell: str) -> bool:
    return cell.lstrip().startswith(("# ", "//", "##"))


def _has_names(records: list[tuple[int, list[str]]], place: int, options: ReadOptions) -> bool:
    """Whether the record holds names: no cell of it is a number or a date where the column below holds such."""
    if options.header_row is not None:
        return options.header_row > 0
    cells = records[place][1]
    below = [row for _, row in records[place + 1 :] if len(row) == len(cells)]
    if not below:
        return True
    for number, cell in enumerate(cells):
        column = [row[number] for row in below if row[number].strip()]
        alike = [bool(_NUMBER.fullmatch(each) or _MOMENT.fullmatch(each)) for each in column]
        like_data = bool(_NUMBER.fullmatch(cell) or _MOMENT.fullmatch(cell))
        if like_data and alike and sum(alike) >= 0.8 * len(alike) and not _is_year(cell):
            return False
    return True


def _is_year(cell: str) -> bool:
    """A wide table has years as names."""
    return bool(re.fullmatch(r"\s*(19|20)\d\d\s*", cell))
