"""What all databases have in common."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from DataFoundry.errors import MissingFileError, TableError
from DataFoundry.progress import Progress
from DataFoundry.sources.connected.url import SourceUrl, told
from DataFoundry.storage.addresses import Address
from DataFoundry.storage.files import sha256_of_text
from DataFoundry.storage.paths import open_for_reading
from DataFoundry.storage.tables import TableWriter

BLOCK_ROWS = 100_000
_AS_TEXT = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_large_string,
    pa.types.is_duration,
    pa.types.is_time,
    pa.types.is_null,
)


class Database(ABC):
    """Tables behind SQL."""

    def __init__(self, name: str, url: str) -> None:
        self.url = SourceUrl.of(name, url)

    def fetch(self, key: str, folder: Path, rows: int | None) -> Path:
        """As `addresses.Source.fetch`."""
        table = self.url.readable(key)
        copy = folder / f"{Address(f'source://{self.url.name}/{table or self.url.name}').name}.parquet"
        progress = Progress(f"reading from {self.url.name}", None)
        with told(self.url), TableWriter(copy) as writer:
            for block in self.blocks(table, rows):
                refuse_twice(block.column_names, self.url.name)
                writer.write_arrow(block)
                progress.advance(len(block))
        return copy

    def refuse_writing(self) -> None:
        """As `addresses.Source.refuse_writing`."""
        self.url.refuse_writing()

    def publish(self, key: str, file: Path) -> None:
        """As `addresses.Source.publish`; `file` is parquet."""
        self.refuse_writing()
        with told(self.url), open_for_reading(file) as handle:
            parquet = pq.ParquetFile(handle)
            schema = plain_types(parquet.schema_arrow)
            batches = (plain_values(pa.Table.from_batches([each]), schema) for each in parquet.iter_batches(BLOCK_ROWS))
            self.replace(key, schema, batches)

    @abstractmethod
    def blocks(self, table: str | None, rows: int | None) -> Iterator[pa.Table]:
        """The table, or what the operator's query gives, in blocks of one schema; at least one, of one snapshot."""

    @abstractmethod
    def replace(self, table: str, schema: pa.Schema, blocks: Iterator[pa.Table]) -> None:
        """Write a table in the place of one that may be there; when it fails, that one stays."""

    def missing(self, table: str) -> MissingFileError:
        """What to raise for a table that is not there."""
        return MissingFileError(
            f"The source {self.url.name!r} has no table {table!r}, or does not show it to the service; check its name."
        )


def part_name(table: str) -> str:
    """A name for a table that is being written, the same each time, so that what a dead process left is replaced."""
    return f"datafoundry_part_{sha256_of_text(table)[:16]}"


def refuse_twice(names: Sequence[str], source: str) -> None:
    """Raise TableError if two columns have one name, as they may in a query."""
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise TableError(f"The source {source!r} gives two columns named {twice!r}; rename one in its query.")


def number_type(precision: int | None, scale: int | None) -> pa.DataType:
    """What a decimal number is computed with: int64 where it is whole and fits, else float64."""
    return pa.int64() if scale == 0 and precision is not None and precision <= 18 else pa.float64()


def block_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Rows as Python has them in a schema."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    made = [_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(made, schema=schema)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if each is None else _text(each) for each in values], kind)
    if pa.types.is_floating(kind):
        return pa.array([None if each is None else float(each) for each in values], kind)
    if pa.types.is_integer(kind):
        return pa.array([None if each is None else int(each) for each in values], kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if each is None else bool(each) for each in values], kind)
    return pa.array(values, kind)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)


def plain_types(schema: pa.Schema) -> pa.Schema:
    """The schema as databases take it: lists and objects as JSON, bytes as hexadecimal digits, both as text."""
    fields = []
    for each in schema:
        kind = each.type.value_type if pa.types.is_dictionary(each.type) else each.type
        if pa.types.is_nested(kind) or any(is_kind(kind) for is_kind in _AS_TEXT):
            kind = pa.string()
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", kind.tz)
        elif pa.types.is_float16(kind):
            kind = pa.float32()
        fields.append(pa.field(each.name, kind))
    return pa.schema(fields)


def plain_values(block: pa.Table, schema: pa.Schema) -> pa.Table:
    """The block in the schema of `plain_types`."""
    return pa.table([_plain(block[field.name], field.type) for field in schema], schema=schema)


def _plain(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if column.type == kind:
        return column
    if pa.types.is_nested(column.type):
        texts = [None if each is None else json.dumps(each, default=str) for each in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, kind)])
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type) or pa.types.is_duration(column.type):
        return pa.chunked_array([_array(column.to_pylist(), kind)])
    return pc.cast(column, kind, safe=not pa.types.is_timestamp(kind))


def python_rows(block: pa.Table) -> list[tuple[Any, ...]]:
    """The rows of a block as drivers take them."""
    return list(zip(*(column.to_pylist() for column in block.columns), strict=True))
