"""Rows that repeat others taken out of a table, with a line of the journal for each, by which it can be put back."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.checking.fixes import JOURNAL, as_before, typed
from DataFoundry.cleaning.near_duplicates import near_duplicates
from DataFoundry.cleaning.spreadsheet import text_of
from DataFoundry.errors import TableError
from DataFoundry.profiling.duplicates import joint, keys_of
from DataFoundry.schema.discovery import discover_in

EXACT, EXCEPT_KEY, NEAR = CHOICES = ("exact", "except_key", "near")
ROW_KINDS = ("duplicate", "near_duplicate")  # of the journal's lines that are about a whole row

_OTHER_TABLE = "The journal names rows that the table does not have; give the table that was written with it."


@dataclass(frozen=True)
class RowsChanged:
    """The table with rows taken out or put back.

    Attributes
    ----------
    frame
        With an index of 0..n-1.
    journal
        A line for each such row, see `fixes.JOURNAL`: `row` counts in the table that has all of them, `before` or
        `after` is JSON with its cells and the row that was kept in its stead, `column` is missing.
    stale
        Rows to be taken out again that hold something else by now; they were left.
    """

    frame: pd.DataFrame
    journal: pd.DataFrame
    stale: int = 0


def without_duplicates(frame: pd.DataFrame, which: str, min_confidence: float) -> RowsChanged:
    """Leave out rows that repeat others.

    Parameters
    ----------
    frame
        All rows, index 0..n-1.
    which
        `exact`: equal in every column; the first of them stays. `except_key`: also those that are equal in all but the
        keys. `near`: equal, and also those that are probably the same person or thing, written differently; of these
        the most complete one stays, of equally complete ones the first.
    min_confidence
        Near duplicates of less stay.
    """
    kept = first_equal(frame, list(frame.columns))
    sure, kinds = np.ones(len(frame)), np.full(len(frame), ROW_KINDS[0], dtype=object)
    if which != EXACT:
        places = np.flatnonzero(kept == np.arange(len(frame)))
        rest = frame.iloc[places].reset_index(drop=True)
        for row, instead, confidence in _further(rest, which):
            if confidence >= min_confidence:
                kept[places[row]], sure[places[row]] = places[instead], confidence
                kinds[places[row]] = ROW_KINDS[int(which == NEAR)]
        kept = kept[kept]  # an equal one of a row that is itself left out
    gone = np.flatnonzero(kept != np.arange(len(frame)))
    lines = [
        [row, None, json.dumps({"kept_row": int(kept[row]), "cells": cells}, ensure_ascii=False), None, *about]
        for row, cells, *about in zip(gone.tolist(), _cells(frame, gone), kinds[gone], sure[gone], strict=True)
    ]
    return RowsChanged(frame.drop(index=gone).reset_index(drop=True), _journal(lines))


def first_equal(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """(n,) int64, the first row that is equal in these columns: a row's own number if it repeats none."""
    values = joint(frame, columns)
    _, first, codes = np.unique(values, return_index=True, return_inverse=True)
    return first[codes].astype(np.int64)


def repeated_rows(frame: pd.DataFrame) -> int:
    """How many rows repeat an earlier one in every column."""
    return int((first_equal(frame, list(frame.columns)) != np.arange(len(frame))).sum())


def repeating(count: int) -> str:
    """`3 rows repeat an earlier one`."""
    return "1 row repeats an earlier one" if count == 1 else f"{count:,} rows repeat an earlier one"


def how_to_remove(which: str) -> str:
    """The end of a sentence about duplicates."""
    return f'apply-fixes with "remove_duplicates": "{which}" takes them out.'


def is_of_rows(journal: pd.DataFrame) -> np.ndarray:
    """(m,) bool, which lines of a journal are about whole rows."""
    if not {"kind", "column"} <= set(journal.columns):
        return np.zeros(len(journal), dtype=bool)
    return (journal["kind"].isin(ROW_KINDS) & journal["column"].isna()).to_numpy()


