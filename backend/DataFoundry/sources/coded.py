"""A parquet table in blocks with its texts as categories: a fraction of the cost of objects where texts repeat."""

from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from DataFoundry.sources.parquet import ParquetTable, _unreadable
from DataFoundry.sources.table import BLOCK_ROWS, Table
from DataFoundry.sources.text_table import TextTable
from DataFoundry.storage.paths import open_for_reading
from DataFoundry.storage.streams import native


def coded_blocks(table: Table, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
    """As `table.blocks`, but the texts of a parquet or text table come as categories, other ones in each block.

    Write such blocks with the schema of `written_schema`, and they come out as texts again.
    """
    if isinstance(table, TextTable):
        yield from table.coded_blocks(columns, rows)
        return
    if not isinstance(table, ParquetTable):
        yield from table.blocks(columns, rows)
        return
    chosen = table.check(columns)
    nullable = table._integers_with_nulls(chosen)
    texts = [name for name in chosen if _is_text(table._schema.field(name))]
    start = 0
    for part in table._parts:
        with open_for_reading(part) as handle:
            try:
                file = pq.ParquetFile(native(handle), read_dictionary=texts, coerce_int96_timestamp_unit=table._int96_unit)
                for batch in file.iter_batches(batch_size=rows, columns=chosen, use_threads=True):
                    frame = table._frame(pa.Table.from_batches([batch]), chosen, nullable)
                    frame.index = pd.RangeIndex(start, start + len(frame))
                    start += len(frame)
                    yield frame
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(part, error) from None
    if start == 0:
        yield from table.blocks(columns, rows)


def written_schema(table: Table, added: Sequence[str]) -> pa.Schema | None:
    """The schema to write coded blocks of `table` with, the `added` float64 columns behind; columns as in `blocks`.

    None for tables that do not come coded, where the writer infers it.
    """
    if isinstance(table, TextTable):
        return pa.schema([*table.schema, *(pa.field(name, pa.float64()) for name in added)])
    if not isinstance(table, ParquetTable):
        return None
    nullable = table._integers_with_nulls(table.columns)
    empty = table._frame(table._schema.empty_table(), table.columns, nullable)
    seen = pa.Schema.from_pandas(empty, preserve_index=False)
    fields = []
    for name in table.columns:
        own, inferred = table._schema.field(name), seen.field(name)
        kept = own.type if pa.types.is_null(inferred.type) or pa.types.is_dictionary(own.type) else inferred.type
        fields.append(pa.field(name, kept))
    return pa.schema([*fields, *(pa.field(name, pa.float64()) for name in added)])


def _is_text(field: pa.Field) -> bool:
    return pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
