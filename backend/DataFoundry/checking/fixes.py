"""Fixes applied to a table, with a journal by which they can be undone."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from DataFoundry.cleaning.spreadsheet import plain_text, spreadsheet_safe, text_of
from DataFoundry.errors import ColumnError, TableError

JOURNAL = ["row", "column", "before", "after", "kind", "confidence"]


@dataclass(frozen=True)
class Applied:
    """What became of fixes.

    Attributes
    ----------
    frame
        The changed table.
    journal
        Every change, see `JOURNAL`.
    stale
        Fixes whose cell holds something else by now; they were not applied.
    """

    frame: pd.DataFrame
    journal: pd.DataFrame
    stale: int


def applied(
    frame: pd.DataFrame,
    fixes: pd.DataFrame,
    before: str,
    after: str,
    min_confidence: float,
    kinds: list[str] | None,
    empty: bool = False,
) -> Applied:
    """Change the cells that fixes name.

    Parameters
    ----------
    frame
        The table, index 0..n-1.
    fixes
        As `as_frame` writes them, or a journal.
    before, after
        The columns of `fixes` that hold what stands in a cell and what should.
    min_confidence, kinds
        Fixes of less confidence, or of another kind, are left out.
    empty
        A fix that suggests nothing empties its cell; else it is left out.

    Raises
    ------
    TableError
        If `fixes` is no such table, names a row that is not there, or a value that the column cannot hold.
    ColumnError
        If it names a column that is not there.
    """
    chosen = _chosen(fixes, frame, before, after, min_confidence, kinds, empty)
    changed, journal, stale = frame.copy(), [], 0
    for name, of_column in chosen.groupby("column", sort=False):
        column = frame[name].astype(object)
        for fix in of_column.itertuples(index=False):
            row, old, new = int(fix.row), plain_text(getattr(fix, before)), plain_text(getattr(fix, after))
            if text_of(frame[name].iloc[row]) != old:
                stale += 1
                continue
            column.iloc[row] = typed(new, frame[name], row, str(name))
            journal.append([row, name, old, new, getattr(fix, "kind", None), fix.confidence])
        changed[name] = as_before(column, frame[name])
    return Applied(changed, spreadsheet_safe(pd.DataFrame(journal, columns=JOURNAL)), stale)


def _chosen(
    fixes: pd.DataFrame,
    frame: pd.DataFrame,
    before: str,
    after: str,
    min_confidence: float,
    kinds: list[str] | None,
    empty: bool,
) -> pd.DataFrame:
    lacking = [name for name in ("row", "column", before, after, "confidence") if name not in fixes.columns]
    if lacking:
        raise TableError(
            f"This is no file of fixes: it has no column {lacking[0]!r}; give the fixes_path of check-table.",
            missing=lacking,
        )
    rows, sure = (pd.to_numeric(fixes[name], errors="coerce") for name in ("row", "confidence"))
    if (rows.isna() | (rows % 1 != 0) | (rows < 0) | (rows >= len(frame))).any():
        raise TableError(f"The fixes name rows that the table of {len(frame):,} rows does not have; check it again.")
    unknown = [name for name in fixes["column"].unique() if name not in frame.columns]
    if unknown:
        raise ColumnError(f"The fixes name the column {unknown[0]!r}, which the table does not have.", missing=unknown)
    kept = (sure >= min_confidence) & (fixes[after].notna() if after == "suggested" and not empty else True)
    if kinds is not None and "kind" in fixes.columns:
        kept &= fixes["kind"].isin(kinds)
    chosen = fixes[kept].assign(row=rows[kept].astype(int), confidence=sure[kept])
    # The surest of several fixes of one cell.
    return (
        chosen.sort_values("confidence", ascending=False, kind="stable")
        .drop_duplicates(["row", "column"])
        .sort_values("row")
    )


def typed(text: str | None, column: pd.Series, row: int, name: str) -> Any:
    """The text as a value of the column."""
    if text is None:
        return None
    if pd.api.types.is_bool_dtype(column.dtype):
        return text.casefold() in ("true", "1")
    try:
        if pd.api.types.is_numeric_dtype(column.dtype):
            number = float(text)
            return int(text) if pd.api.types.is_integer_dtype(column.dtype) and number.is_integer() else number
        return pd.Timestamp(text) if pd.api.types.is_datetime64_any_dtype(column.dtype) else text
    except ValueError:
        raise TableError(
            f"The fix of row {row} puts {text!r} into {name!r}, which holds {column.dtype}; correct it in the file.",
            row=row,
            column=name,
        ) from None


def as_before(column: pd.Series, original: pd.Series) -> pd.Series:
    """With the dtype that it had, or that of its values where it cannot have that (a missing value among integers)."""
    try:
        return column.astype(original.dtype)
    except (TypeError, ValueError):
        return column.infer_objects()