def put_back(frame: pd.DataFrame, lines: pd.DataFrame) -> RowsChanged:
    """The table with the rows that a journal says were taken out.

    Raises
    ------
    TableError
        If the journal is of another table.
    """
    rows, told = _read(lines, "before")
    total = len(frame) + len(rows)
    gone = np.zeros(total, dtype=bool)
    gone[rows[rows < total]] = True
    instead = np.array([each["kept_row"] for each in told], dtype=np.int64)
    if gone.sum() != len(rows) or ((instead < 0) | (instead >= total)).any() or gone[instead].any():
        raise TableError(_OTHER_TABLE)
    source = np.cumsum(~gone) - 1
    source[rows] = source[instead]
    whole = frame.iloc[source].reset_index(drop=True)
    for name in frame.columns:
        column = None
        for row, each in zip(rows.tolist(), told, strict=True):
            text = each["cells"].get(str(name))
            if _text(whole[name].iloc[row]) != text:
                column = whole[name].astype(object) if column is None else column
                column.iloc[row] = typed(text, whole[name], row, str(name))
        if column is not None:
            whole[name] = as_before(column, whole[name])
    order = np.argsort(rows)
    journal = [[rows[k], None, None, lines["before"].iloc[k], *lines[["kind", "confidence"]].iloc[k]] for k in order]
    return RowsChanged(whole, _journal(journal))


def taken_out_again(frame: pd.DataFrame, lines: pd.DataFrame) -> RowsChanged:
    """The table without the rows that a journal says were put back, as far as they are as they were then.

    Raises
    ------
    TableError
        If the journal is of another table.
    """
    rows, told = _read(lines, "after")
    if (rows >= len(frame)).any():
        raise TableError(_OTHER_TABLE)
    same = [now == each["cells"] for now, each in zip(_cells(frame, rows), told, strict=True)]
    gone = [place for place, still in enumerate(same) if still]
    journal = [
        [rows[k], None, lines["after"].iloc[k], None, *lines[["kind", "confidence"]].iloc[k]]
        for k in sorted(gone, key=lambda place: int(rows[place]))
    ]
    left = frame.drop(index=rows[gone]).reset_index(drop=True)
    return RowsChanged(left, _journal(journal), len(rows) - len(gone))


def _further(frame: pd.DataFrame, which: str) -> list[tuple[int, int, float]]:
    """Rows to leave out beside those that are equal in all, the row that stays for each, and how sure it is."""
    schema = discover_in(frame)
    if which == EXCEPT_KEY:
        keys = keys_of(schema)
        others = [name for name in frame.columns if name not in keys]
        first = first_equal(frame, others) if keys and others else np.arange(len(frame))
        return [(int(row), int(first[row]), 1.0) for row in np.flatnonzero(first != np.arange(len(frame)))]
    found = []
    filled = frame.notna().sum(axis=1).to_numpy()
    for group in near_duplicates(frame, schema.columns):
        stays = max(group.rows, key=lambda row: (filled[row], -row))
        found += [(row, stays, group.confidence) for row in group.rows if row != stays]
    return found


def _cells(frame: pd.DataFrame, rows: np.ndarray) -> list[dict[str, str | None]]:
    """The cells of some rows as texts, by column."""
    names = [str(name) for name in frame.columns]
    texts = [[_text(cell) for cell in frame[name].iloc[rows]] for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*texts, strict=True)]


def _text(cell: Any) -> str | None:
    """A cell as text that loses no digit."""
    return repr(float(cell)) if isinstance(cell, (float, np.floating)) and not pd.isna(cell) else text_of(cell)


def _read(lines: pd.DataFrame, column: str) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The rows that lines of a journal are about, and what they tell of them."""
    rows = pd.to_numeric(lines["row"], errors="coerce").to_numpy(dtype=float)
    told = []
    for cell in lines[column]:
        try:
            each = json.loads(cell) if isinstance(cell, str) else cell
            told.append({"kept_row": int(each["kept_row"]), "cells": dict(each["cells"])})
        except (ValueError, TypeError, KeyError):
            raise TableError("The journal was changed: a line about a row is not as apply-fixes wrote it.") from None
    if not np.isfinite(rows).all() or (rows < 0).any() or (rows % 1 != 0).any():
        raise TableError("The journal was changed: a line about a row has no row number.")
    return rows.astype(np.int64), told


def _journal(lines: list[list[Any]]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=JOURNAL)
