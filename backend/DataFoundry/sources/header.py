"""Where the column names of a text table stand: behind comments and titles, or nowhere."""

import re
from collections import Counter

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError
from DataFoundry.sources.records import MOMENT, NUMBER, Record


def first_record(found: list[Record], options: ReadOptions, name: str) -> tuple[int, list[str]]:
    """The place of the names, or of the first row: behind comments and titles, which have other widths."""
    if options.header_row:
        for place, record in enumerate(found):
            if record.line == options.header_row:
                return place, []
        raise TableError(f"{name} has no names in line {options.header_row}; correct read_options.header_row.")
    width = Counter(len(record.cells) for record in found).most_common(1)[0][0]
    place = 0
    while place < len(found) - 1 and _is_before(found, place, width):
        place += 1
    line = found[place].line
    if place == 0:
        return 0, []
    if line == 2:
        return place, ["Line 1 is a comment or a title and was left out."]
    return place, [f"The {line - 1} lines before line {line} are comments or titles and were left out."]


def _is_before(found: list[Record], place: int, width: int) -> bool:
    cells = found[place].cells
    if cells[0].lstrip().startswith(("#", "//")):
        # "#id,name" above rows is a header, not a comment.
        return len(cells) != width or width == 1 or len(found[place + 1].cells) == width and _is_comment(cells[0])
    return width > 1 and (len(cells) == 1 or _is_padded_title(found, place))


def _is_padded_title(found: list[Record], place: int) -> bool:
    """`Sales report;;;` as spreadsheets write what stands above a table: its last cells are empty, names come below."""
    cells = found[place].cells
    if cells[-1].strip() or not cells[0].strip() and any(map(str.strip, cells)):
        return False
    below = next((each for each in range(place + 1, len(found)) if found[each].cells[-1].strip()), len(found))
    if below >= len(found) - 1:
        return False
    names = [cell for cell in found[below].cells if cell.strip()]
    if any(is_datum(cell) and not _is_year(cell) for cell in names):
        return False
    is_data, is_header = evidence(found, below)
    filled = [sum(bool(cell.strip()) for cell in record.cells) for record in found[place:below]]
    if max(filled) > 1 or len(filled) - filled.count(0) > 1:
        return is_header and len(names) == len(cells)
    return not is_data and (is_header or not filled[0] or len(names) > 2)


def _is_comment(cell: str) -> bool:
    return cell.lstrip().startswith(("# ", "//", "##"))


def has_names(found: list[Record], place: int, options: ReadOptions) -> bool:
    """Whether the record holds names: no cell of it is a number or a date where the column below holds such."""
    if options.header_row is not None:
        return options.header_row > 0
    if place == len(found) - 1:
        return not all(map(is_datum, found[place].cells)) or any(map(_is_year, found[place].cells))
    return not evidence(found, place)[0]


def evidence(found: list[Record], place: int) -> tuple[bool, bool]:
    """Whether a cell is a number or a date as the column below it, and whether one is none where the column is."""
    cells = found[place].cells
    below = [record.cells for record in found[place + 1 :] if len(record.cells) == len(cells)]
    is_data = is_header = False
    for number, cell in enumerate(cells):
        column = [row[number] for row in below if row[number].strip()]
        if not column or sum(map(is_datum, column)) < 0.8 * len(column):
            continue
        is_data = is_data or is_datum(cell) and not _is_year(cell)
        is_header = is_header or bool(cell.strip()) and not is_datum(cell)
    return is_data, is_header


def is_datum(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or MOMENT.fullmatch(cell))


def _is_year(cell: str) -> bool:
    """A wide table has years as names."""
    return bool(re.fullmatch(r"\s*(19|20)\d\d\s*", cell))
