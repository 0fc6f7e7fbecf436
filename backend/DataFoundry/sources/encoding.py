"""In which encoding a text file is written, found from its bytes."""

import codecs
import re
from typing import IO

import numpy as np

from DataFoundry.errors import TableError, TooLargeError
from DataFoundry.settings import limits
from DataFoundry.sources.quote_bits import count

# Python's codecs that are alphabets: "hex", "idna" and "unicode_escape" are not.
_TEXT = re.compile(
    r"utf-(8|16|32)(-sig|-le|-be)?|ascii|iso8859-\d+|cp\d+|koi8-\w|mac-\w+|big5\w*|gb\w+|euc_\w+|shift_jis\w*|johab|tis-620"
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What other kinds of files begin with, and what to do with one that is named as text.
_OTHER_KINDS = {
    b"PK\x03\x04": "a zip or a spreadsheet; name it .zip, .xlsx or .ods",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; name it .xls",
    b"\x1f\x8b": "packed by gzip; name it .csv.gz",
    b"BZh": "packed by bzip2; name it .csv.bz2",
    b"\x28\xb5\x2f\xfd": "packed by zstandard; name it .csv.zst",
    b"PAR1": "parquet; name it .parquet",
    b"ARROW1": "an Arrow file; name it .arrow",
    b"%PDF-": "a PDF; export the table as csv",
    b"SQLite format 3\0": "a database; export the table as csv",
}
_NOT_IN_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")


def find_encoding(handle: IO[bytes], name: str, wanted: str | None) -> tuple[str, list[str]]:
    """Python's name of the encoding, and notes for people; reads the handle to its end.

    The whole file is looked at, since one letter beyond ASCII at its end decides. What is not UTF-8 is taken for
    Windows-1252, the most frequent of the others, or Latin-1 where bytes stand that Windows-1252 does not know.

    Raises
    ------
    TableError
        For NUL bytes, with the line; for an encoding that Python does not know; for a file of another kind.
    TooLargeError
        For a line over `max_cell_bytes`.
    """
    head = handle.read(2**20)
    if not head:
        raise TableError(f"{name} is empty; a table begins with a line of column names.")
    other = next((told for mark, told in _OTHER_KINDS.items() if head.startswith(mark)), None)
    if other is not None and b"\0" in head:
        raise TableError(f"{name} is no text table but {other}.")
    known = wanted or next((encoding for mark, encoding in _BOMS if head.startswith(mark)), None)
    if known is None and _is_utf16(head):
        known = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    if known is not None:
        _refuse_unknown(known, name)
    if known is not None and any(width in known for width in ("16", "32")):
        return known, []
    return _looked_through(handle, head, name, known)


def _refuse_unknown(encoding: str, name: str) -> None:
    try:
        known = bool(_TEXT.fullmatch(codecs.lookup(encoding).name))
    except (LookupError, ValueError):
        known = False
    if not known:
        raise TableError(f"{name}: there is no encoding {encoding!r}; name one of Python's, such as 'cp1252'.")


def _is_utf16(head: bytes) -> bool:
    """Whether every second byte is NUL, as in text of Western letters."""
    part = head[:2000]
    even, odd = part[::2].count(0), part[1::2].count(0)
    return len(part) > 3 and max(even, odd) > len(part) // 2 * 0.7 and min(even, odd) < len(part) * 0.05


def _looked_through(handle: IO[bytes], piece: bytes, name: str, known: str | None) -> tuple[str, list[str]]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, in_cp1252, lines, length = True, True, 1, 0
    most = limits().max_cell_bytes
    while piece:
        nul = piece.find(b"\0")
        if nul >= 0:
            line = lines + piece.count(b"\n", 0, nul)
            raise TableError(
                f"{name} has a NUL byte in line {line}; remove it, or name the encoding in read_options.encoding.",
                line=line,
            )
        if not piece.isascii() or decoder.getstate()[0]:  # most pieces of most files are ASCII, and quickly known
            if is_utf8:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    is_utf8 = False
                    decoder.reset()
            in_cp1252 = in_cp1252 and not any(byte in piece for byte in _NOT_IN_CP1252)
        length = _line_length(piece, length, most, name)
        lines += count(np.frombuffer(piece, np.uint8), ord("\n"))
        piece = handle.read(2**20)
    if known is not None:
        return known, []
    if is_utf8:
        return "utf-8", []
    guessed = "cp1252" if in_cp1252 else "latin-1"
    return guessed, [
        f"The file is not in UTF-8 and was read as {guessed}; say read_options.encoding if letters look wrong."
    ]


def _line_length(piece: bytes, length: int, most: int, name: str) -> int:
    """Bytes of the line that the piece ends in; refuses a longer one before a parser holds it in memory."""
    first, last = piece.find(b"\n"), piece.rfind(b"\n")
    longest = length + (len(piece) if first < 0 else first)
    if len(piece) > most:  # else only the first line, which began before, can be too long
        longest = max(longest, *map(len, piece.split(b"\n")))
    if longest > most:
        raise TooLargeError(f"{name} has a line of over {most} bytes; close the quote that was left open.", limit=most)
    return length + len(piece) if first < 0 else len(piece) - last - 1
