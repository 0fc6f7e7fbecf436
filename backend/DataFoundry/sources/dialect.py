"""What the first lines of a text table say: how its cells are told apart, and where the column names stand."""

import re
from collections import Counter
from dataclasses import dataclass, replace

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError
from DataFoundry.sources.cells import ALWAYS_MISSING, SOMETIMES_MISSING
from DataFoundry.sources.header import evidence, first_record, has_names, is_datum
from DataFoundry.sources.records import DELIMITERS, Cut, Record, find_cut, records
from DataFoundry.sources.table import column_names

_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's own way of naming the delimiter
_ALL = 10**6
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Dialect:
    """How to read a text file as a table.

    Attributes
    ----------
    cut
        How its lines become cells.
    header_row
        Number of the line, from 1, that the column names stand in; 0 without.
    skipped
        Lines before the rows.
    trailing
        Whether each row ends with a delimiter, behind which there is no column.
    names
        The column names.
    rows
        The cells of the first rows.
    notes
        What was decided, for people.
    """

    cut: Cut
    header_row: int
    skipped: int
    trailing: bool
    names: list[str]
    rows: list[list[str]]
    notes: list[str]


def find_dialect(text: str, name: str, options: ReadOptions, suffix: str) -> Dialect:
    """The dialect of a file that begins with `text`.

    Raises
    ------
    TableError
        If there are no columns, two of one name, or two tables.
    """
    _refuse_other_kinds(text, name)
    named = _SEP_LINE.match(text)
    delimiter = options.delimiter or (named[1] if named else None)
    if delimiter is not None and delimiter == options.quote:
        raise TableError(f"{name}: delimiter and quote cannot both be {delimiter!r}; correct read_options.")
    rest = text[named.end() :] if named else text
    cut = find_cut(rest, delimiter, options.quote, suffix)
    if cut.delimiter == cut.quote:
        raise TableError(f"{name}: delimiter and quote cannot both be {cut.quote!r}; correct read_options.")
    found, trailing = _without_trailing(_records(rest, cut, lines_before=1 if named else 0))
    if not found:
        raise TableError(f"{name} is empty; a table begins with a line of column names.")
    place, notes = first_record(found, options, name)
    dialect = _with_names(found, place, options, name, notes)
    _refuse_second_table(rest, cut, dialect, name, 1 if named else 0)
    return replace(
        dialect, cut=cut, trailing=trailing, notes=[*_told(rest, cut, trailing, bool(named)), *dialect.notes]
    )


def _refuse_other_kinds(text: str, name: str) -> None:
    """Refuse what is text but no table of cells, such as the page that a site sends instead of a file."""
    if re.match(r"\s*<(!doctype|html|\?xml)", text[:_LOOKED_AT], re.IGNORECASE):
        raise TableError(
            f"{name} is a web page or XML, no text table, from line 1 on; export the table as csv.", line=1
        )
    if re.match(r'\s*(\[\s*)?\{\s*"[^"]*"\s*:', text[:_LOOKED_AT]):
        raise TableError(f"{name} holds JSON, no text table, from line 1 on; name it .json or .jsonl.", line=1)


def _records(text: str, cut: Cut, lines_before: int) -> list[Record]:
    return [
        record._replace(line=record.line + lines_before, end=record.end + lines_before) for record in records(text, cut)
    ]


def _told(text: str, cut: Cut, trailing: bool, named: bool) -> list[str]:
    """Sentences about what is unusual in the cut."""
    notes = []
    if named:
        notes.append(f"The line 'sep={cut.delimiter}' names the delimiter and was left out.")
    if cut.quote == "'":
        notes.append("Cells stand between single quotes, which were left out; say read_options.quote if they belong.")
    if cut.escape:
        notes.append("A backslash takes the meaning of the sign behind it away, and was left out.")
    if cut.spaced:
        notes.append("Blanks behind a delimiter were left out.")
    if cut.delimiter not in text and any(each in text for each in DELIMITERS):
        notes.append(
            "No delimiter parts the lines evenly, so there is one column; say read_options.delimiter otherwise."
        )
    if cut.delimiter == " ":
        notes.append("Cells are parted by blanks.")
    if trailing:
        notes.append("Each row ends with a delimiter, behind which there is no column.")
    return notes


def _without_trailing(found: list[Record]) -> tuple[list[Record], bool]:
    """The records without the empty cell that ends each one of the usual width, and whether there is one."""
    widths = Counter(len(record.cells) for record in found)
    width = max(widths, key=lambda each: (widths[each], each), default=0)
    usual = [record for record in found if len(record.cells) == width]
    if width < 2 or len(found) < 2 or any(record.cells[-1].strip() for record in usual):
        return found, False
    return [
        record._replace(cells=record.cells[:-1]) if len(record.cells) == width else record for record in found
    ], True


def _with_names(found: list[Record], place: int, options: ReadOptions, name: str, notes: list[str]) -> Dialect:
    line, cells, end, _ = found[place]
    rows = [record.cells for record in found[place + 1 :]]
    nothing = Cut("")
    if has_names(found, place, options):
        names = column_names([cell.strip() for cell in cells], name, line)
        return Dialect(nothing, line, end, False, names, rows, notes)
    names = [f"column_{number}" for number in range(1, len(cells) + 1)]
    if options.header_row is None:
        notes = [
            *notes,
            f"Line {line} looks like data, so the columns are column_1 to column_{len(cells)}; say "
            "read_options.header_row where the names stand.",
        ]
    return Dialect(nothing, 0, line - 1, False, names, [cells, *rows], notes)


def _refuse_second_table(text: str, cut: Cut, dialect: Dialect, name: str, lines_before: int) -> None:
    """Refuse names that stand behind a blank line in the midst of the rows: numbers above them and below."""
    if len(dialect.names) < 2 or not re.search(r"\n\r?\n|\r\r", text):
        return
    found = [each for each in records(text, cut, _ALL) if each.line + lines_before > dialect.skipped]
    for place, record in enumerate(found):
        if place and record.after_blank and _are_names(record.cells) and evidence(found, place)[1]:
            above = [each.cells for each in found[:place] if len(each.cells) == len(record.cells)]
            if above and any(all(map(is_datum, column)) for column in zip(*above, strict=True)):
                line = record.line + lines_before
                raise TableError(
                    f"{name} has a second table in line {line}, behind a blank line; keep each table in its own file.",
                    line=line,
                )


def _are_names(cells: list[str]) -> bool:
    """Whether all cells are distinct words, none of them a number or a spelling of missing."""
    words = {cell.strip() for cell in cells} - {"", *ALWAYS_MISSING, *SOMETIMES_MISSING}
    return len(words) == len(cells) and not any(map(is_datum, words))
