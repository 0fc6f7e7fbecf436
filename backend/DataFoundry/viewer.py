"""Look into tables: any page of one, in any order."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from DataFoundry.config import ReadOptions
from DataFoundry.metrics.plain import plain
from DataFoundry.offered import VIEWED_ROWS
from DataFoundry.sources.opening import open_table
from DataFoundry.sources.sorting import rows_at
from DataFoundry.sources.table import Table
from DataFoundry.storage.paths import input_path


def view_rows(
    data_path: str,
    offset: int = 0,
    limit: int = VIEWED_ROWS.usual,
    sort_by: str | None = None,
    descending: bool = False,
    columns: Sequence[str] | None = None,
    read_options: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Some rows of a table, as they lie there or in the order of one column.

    Parameters
    ----------
    offset, limit
        How many rows come before the first one, and how many to give: at most `offered.VIEWED_ROWS.most`.
    sort_by, descending
        The column to sort by; missing values come last, equal ones in the order of the table.
    columns
        Those to give, in this order; all by default.

    Returns
    -------
    dict
        `columns`, `dtypes`, `rows` (lists in the order of `columns`), `row_numbers` (the position of each in the
        table), `offset`, `num_rows`.

    Raises
    ------
    ColumnError
        If a column is not there.
    ImpossibleError
        If `sort_by` names a column whose values have no order.
    DataFoundryError
        As `storage.paths.input_path` and `sources.opening.open_table`.
    """
    table = open_table(input_path(data_path, "data_path"), ReadOptions.of(read_options))
    chosen = table.check(columns)
    table.check(None if sort_by is None else [sort_by])
    places = _places(table, offset, limit, sort_by, descending)
    ordered = np.sort(places)
    frame = table.take(ordered, chosen)
    frame = frame.iloc[np.searchsorted(ordered, places)]
    return {
        "columns": chosen,
        "dtypes": {name: str(frame[name].dtype) for name in chosen},
        "rows": [plain(list(row)) for row in _as_objects(frame).itertuples(index=False, name=None)],
        "row_numbers": [int(each) for each in places],
        "offset": offset,
        "num_rows": table.num_rows,
    }


def _places(table: Table, offset: int, limit: int, sort_by: str | None, descending: bool) -> np.ndarray:
    """(at most limit,) positions of the rows to give."""
    if sort_by is not None:
        return rows_at(table.column(sort_by), offset, offset + limit, descending)
    rows = table.count()
    return np.arange(min(offset, rows), min(offset + limit, rows))


def _as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object)
