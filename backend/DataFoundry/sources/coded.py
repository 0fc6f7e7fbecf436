"""A table in blocks, its texts coded as places in a dictionary: a fraction of the cost of objects where they repeat."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from DataFoundry.sources.parquet import ParquetTable, _unreadable
from DataFoundry.sources.table import BLOCK_ROWS, Table
from DataFoundry.sources.text_table import TextTable
from DataFoundry.storage.paths import open_for_reading
from DataFoundry.storage.streams import native
from DataFoundry.storage.tables import PLAIN_SIGNS


@dataclass(frozen=True)
class CodedBlock:
    """Some rows of a table.

    Attributes
    ----------
    rows
        How many.
    frame
        Makes the frame of some of its columns; texts as categories, other ones in each block.
    arrow
        All of them as the file holds them, texts coded; None of tables that do not come so.
    """

    rows: int
    frame: Callable[[Sequence[str]], pd.DataFrame]
    arrow: pa.Table | None = None


def coded_blocks(table: Table, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[CodedBlock]:
    """As `table.blocks`, but texts that repeat come coded where the table is a parquet or a text file."""
    chosen = table.check(columns)
    if isinstance(table, ParquetTable):
        yield from _of_parquet(table, chosen, rows)
    elif isinstance(table, TextTable):
        for start, block in table.coded_blocks(chosen, rows):
            yield CodedBlock(len(block), _maker(table.frame, block, start), block)
    else:
        for frame in table.blocks(chosen, rows):
            yield CodedBlock(len(frame), frame.__getitem__)


def coded_frames(table: Table, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
    """As `coded_blocks`, whole frames."""
    chosen = table.check(columns)
    return (block.frame(chosen) for block in coded_blocks(table, chosen, rows))


def signs_of(table: Table) -> tuple[str, str]:
    """What stands between the cells of a text file and before the decimals of its numbers; else those of plain csv."""
    return table.signs if isinstance(table, TextTable) else PLAIN_SIGNS


def plain_schema(table: Table) -> pa.Schema | None:
    """The types with which the blocks' columns are written, texts as texts; None of tables that do not come so."""
    if isinstance(table, TextTable):
        return table.schema
    return pa.schema([table._schema.field(name) for name in table.columns]) if isinstance(table, ParquetTable) else None


def _of_parquet(table: ParquetTable, chosen: list[str], rows: int) -> Iterator[CodedBlock]:
    nullable = table._integers_with_nulls(chosen)
    texts = [name for name in chosen if _is_text(table._schema.field(name))]

    def frame(block: pa.Table, columns: list[str]) -> pd.DataFrame:
        held = {name: dtype for name, dtype in nullable.items() if name in columns}
        return table._frame(block.select(columns), columns, held)

    start = 0
    for part in table._parts:
        with open_for_reading(part) as handle:
            try:
                file = pq.ParquetFile(
                    native(handle), read_dictionary=texts, coerce_int96_timestamp_unit=table._int96_unit
                )
                for batch in file.iter_batches(batch_size=rows, columns=chosen, use_threads=True):
                    block = _compact(pa.Table.from_batches([batch]))
                    yield CodedBlock(len(block), _maker(frame, block, start), block)
                    start += len(block)
            except (pa.ArrowException, OSError) as error:
                raise _unreadable(part, error) from None
    if start == 0:
        empty = pa.schema([table._schema.field(name) for name in chosen]).empty_table()
        yield CodedBlock(0, _maker(frame, empty, 0), empty)


def _compact(block: pa.Table) -> pa.Table:
    """The block with dictionaries of its own: Arrow hands on those of all blocks before in the same row group."""
    for place, field in enumerate(block.schema):
        column = block.column(place)
        if pa.types.is_dictionary(field.type) and any(len(each.dictionary) > len(block) for each in column.chunks):
            block = block.set_column(place, field.name, column.cast(field.type.value_type).dictionary_encode())
    return block


def _maker(
    make: Callable[[pa.Table, list[str]], pd.DataFrame], block: pa.Table, start: int
) -> Callable[[Sequence[str]], pd.DataFrame]:
    def frame(columns: Sequence[str]) -> pd.DataFrame:
        made = make(block, list(columns))
        made.index = pd.RangeIndex(start, start + len(block))
        return made

    return frame


def _is_text(field: pa.Field) -> bool:
    return pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
