"""Tables on disk: csv, parquet, or a folder of parquet files; read whole or in blocks, written whole or not at all."""

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from DataFoundry.errors import ColumnError, TableError, TooLargeError
from DataFoundry.settings import limits
from DataFoundry.storage.csv_reader import CsvFile
from DataFoundry.storage.files import whole_file
from DataFoundry.storage.paths import open_for_reading

BLOCK_ROWS = 200_000


class Table(ABC):
    """A table that lies on disk.

    Attributes
    ----------
    path
        The file or folder.
    columns
        Names in order.
    num_rows
        Rows, or None where only reading all of it would tell (csv).
    """

    path: Path
    columns: list[str]
    num_rows: int | None

    @abstractmethod
    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        """The table in blocks of at most `rows` rows, index 0..n-1 through all of them, equal dtypes in each.

        An empty table gives one empty block. Memory is that of a few blocks.
        """

    def read(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The whole table, or the named columns of it in the given order."""
        return pd.concat(list(self.blocks(columns)))

    def check(self, columns: Sequence[str] | None) -> list[str]:
        """`columns`, or all of them for None; raises ColumnError for one that is not there."""
        chosen = self.columns if columns is None else list(columns)
        missing = [name for name in chosen if name not in self.columns]
        if missing:
            raise ColumnError(
                f"{self.path.name} has no column {missing[0]!r}; it has {', '.join(self.columns[:20])}.",
                missing=missing,
            )
        return list(chosen)


class CsvTable(Table):
    """A csv file in UTF-8 with a header line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = CsvFile(path)
        self.columns = self._file.columns
        self.num_rows = None
        _refuse_columns(self.columns, path)

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        chosen = self.check(columns)
        for block in self._file.blocks(chosen or self.columns[:1], rows):  # no columns still have rows
            yield block[chosen]


class ParquetTable(Table):
    """A parquet file, or all `*.parquet` of a folder in the order of their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parts = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        self.num_rows = 0
        schemas = []
        self._metadata = []
        for part in self._parts:
            with _opened(part) as file:
                schemas.append(file.schema_arrow)
                self._metadata.append(file.metadata)
                self.num_rows += file.metadata.num_rows
        self._schema = _one_schema(schemas, self._parts)
        self.columns = [name for name in self._schema.names if not name.startswith("__index_level_")]
        _refuse_columns(self.columns, path)

    def blocks(self, columns: Sequence[str] | None = None, rows: int = BLOCK_ROWS) -> Iterator[pd.DataFrame]:
        chosen = self.check(columns)
        start = 0
        for frame in self._frames(chosen, rows):
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame
        if start == 0:
            yield self._frame(self._schema.empty_table(), chosen)

    def _frames(self, chosen: list[str], rows: int) -> Iterator[pd.DataFrame]:
        nullable = self._integers_with_nulls(chosen)
        for part in self._parts:
            with _opened(part) as file:
                try:
                    for batch in file.iter_batches(batch_size=rows, columns=chosen, use_threads=True):
                        frame = self._frame(pa.Table.from_batches([batch]), chosen)
                        yield frame.astype(dict.fromkeys(nullable, "float64"))
                except (pa.ArrowException, OSError) as error:
                    raise _unreadable(part, error) from None

    def _frame(self, table: pa.Table, chosen: list[str]) -> pd.DataFrame:
        return table.to_pandas(ignore_metadata=True, date_as_object=False)[chosen]

    def _integers_with_nulls(self, chosen: list[str]) -> list[str]:
        """Integer columns that hold a null anywhere: float64 in every block, not only where the null is."""
        names = [name for name in chosen if pa.types.is_integer(self._schema.field(name).type)]
        return sorted(set().union(*(_with_nulls(each, names) for each in self._metadata)) if names else ())


def open_table(path: Path) -> Table:
    """The table at a path that `paths.input_path` gave.

    Raises
    ------
    TableError, TooLargeError
        If it is no table of its kind, or has more columns than `settings.Limits.max_table_columns`.
    """
    return ParquetTable(path) if path.is_dir() or path.suffix.lower() == ".parquet" else CsvTable(path)


class TableWriter:
    """Write a table block by block; the file appears whole when the `with` block ends, or not at all on an error.

    The first block fixes columns and types; later blocks are cast to them.
    """

    def __init__(self, path: Path, schema: pa.Schema | None = None) -> None:
        self.path = path
        self.num_rows = 0
        self._schema = schema
        self._stack = ExitStack()
        self._parquet: pq.ParquetWriter | None = None

    def __enter__(self) -> "TableWriter":
        self._handle = self._stack.enter_context(whole_file(self.path))
        return self

    def write(self, frame: pd.DataFrame) -> None:
        """Append the rows of `frame`; its index is left out."""
        if self.path.suffix.lower() == ".csv":
            text = io.TextIOWrapper(self._handle, encoding="utf-8", newline="", write_through=True)
            frame.to_csv(text, index=False, header=self.num_rows == 0)
            text.detach()
        else:
            self._write_parquet(frame)
        self.num_rows += len(frame)

    def _write_parquet(self, frame: pd.DataFrame) -> None:
        try:
            table = pa.Table.from_pandas(frame, schema=self._schema, preserve_index=False)
        except (pa.ArrowException, TypeError) as error:
            raise TableError(
                f"{self.path.name} cannot be written as parquet ({_first_line(error)}); choose csv."
            ) from None
        if self._parquet is None:
            self._schema = _with_words_for_nulls(table.schema)
            table = table.cast(self._schema)
            self._parquet = self._stack.enter_context(pq.ParquetWriter(self._handle, self._schema, compression="zstd"))
        self._parquet.write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Replace `path` by `frame`, csv or parquet by its suffix."""
    with TableWriter(path) as writer:
        writer.write(frame)


def _with_words_for_nulls(schema: pa.Schema) -> pa.Schema:
    """A column that is null all through the first block may hold words in a later one."""
    return pa.schema([field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema])


class _opened:
    """A parquet file opened without following links; its own errors are told to people."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> pq.ParquetFile:
        self._handle = open_for_reading(self._path)
        descriptor = f"/dev/fd/{self._handle.fileno()}"
        try:
            # By its descriptor Arrow reads the very file that was checked, without Python's lock.
            return pq.ParquetFile(pa.OSFile(descriptor) if Path("/dev/fd").exists() else self._handle)
        except (pa.ArrowException, OSError) as error:
            self._handle.close()
            raise _unreadable(self._path, error) from None

    def __exit__(self, *_: object) -> None:
        self._handle.close()


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


def _refuse_columns(columns: list[str], path: Path) -> None:
    most = limits().max_table_columns
    if len(columns) > most:
        raise TooLargeError(
            f"{path.name} has {len(columns)} columns, more than the limit of {most}.", columns=len(columns)
        )
    if not columns:
        raise TableError(f"{path.name} has no columns; write it again.")


def _unreadable(path: Path, error: Exception) -> TableError:
    return TableError(
        f"{path.name} is not a readable parquet file ({_first_line(error)}); write it again.", path=str(path)
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
