"""How the lines of a text file are cut into cells: delimiter, quote, escape."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

DELIMITERS = (",", ";", "\t", "|")
_RARE = ("^", "~")  # only where none of the others parts anything
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d[\d.]*,\d+\s*")
_MOST_RECORDS = 200
_LOOKED_AT = 2**16
NUMBER = re.compile(r"\s*[-+]?[$€£]?\s?(\d[\d.,' ]*|\.\d+)([eE][-+]?\d+)?\s?[%€]?\s*")
MOMENT = re.compile(r"\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")


@dataclass(frozen=True)
class Cut:
    """How one line becomes cells.

    Attributes
    ----------
    delimiter
        One character.
    quote
        One character, or "" for none.
    escape
        The character that takes the next one's meaning away, or "" for none: then a quote is doubled.
    spaced
        Whether blanks stand between a delimiter and a quote.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    spaced: bool = False


class Record(NamedTuple):
    """The cells of a record, its first and last line from 1, and whether a blank line stands before it."""

    line: int
    cells: list[str]
    end: int
    after_blank: bool


def csv_reader(lines: Iterable[str], cut: Cut) -> Any:
    """Python's own reader of records."""
    quoting: dict[str, Any] = {"quotechar": cut.quote} if cut.quote else {"quoting": csv.QUOTE_NONE}
    return csv.reader(
        lines,
        delimiter=cut.delimiter,
        escapechar=cut.escape or None,
        doublequote=not cut.escape,
        skipinitialspace=cut.spaced,
        **quoting,
    )


def records(text: str, cut: Cut, most: int = _MOST_RECORDS) -> list[Record]:
    """The first records of a text; blank lines are left out."""
    reader = csv_reader(io.StringIO(text, newline=""), cut)
    found: list[Record] = []
    line, blank = 1, False
    try:
        for cells in reader:
            if cells:
                found.append(Record(line, cells, reader.line_num, blank))
            blank = not cells
            line = reader.line_num + 1
            if len(found) >= most:
                break
    except csv.Error:  # a cell longer than csv takes: what came before decides
        pass
    return found


def find_cut(text: str, delimiter: str | None, quote: str | None, suffix: str) -> Cut:
    """The cut that gives most records the same number of cells; a given delimiter or quote stays.

    Of delimiters that are equal in this, the one whose cells hold no other delimiter and no half a number is taken,
    and then the one that gives most cells.
    """
    if delimiter or suffix == ".tsv":
        return _with_quotes(text, delimiter or "\t", quote)
    if _is_one_number_a_line(text):
        return _with_quotes(text, ";", quote)
    score, found = _best(text, DELIMITERS, quote)
    if not score[0]:
        rare, other = _best(text, _RARE, quote)
        blanks = _parted_by_blanks(text, quote)
        return other if rare[0] else blanks or found
    if score[0] < 0.5 and _is_prose(text, found):
        return next((_with_quotes(text, each, quote) for each in DELIMITERS if each not in text), found)
    return found


def _best(text: str, candidates: Sequence[str], quote: str | None) -> tuple[tuple[float, float, int], Cut]:
    best, found = (0.0, 0.0, 0), Cut(candidates[0], '"' if quote is None else quote)
    for each in candidates:
        cut = _with_quotes(text, each, quote)
        cells = records(text, cut)
        share, width = _evenness(cells)
        score = (share, _plain_share(cells, width) if share else 0.0, width)
        if score > best:
            best, found = score, cut
    return best, found


def _is_one_number_a_line(text: str) -> bool:
    """A name, and below it only numbers with a decimal comma: no comma parts cells there."""
    lines = [record.cells[0] for record in records(text, Cut("\n", ""))]
    return len(lines) > 1 and "," not in lines[0] and all(map(_DECIMAL_COMMA.fullmatch, lines[1:]))


def _is_prose(text: str, cut: Cut) -> bool:
    """Whether a file of one column holds sentences: the first line is one name, and blanks follow all delimiters."""
    first = records(text, cut, 1)
    sign = re.escape(cut.delimiter)
    return bool(first) and len(first[0].cells) == 1 and not re.search(rf"{sign}[^ \n\r]", text[:_LOOKED_AT])


