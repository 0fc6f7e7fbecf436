"""The table at a path, whatever kind of file it is."""

from pathlib import Path

from DataFoundry.config import ReadOptions
from DataFoundry.errors import TableError
from DataFoundry.sources.arrow_file import ArrowTable
from DataFoundry.sources.connected.copied import copied
from DataFoundry.sources.json_file import read_json
from DataFoundry.sources.memory import MemoryTable
from DataFoundry.sources.parquet import ParquetTable
from DataFoundry.sources.spreadsheet import read_spreadsheet
from DataFoundry.sources.table import Table
from DataFoundry.sources.text_table import TextTable
from DataFoundry.storage.addresses import Address
from DataFoundry.storage.streams import kind_of


def open_table(path: Path, options: ReadOptions | None = None, rows: int | None = None) -> Table:
    """The table at a path that `paths.input_path` gave, read as `options` say where they say something.

    Parameters
    ----------
    rows
        How many of the first rows will be looked at; a database gives no more. A file is opened whole.

    Raises
    ------
    TableError, TooLargeError
        If it is no table of its kind, or has more columns than `settings.Limits.max_table_columns`.
    SourceError, MissingFileError, ForbiddenPathError
        If a source cannot be read, or has no such table.
    """
    options = options or ReadOptions()
    if isinstance(path, Address):
        return copied(path, lambda file: open_table(file, options), rows)
    kind = kind_of(path)
    if path.is_dir() or kind == ".parquet":
        return ParquetTable(path)
    if kind in (".csv", ".tsv", ".txt"):
        return TextTable(path, options)
    if kind in (".json", ".jsonl", ".ndjson"):
        return MemoryTable(path, *read_json(path))
    if kind in (".xlsx", ".xls", ".ods"):
        return MemoryTable(path, *read_spreadsheet(path, options))
    if kind in (".feather", ".arrow"):
        return ArrowTable(path)
    raise TableError(f"{path.name} is no table that can be read; convert it to csv or parquet.")
