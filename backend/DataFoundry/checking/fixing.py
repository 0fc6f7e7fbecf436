"""Everything that `apply-fixes` does to a table: cells changed, rows that repeat others left out, and both undone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.checking.duplicate_rows import is_of_rows, put_back, taken_out_again, without_duplicates
from DataFoundry.checking.fixes import JOURNAL, applied
from DataFoundry.cleaning.spreadsheet import spreadsheet_safe


@dataclass(frozen=True)
class Fixed:
    """What became of a table.

    Attributes
    ----------
    frame
        The changed table.
    journal
        Every change, see `fixes.JOURNAL`: of cells, and of rows (`duplicate_rows.RowsChanged`).
    removed, restored
        Rows that were taken out and put back.
    stale, stale_rows
        Cells and rows that hold something else by now; they were left alone.
    """

    frame: pd.DataFrame
    journal: pd.DataFrame
    removed: int = 0
    restored: int = 0
    stale: int = 0
    stale_rows: int = 0

    @property
    def of_cells(self) -> np.ndarray:
        """(m,) bool, which lines of the journal are about a cell."""
        return ~is_of_rows(self.journal)


def fixed(
    frame: pd.DataFrame, fixes: pd.DataFrame | None, min_confidence: float, kinds: list[str], duplicates: str | None
) -> Fixed:
    """Cells changed as fixes say, then duplicates left out; see `cleaner.apply_fixes`."""
    journal, stale = _joined(), 0
    if fixes is not None:
        cells = applied(frame, fixes, "found", "suggested", min_confidence, kinds)
        frame, journal, stale = cells.frame, cells.journal, cells.stale
    if duplicates is None:
        return Fixed(frame, journal, stale=stale)
    rows = without_duplicates(frame, duplicates, min_confidence)
    return Fixed(rows.frame, _joined(journal, rows.journal), removed=len(rows.journal), stale=stale)


def undone(frame: pd.DataFrame, journal: pd.DataFrame) -> Fixed:
    """What a journal tells taken back: rows first, since cells are named by the row numbers of the whole table."""
    of_rows = is_of_rows(journal)
    lines = journal[of_rows]
    back = put_back(frame, lines[lines["before"].notna()])
    cells = applied(back.frame, journal[~of_rows], "after", "before", 0.0, None)
    again = taken_out_again(cells.frame, lines[lines["before"].isna()])
    told = _joined(cells.journal, back.journal, again.journal)
    return Fixed(again.frame, told, len(again.journal), len(back.journal), cells.stale, again.stale)


def _joined(*journals: pd.DataFrame) -> pd.DataFrame:
    present = [each for each in journals if len(each)]
    return pd.concat(present, ignore_index=True) if present else spreadsheet_safe(pd.DataFrame([], columns=JOURNAL))