def _parted_by_blanks(text: str, quote: str | None) -> Cut | None:
    """Lines of as many words each, where a column below the first line holds only numbers; or None."""
    cut = Cut(" ", '"' if quote is None else quote, spaced="  " in text[:_LOOKED_AT])
    found = [record for record in records(text, cut) if not record.cells[0].startswith(("#", "//"))]
    share, width = _evenness(found)
    rows = [record.cells for record in found[1:]]
    if share < 1 or width < 2 or not rows:
        return None
    numeric = any(all(map(NUMBER.fullmatch, column)) for column in zip(*rows, strict=True))
    return cut if numeric else None


def _with_quotes(text: str, delimiter: str, quote: str | None) -> Cut:
    """The way of quoting that fits a delimiter: double quotes unless the file shows single ones."""
    usual = _with_escapes(text, Cut(delimiter, '"' if quote is None else quote))
    double = rf'(^|{re.escape(delimiter)}) *"'
    if quote is not None or delimiter == "'" or "'" not in text or re.search(double, text[:_LOOKED_AT], re.MULTILINE):
        return usual
    single = _with_escapes(text, Cut(delimiter, "'"))
    plain = records(text, usual)
    return single if _shows_quotes(plain, "'") or _is_more_even(records(text, single), plain) else usual


def _with_escapes(text: str, usual: Cut) -> Cut:
    """A cut with a backslash before quotes, or with blanks before them, where the file shows such; else `usual`."""
    delimiter, sign, head = re.escape(usual.delimiter), re.escape(usual.quote), text[:_LOOKED_AT]
    plain = records(text, usual)
    if usual.delimiter != "\\" and re.search(rf"\\[{delimiter}{sign}]", head):
        cut = replace(usual, escape="\\")
        found = records(text, cut)
        shown = bool(sign and re.search(rf"\\{sign}[^{delimiter}{sign}\r\n]", head))
        if _is_more_even(found, plain) or shown and _evenness(found)[0] >= _evenness(plain)[0]:
            usual, plain = cut, found
    if usual.quote and usual.delimiter != " " and re.search(rf"{delimiter} +{sign}", head):
        cut = replace(usual, spaced=True)
        found = records(text, cut)
        cells = [cell for record in plain for cell in record.cells if cell[:1] == " "]
        shown = any(_wrapped(cell.lstrip(" "), usual.quote) for cell in cells)
        if _is_more_even(found, plain) or shown and _evenness(found)[0] >= _evenness(plain)[0]:
            usual = cut
    return usual


def _is_more_even(found: list[Record], plain: list[Record]) -> bool:
    """Whether more records have one width, and not because an open quote holds most of the file."""
    return _evenness(found)[0] > _evenness(plain)[0] and 2 * len(found) >= len(plain)


def _shows_quotes(found: list[Record], sign: str) -> bool:
    """Whether all cells of a column, but perhaps its name, stand between such signs, or one with such a sign inside."""
    columns: dict[int, list[str]] = {}
    width = Counter(len(record.cells) for record in found).most_common(1)[0][0] if found else 0
    for record in found:
        for number, cell in enumerate(record.cells):
            if cell.strip() and len(record.cells) == width:  # titles above are narrower
                columns.setdefault(number, []).append(cell.lstrip(" "))
    if any(sum(_wrapped(cell, sign) for cell in cells) >= max(2, len(cells) - 1) for cells in columns.values()):
        return True
    inside = [cell[1:-1] for cells in columns.values() for cell in cells if _wrapped(cell, sign)]
    return any(sign in cell and sign not in re.sub(rf"\\{sign}|{sign}{sign}", "", cell) for cell in inside)


def _wrapped(cell: str, sign: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == sign


def _evenness(found: list[Record]) -> tuple[float, int]:
    """The share of records that have the most frequent number of cells, 0 if that is 1; and that number."""
    widths = Counter(len(record.cells) for record in found)
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    return (round(count / len(found), 2) if width > 1 else 0.0), width


def _plain_share(found: list[Record], width: int) -> float:
    """The share of cells that are numbers, dates, or hold no other delimiter."""
    cells = [cell for record in found if len(record.cells) == width for cell in record.cells]
    plain = [
        bool(NUMBER.fullmatch(cell) or MOMENT.fullmatch(cell)) or not any(each in cell for each in DELIMITERS)
        for cell in cells
    ]
    return round(sum(plain) / max(len(plain), 1), 2)
