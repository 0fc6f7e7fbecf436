"""SQLite: one file, in which each cell has a type of its own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from DataFoundry.errors import ImpossibleError, SourceError, TableError
from DataFoundry.sources.connected.database import BLOCK_ROWS, Database, block_of, part_name, python_rows
from DataFoundry.sources.connected.files import database_file

_WAIT = 10.0  # seconds for another program that writes
_EXACT = 2**53


class SQLite(Database):
    """`sqlite:////absolute/path`, or `sqlite:///path` in `backend/`."""

    def blocks(self, table: str | None, rows: int | None) -> Iterator[pa.Table]:
        try:
            with closing(self._connected("ro")) as connection:
                connection.execute("BEGIN")
                source = f"({self.url.query})" if table is None else self._found(connection, table)
                if rows is not None:
                    source = f"(SELECT * FROM {source} LIMIT {int(rows)})"
                schema = self._schema(connection, source, table)
                cursor = connection.execute(f"SELECT * FROM {source}")
                yield block_of(cursor.fetchmany(BLOCK_ROWS), schema)
                while block := cursor.fetchmany(BLOCK_ROWS):
                    yield block_of(block, schema)
        except sqlite3.Error as error:
            problem = self._problem(error)
        else:
            return
        raise problem from None

    def replace(self, table: str, schema: pa.Schema, blocks: Iterator[pa.Table]) -> None:
        part, places = _quoted(part_name(table)), ", ".join("?" * len(schema))
        columns = ", ".join(f"{_quoted(field.name)} {_declared(field.type)}" for field in schema)
        try:
            with closing(self._connected("rwc")) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"DROP TABLE IF EXISTS {part}")
                connection.execute(f"CREATE TABLE {part} ({columns})")
                for block in blocks:
                    connection.executemany(f"INSERT INTO {part} VALUES ({places})", _sqlite_rows(block))
                connection.execute(f"DROP TABLE IF EXISTS {_quoted(table)}")
                connection.execute(f"ALTER TABLE {part} RENAME TO {_quoted(table)}")
                connection.execute("COMMIT")
            return
        except sqlite3.Error as error:
            problem = self._problem(error)
        raise problem from None

    def _connected(self, mode: str) -> sqlite3.Connection:
        path = database_file(self.url, must_exist=mode == "ro")
        name = f"file:{quote(str(path))}?mode={mode}"
        connection = sqlite3.connect(name, uri=True, timeout=_WAIT, isolation_level=None)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # nothing else is opened from here
        return connection

    def _found(self, connection: sqlite3.Connection, table: str) -> str:
        kind = connection.execute(
            "SELECT type FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')", [table]
        ).fetchone()
        if kind is None:
            raise self.missing(table)
        # In the order of the rows, whatever index holds the same columns.
        return f"{_quoted(table)} NOT INDEXED" if kind[0] == "table" else _quoted(table)

    def _schema(self, connection: sqlite3.Connection, source: str, table: str | None) -> pa.Schema:
        """The type of each column, by the types of all its cells."""
        told = connection.execute("SELECT name, type FROM pragma_table_info(?)", [table or ""]).fetchall()
        truths = {name for name, kind in told if kind.upper() in ("BOOLEAN", "BOOL")}
        described = connection.execute(f"SELECT * FROM {source} LIMIT 0").description
        names = [each[0] for each in described]
        if len({name.lower() for name in names}) < len(names):
            raise TableError(f"The source {self.url.name!r} gives two columns of one name; rename one in its query.")
        found = []
        for name in names:
            column = _quoted(name)
            kinds = connection.execute(
                f"SELECT max(typeof({column}) = 'integer'), max(typeof({column}) = 'real'), "
                f"max(typeof({column}) IN ('text', 'blob')), "
                f"max(CASE WHEN typeof({column}) = 'integer' THEN abs({column} / 2) END) FROM {source}"
            ).fetchone()
            truth = name in truths and kinds[:3] == (1, 0, 0) and kinds[3] == 0
            found.append(pa.field(name, pa.bool_() if truth else _type(*kinds)))
        return pa.schema(found)

    def _problem(self, error: sqlite3.Error) -> Exception:
        reason = self.url.without_secrets(str(error))
        if "use DROP VIEW" in reason or "object name reserved" in reason:
            return ImpossibleError(f"The source {self.url.name!r} cannot replace this ({reason}); choose another name.")
        if isinstance(error, (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)):
            return TableError(f"The source {self.url.name!r} does not take these values ({reason}).")
        return SourceError(f"The source {self.url.name!r} failed ({reason}); nothing was written. Try again.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(whole: int | None, real: int | None, text: int | None, half: int | None) -> pa.DataType:
    if text:
        return pa.string()
    if whole and real and (half or 0) > _EXACT // 2:
        return pa.string()  # neither type holds every value
    if real or not whole:
        return pa.float64()
    return pa.int64()


def _declared(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "BOOLEAN"
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) or pa.types.is_decimal(kind) else "TEXT"


def _sqlite_rows(block: pa.Table) -> list[tuple[Any, ...]]:
    """Rows of what SQLite knows: numbers and texts; moments as ISO 8601 has them."""
    columns = []
    for column in block.columns:
        if pa.types.is_temporal(column.type):
            column = column.cast(pa.string())
        elif pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        columns.append(column)
    return python_rows(pa.table(columns, names=block.column_names))
