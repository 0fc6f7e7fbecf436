"""How far a sheet reaches, told from its text before it is unfolded.

A spreadsheet names only cells that hold something, its reader makes a grid of all between them: a file of 1 KB with one
cell in the last row and one in the last column becomes 17 billion cells, and the end of the process.
"""

import re
import zipfile
from pathlib import Path

from DataFoundry.errors import TableError, TooLargeError

MOST_CELLS = 2**25  # 32 bytes each in the reader
_PLACE = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^<>]*?\br\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,10})["']""")
_BLOCK = 2**20
_LONGEST_TAG = 2**16


def refuse_far_cells(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise TooLargeError if a sheet of the archive, an `.xlsx`, would be unfolded to more than `MOST_CELLS` cells."""
    for member in archive.infolist():
        if member.filename.lower().endswith(".bin") and "workbook" in member.filename.lower():
            raise TableError(f"{path.name} is a binary workbook (.xlsb); save it as .xlsx.")
        rows, columns = _extent(archive, member, path)
        if rows * columns > MOST_CELLS:
            raise TooLargeError(
                f"{path.name}: a sheet reaches to row {rows} and column {columns}, over {MOST_CELLS} cells; delete "
                "what stands far away from the table, or save it as csv.",
                limit=MOST_CELLS,
            )


def _extent(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> tuple[int, int]:
    """The last row and the last column that a part of the archive names; 0 where it names none."""
    rows = columns = 0
    left = b""
    with archive.open(member) as handle:
        while block := handle.read(_BLOCK):
            text = left + block
            for letters, digits in _PLACE.findall(text):
                rows = max(rows, int(digits))
                columns = max(columns, _number(letters), 1)
            cut = text.rfind(b"<")  # a tag may go on in the next block
            left = text[cut:] if cut >= 0 and b">" not in text[cut:] else b""
            if len(left) > _LONGEST_TAG:
                raise TableError(f"{path.name} is not a readable spreadsheet (a tag without end); save it again.")
    return rows, columns


def _number(letters: bytes) -> int:
    """1 for A, 27 for AA; 0 for none."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
