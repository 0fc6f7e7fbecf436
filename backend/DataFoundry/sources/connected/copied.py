"""A table of a source as a local one.

A source is read once, block by block, into a hidden file in the folder of outputs, and every pass reads that: passes
agree though the source changes meanwhile, a source that fails does so before any work is done, and what is fast with
files stays fast. The file goes with the table.
"""

import os
import weakref
from collections.abc import Callable
from pathlib import Path

from DataFoundry.roots import output_home
from DataFoundry.sources.parquet import ParquetTable
from DataFoundry.sources.table import Table
from DataFoundry.storage.addresses import Address
from DataFoundry.storage.files import remove_folder, temporary_folder


def copied(address: Address, open_file: Callable[[Path], Table], rows: int | None) -> Table:
    """The table at an address, of a database only its first `rows`.

    Raises
    ------
    SourceError, MissingFileError, ForbiddenPathError, TableError, DiskFullError
    """
    source = address.source()
    folder = temporary_folder(output_home(), "source")
    try:
        table = open_file(source.fetch(address.key, folder, None if rows is None else rows + 1))
    except BaseException:
        remove_folder(folder)
        raise
    if isinstance(table, ParquetTable):
        table.path = address  # what people are told; it is read from its parts
        if rows is not None and not address.is_file and (table.num_rows or 0) > rows:
            table.num_rows = None  # nobody counted
    weakref.finalize(table, _removed, folder, os.getpid())
    return table


def _removed(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # and not in a process forked from it
        remove_folder(folder)
