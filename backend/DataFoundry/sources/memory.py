"""A table of a file that is read as a whole: spreadsheets and JSON."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.sources.table import BLOCK_ROWS, Table, refuse_columns


class MemoryTable(Table):
    """Rows that were read already."""

    def __init__(self, path: Path, frame: pd.DataFrame, reading: dict[str, Any]) -> None:
        self.path = path
        self._frame = frame
        self.columns = list(frame.columns)
        self.num_rows = len(frame)
        self.reading = reading
        refuse_columns(self.columns, path)

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        chosen = self.check(columns)
        for start in range(0, max(len(self._frame), 1), rows):
            yield self._frame.iloc[start : start + rows][chosen]
