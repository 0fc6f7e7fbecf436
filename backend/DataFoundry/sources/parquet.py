"""Parquet: one file, or all of a folder as one table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from DataFoundry.errors import TableError, first_line
from DataFoundry.sources.arrow_file import DAMAGED
from DataFoundry.sources.integers import dtype_with_nulls, exact_frame
from DataFoundry.sources.table import BLOCK_ROWS, Table, refuse_columns
from DataFoundry.storage.paths import open_for_reading
from DataFoundry.storage.streams import native

_TAKEN_ROWS = 65_536  # decoded at once when single rows are looked up


class ParquetTable(Table):
    """A parquet file, or all `*.parquet` of a folder in the order of their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        self.num_rows = 0
        self.reading = {}
        schemas = []
        self._metadata = []
        self._int96_unit = "us" if any(map(_has_far_moments, self._parts)) else "ns"
        for part in self._parts:
            with _opened(part, self._int96_unit) as file:
                schemas.append(_told(part, lambda file=file: file.schema_arrow))
                self._metadata.append(file.metadata)
                self.num_rows += file.metadata.num_rows
                _told(part, lambda schema=schemas[-1]: schema.names)
        self._schema = _one_schema(schemas, self._parts)
        self.columns = [name for name in self._schema.names if not name.startswith("__index_level_")]
        refuse_columns(self.columns, path)

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        chosen = self.check(columns)
        start = 0
        for frame in self._frames(chosen, rows):
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame
        if start == 0:
            yield self._frame(self._schema.empty_table(), chosen, {})

    def column(self, name: str) -> pa.ChunkedArray:
        self.check([name])
        chunks: list[pa.Array] = []
        for part in self._parts:
            with _opened(part, self._int96_unit, [name]) as file:
                try:
                    chunks += file.read([name], use_threads=True).column(0).chunks
                except DAMAGED as error:
                    raise _unreadable(part, error) from None
        return pa.chunked_array(chunks, chunks[0].type if chunks else self._schema.field(name).type)

    def take(self, places: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
        """As `Table.take`; only the row groups that hold the rows are read."""
        chosen, start, found = self.check(columns), 0, []
        for part, metadata in zip(self._parts, self._metadata, strict=True):
            for number in range(metadata.num_row_groups):
                rows = metadata.row_group(number).num_rows
                here = places[(places >= start) & (places < start + rows)] - start
                start += rows
                if len(here):
                    found.append(self._rows_of_group(part, number, here, chosen))
        taken = pa.concat_tables(found) if found else self._schema.empty_table()
        frame = self._frame(taken, chosen, self._integers_with_nulls(chosen))
        frame.index = pd.Index(places)
        return frame

    def _rows_of_group(self, part: Path, number: int, rows: np.ndarray, chosen: list[str]) -> pa.Table:
        """Decodes no more of the group than what comes before its last row asked for."""
        texts = [field.name for field in self._schema if pa.types.is_string(field.type)]
        pieces, start = [], 0
        with _opened(part, self._int96_unit, texts) as file:
            try:
                for batch in file.iter_batches(_TAKEN_ROWS, [number], chosen, use_threads=True):
                    here = rows[(rows >= start) & (rows < start + len(batch))] - start
                    start += len(batch)
                    if len(here):
                        kept = pa.Table.from_batches([batch]).take(pa.array(here))
                        pieces.append(kept.cast(pa.schema([self._schema.field(name) for name in chosen])))
                    if start > rows[-1]:
                        break
            except DAMAGED as error:
                raise _unreadable(part, error) from None
        return pa.concat_tables(pieces)

    def _frames(self, chosen: list[str], rows: int) -> Iterator[pd.DataFrame]:
        nullable = _told(self.path, self._integers_with_nulls, chosen)
        for part in self._parts:
            with _opened(part, self._int96_unit) as file:
                try:
                    for batch in file.iter_batches(batch_size=rows, columns=chosen, use_threads=True):
                        frame = _told(part, self._frame, pa.Table.from_batches([batch]), chosen, nullable)
                        yield frame
                except DAMAGED as error:
                    raise _unreadable(part, error) from None

    def _frame(self, table: pa.Table, chosen: list[str], nullable: Mapping[str, str]) -> pd.DataFrame:
        return exact_frame(table, nullable)[chosen]

    def _integers_with_nulls(self, chosen: list[str]) -> dict[str, str]:
        """The dtype of each integer column that holds a null anywhere: in every block, not only where the null is."""
        names = [name for name in chosen if pa.types.is_integer(self._schema.field(name).type)]
        holding = sorted(set().union(*(_with_nulls(each, names) for each in self._metadata)) if names else ())
        return {name: dtype_with_nulls(self._schema.field(name).type, *self._bounds(name)) for name in holding}

    def _bounds(self, name: str) -> tuple[int | None, int | None]:
        """The least and the greatest value of a column, as the files' own statistics tell; None if they do not."""
        least, greatest = [0], [0]
        for group in (part.row_group(number) for part in self._metadata for number in range(part.num_row_groups)):
            statistics = next(
                leaf.statistics
                for leaf in (group.column(place) for place in range(group.num_columns))
                if leaf.path_in_schema == name
            )
            if statistics is None or not statistics.has_null_count:
                return None, None
            if statistics.has_min_max:
                least.append(int(statistics.min))
                greatest.append(int(statistics.max))
            elif statistics.null_count < group.num_rows:
                return None, None
        return min(least), max(greatest)


class _opened:
    """A parquet file opened without following links; its own errors are told to people."""

    def __init__(self, path: Path, int96_unit: str = "ns", coded: Sequence[str] | None = None) -> None:
        self._path = path
        self._unit = int96_unit
        self._coded = coded  # columns whose texts are read as dictionaries, which is faster where they repeat

    def __enter__(self) -> pq.ParquetFile:
        self._handle = open_for_reading(self._path)
        try:
            return pq.ParquetFile(
                native(self._handle), coerce_int96_timestamp_unit=self._unit, read_dictionary=self._coded
            )
        except DAMAGED as error:
            self._handle.close()
            raise _unreadable(self._path, error) from None

    def __exit__(self, *_: object) -> None:
        self._handle.close()


def _has_far_moments(path: Path) -> bool:
    """Whether a moment of the old type INT96 lies beyond nanoseconds (1678 to 2261), where Arrow wraps it round."""
    with _opened(path, "us") as file:
        leaves = [file.metadata.schema.column(place) for place in range(file.metadata.num_columns)]
        names = [leaf.path for leaf in leaves if leaf.physical_type == "INT96" and leaf.path in file.schema_arrow.names]
        try:
            for batch in file.iter_batches(columns=names) if names else ():
                for column in batch.columns:
                    ends = pc.min_max(pc.year(column)).as_py()
                    if ends["min"] is not None and (ends["min"] < 1678 or ends["max"] > 2261):
                        return True
        except DAMAGED as error:
            raise _unreadable(path, error) from None
    return False


def _with_nulls(metadata: pq.FileMetaData, names: list[str]) -> set[str]:
    """Those of the columns that may hold a null, as far as the file's own statistics tell."""
    waiting, found = set(names), set()
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            leaf = group.column(place)
            if leaf.path_in_schema in waiting:
                statistics = leaf.statistics
                if statistics is None or not statistics.has_null_count or statistics.null_count:
                    found.add(leaf.path_in_schema)
    return found


def _one_schema(schemas: list[pa.Schema], parts: list[Path]) -> pa.Schema:
    for schema, part in zip(schemas, parts, strict=True):
        if schema.names != schemas[0].names or schema.types != schemas[0].types:
            raise TableError(f"{part.name} has other columns or types than {parts[0].name}; a folder is one table.")
        if len(set(schema.names)) < len(schema.names):
            raise TableError(f"{part.name} has two columns of one name; rename one.")
    return schemas[0].remove_metadata()


def _told(path: Path, work: Callable[..., Any], *values: Any) -> Any:
    """What `work` gives; what a damaged file makes it raise is told to people."""
    try:
        return work(*values)
    except DAMAGED as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> TableError:
    return TableError(
        f"{path.name} is not a readable parquet file ({first_line(error)}); write it again.", path=str(path)
    )
