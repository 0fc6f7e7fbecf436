"""A folder of parts as one table: `year=2024/part-0.parquet` has a column `year` besides its own."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from DataFoundry.errors import TableError, first_line
from DataFoundry.storage.files import remove_file, whole_file
from DataFoundry.storage.paths import open_for_reading
from DataFoundry.storage.tables import TableWriter

_NULL = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")


@dataclass(frozen=True)
class Part:
    """One file.

    Attributes
    ----------
    place
        Where it lies in its store.
    name
        Of the file.
    values
        What its folders say: column and text, None where it is missing.
    """

    place: str
    name: str
    values: tuple[tuple[str, str | None], ...]


def part_of(place: str, inner: str) -> Part:
    """The part at a place whose path within the table's folder is `inner`."""
    *folders, name = inner.split("/")
    values = []
    for folder in folders:
        column, parted, text = folder.partition("=")
        if parted:
            values.append((unquote(column), None if text == _NULL else unquote(text)))
    return Part(place, name, tuple(values))


def joined(parts: Sequence[Part], folder: Path, fetch: Callable[[Part, Path], object]) -> Path:
    """The parts, fetched one after the other, as a local table: a folder of parquet files, or one csv.

    Raises
    ------
    TableError
        If they are of two kinds, or do not fit together.
    """
    kinds = {Path(part.name).suffix for part in parts}
    columns = [column for column, _ in parts[0].values]
    if len(kinds) > 1 or any([column for column, _ in part.values] != columns for part in parts):
        raise TableError("A folder of parts is one table: all csv or all parquet, with the same partition columns.")
    types = [_type([part.values[place][1] for part in parts]) for place in range(len(columns))]
    if kinds == {".csv"}:
        return _joined_csv(parts, folder, fetch)
    for number, part in enumerate(parts):
        target = folder / f"{number:05}-{part.name}"
        if not columns:
            fetch(part, target)
            continue
        raw = folder / f"{number:05}.fetched"
        fetch(part, raw)
        _with_values(raw, target, part, types)
        remove_file(raw)
    return folder


def _type(texts: Sequence[str | None]) -> pa.DataType:
    present = [each for each in texts if each is not None]
    return pa.int64() if present and all(map(_WHOLE.fullmatch, present)) else pa.string()


def _constant(text: str | None, kind: pa.DataType, rows: int) -> pa.Array:
    value = None if text is None else int(text) if pa.types.is_integer(kind) else text
    return pa.repeat(pa.scalar(value, kind), rows)


def _with_values(raw: Path, target: Path, part: Part, types: Sequence[pa.DataType]) -> None:
    """Write a parquet part again, with the columns that its folders say."""
    try:
        with open_for_reading(raw) as handle, TableWriter(target) as writer:
            file = pq.ParquetFile(handle)
            own = [name for name in file.schema_arrow.names if name not in dict(part.values)]
            schema = pa.schema([file.schema_arrow.field(name) for name in own])
            blocks = (pa.Table.from_batches([each]) for each in file.iter_batches(columns=own))
            for block in blocks if file.metadata.num_rows else [schema.empty_table()]:
                for (name, text), kind in zip(part.values, types, strict=True):
                    block = block.append_column(name, _constant(text, kind, len(block)))
                writer.write_arrow(block)
    except pa.ArrowException as error:
        raise TableError(f"{part.name} is not a readable parquet file ({first_line(error)}); write it again.") from None


def _joined_csv(parts: Sequence[Part], folder: Path, fetch: Callable[[Part, Path], object]) -> Path:
    """All parts in one csv, cells as texts, so that what a column holds is found by all of them."""
    target, names = folder / "table.csv", None
    with whole_file(target) as output:
        for number, part in enumerate(parts):
            raw = folder / f"{number:05}.fetched"
            fetch(part, raw)
            try:
                with open_for_reading(raw) as handle:
                    for block in _text_blocks(handle):
                        for name, text in part.values:
                            block = block.append_column(name, _constant(text, pa.string(), len(block)))
                        if names is None:
                            names = block.column_names
                        elif names != block.column_names:
                            raise TableError(
                                f"{part.name} has other columns than {parts[0].name}; a folder is one table."
                            )
                        pacsv.write_csv(
                            block, output, pacsv.WriteOptions(include_header=number == 0 and output.tell() == 0)
                        )
            except pa.ArrowException as error:
                raise TableError(f"{part.name} is not a readable csv file ({first_line(error)}).") from None
            remove_file(raw)
    return target


def _text_blocks(handle: BinaryIO) -> Iterator[pa.Table]:
    """The rows of a csv in UTF-8 with commas, as writers of parts have them."""
    first = handle.readline().decode("utf-8-sig")
    handle.seek(0)
    names = next(csv.reader([first]), [])
    texts = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    reader = pacsv.open_csv(handle, parse_options=pacsv.ParseOptions(newlines_in_values=True), convert_options=texts)
    return (pa.Table.from_batches([batch]) for batch in reader)
