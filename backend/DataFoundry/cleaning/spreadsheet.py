"""Findings, and cells of people's tables, as files that are safe to open in a spreadsheet."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Finding

COLUMNS = ["row", "column", "kind", "found", "suggested", "confidence", "why"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """The findings as a table that is safe to open in a spreadsheet."""
    rows = [
        [each.row, each.column, each.kind, text_of(each.found), text_of(each.suggested), each.confidence, each.why]
        for each in findings
    ]
    return spreadsheet_safe(pd.DataFrame(rows, columns=COLUMNS))


def spreadsheet_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """Text cells that a spreadsheet would take for a formula begin with an apostrophe; numbers stay as they are.

    OWASP, CSV injection: cells that begin with = + - @, a tab or a line end.
    """
    return frame.apply(lambda column: column.map(_safe) if column.dtype == object else column)


def text_of(value: Any) -> str | None:
    """A cell as text, whole numbers without their point; None for a missing one."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, (float, np.floating)):
        return f"{value:.15g}"
    return str(value)


def _safe(cell: Any) -> Any:
    if not isinstance(cell, str) or not cell.startswith(_FORMULA) or _is_number(cell):
        return cell
    return f"'{cell}"


def plain_text(cell: Any) -> str | None:
    """A cell of a fix as it was before `spreadsheet_safe`."""
    text = text_of(cell)
    return text[1:] if text is not None and text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
