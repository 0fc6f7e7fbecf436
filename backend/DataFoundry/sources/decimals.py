"""Whether a comma or a point stands before the decimals of a text table's numbers.

`1.234` may be a thousand or little more than one. Cells that leave no doubt (`1,5`, `0.25`, `1.234,56`) decide, first
those of the same column, then those of the file. Without any, a file parted by semicolons has decimal commas, as the
spreadsheets that write it. A number that then has a sign for thousands stays text.
"""

import re
from collections.abc import Sequence

_GROUPS = r"[-+]?[1-9]\d{0,2}(%s\d{3})+"
_SURE = {
    # a comma before decimals: not three of them, or behind a zero, or behind a point that parts thousands
    ",": (re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?"), re.compile(_GROUPS % ","), re.compile(_GROUPS % r"\." + r",\d+")),
    ".": (
        re.compile(r"[-+]?\d*\.\d+([eE][-+]?\d+)?"),
        re.compile(_GROUPS % r"\."),
        re.compile(_GROUPS % "," + r"\.\d+"),
    ),
}
_GROUPED = re.compile(r"\s*[-+]?\d{1,3}([.,' \u00a0]\d{3})+([.,]\d+)?\s*")
_PLAIN = re.compile(r"\s*[-+]?\d*([.,]\d+)?\s*")


def find_decimals(rows: Sequence[Sequence[str]], names: Sequence[str], delimiter: str) -> tuple[str, dict[str, str]]:
    """The decimal sign of the file, and that of each column: "." or ","."""
    counted = {name: {",": 0, ".": 0} for name in names}
    points = False
    for row in rows:
        for name, cell in zip(names, map(str.strip, row), strict=False):
            for sign in (",", "."):
                counted[name][sign] += _is_sure(cell, sign)
            points = points or bool(_SURE["."][1].fullmatch(cell))
    commas_all, points_all = (sum(each[sign] for each in counted.values()) for sign in (",", "."))
    if commas_all == points_all == 0:
        usual = "," if delimiter == ";" and points else "."
    else:
        usual = "," if commas_all > points_all else "."
    return usual, {name: _of_column(each, usual) for name, each in counted.items()}


def _of_column(counted: dict[str, int], usual: str) -> str:
    if counted[","] and not counted["."]:
        return ","
    return "." if counted["."] and not counted[","] else usual


def _is_sure(cell: str, sign: str) -> bool:
    plain, groups, mixed = _SURE[sign]
    return bool(plain.fullmatch(cell) and not groups.fullmatch(cell) or mixed.fullmatch(cell))


def has_thousands(texts: Sequence[str]) -> str | None:
    """The first of the texts that is a number with a sign for thousands, if all of them are numbers."""
    grouped = [text for text in texts if _GROUPED.fullmatch(text)]
    return grouped[0] if grouped and all(_GROUPED.fullmatch(text) or _PLAIN.fullmatch(text) for text in texts) else None
