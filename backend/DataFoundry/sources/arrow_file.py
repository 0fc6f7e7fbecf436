"""Feather and Arrow files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather

from DataFoundry.errors import TableError, first_line
from DataFoundry.sources.table import BLOCK_ROWS, Table, in_blocks, refuse_columns
from DataFoundry.storage.paths import open_for_reading


class ArrowTable(Table):
    """A file in Arrow's own format (or Feather's first one), or a stream in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._table = _read(path)
        self.columns = list(self._table.column_names)
        if len(set(self.columns)) < len(self.columns):
            raise TableError(f"{path.name} has two columns of one name; rename one.")
        self.num_rows = self._table.num_rows
        self.reading = {}
        refuse_columns(self.columns, path)

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        start, chosen = 0, self.check(columns)
        nullable = [
            name for name in chosen if pa.types.is_integer(self._table[name].type) and self._table[name].null_count
        ]
        for block in in_blocks(iter([self._table.select(chosen)]), rows):
            frame = block.to_pandas(ignore_metadata=True, date_as_object=False).astype(
                dict.fromkeys(nullable, "float64")
            )
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame


def _read(path: Path) -> pa.Table:
    with open_for_reading(path) as handle:
        try:
            return feather.read_table(handle, memory_map=False)
        except (pa.ArrowException, OSError) as first:
            handle.seek(0)
            try:
                return pa.ipc.open_stream(handle).read_all()
            except (pa.ArrowException, OSError):
                raise TableError(
                    f"{path.name} is not a readable Arrow file ({first_line(first)}); write it again."
                ) from None
