"""DuckDB: one file, read and written as Arrow holds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from DataFoundry.errors import ImpossibleError, SourceError, TableError, first_line
from DataFoundry.sources.connected.database import BLOCK_ROWS, Database, number_type, part_name
from DataFoundry.sources.connected.files import database_file
from DataFoundry.sources.connected.url import driver

_SYSTEM = ("information_schema", "pg_catalog")


class DuckDB(Database):
    """`duckdb:////absolute/path`, or `duckdb:///path` in `backend/`."""

    def blocks(self, table: str | None, rows: int | None) -> Iterator[pa.Table]:
        limit = "" if rows is None else f" LIMIT {int(rows)}"
        with self._connected(read_only=True) as connection:
            source = f"({self.url.query})" if table is None else self._found(connection, table)
            reader = connection.sql(f"SELECT * FROM {source}{limit}").to_arrow_reader(BLOCK_ROWS)
            schema = pa.schema([pa.field(each.name, _type(each.type)) for each in reader.schema])
            given = False
            for batch in reader:
                given = True
                yield _cast(pa.Table.from_batches([batch]), schema)
            if not given:
                yield schema.empty_table()

    def replace(self, table: str, schema: pa.Schema, blocks: Iterator[pa.Table]) -> None:
        space, name = self._parts(table)
        target, part = (space + _quoted(each) for each in (name, part_name(table)))
        batches = (batch for block in blocks for batch in block.to_batches())
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        with self._connected(read_only=False) as connection:
            connection.execute("BEGIN")
            connection.register("datafoundry_rows", reader)
            connection.execute(f"DROP TABLE IF EXISTS {part}")
            connection.execute(f"CREATE TABLE {part} AS SELECT * FROM datafoundry_rows")
            connection.unregister("datafoundry_rows")
            connection.execute(f"DROP TABLE IF EXISTS {target}")
            connection.execute(f"ALTER TABLE {part} RENAME TO {_quoted(name)}")
            connection.execute("COMMIT")

    @contextmanager
    def _connected(self, read_only: bool) -> Iterator[Any]:
        duckdb = driver(self.url.name, "duckdb", "duckdb")
        path = database_file(self.url, must_exist=read_only)
        try:
            # Neither a view nor a query opens other files or hosts.
            settings = {"enable_external_access": "false", "python_enable_replacements": "false", "threads": "2"}
            with duckdb.connect(str(path), read_only=read_only, config=settings) as connection:
                yield connection
            return
        except duckdb.Error as error:
            problem = self._problem(duckdb, error)
        raise problem from None

    def _problem(self, duckdb: Any, error: Exception) -> Exception:
        name, reason = self.url.name, self.url.without_secrets(first_line(error)).rstrip(". ")
        if isinstance(error, (duckdb.CatalogException, duckdb.DependencyException)):
            return ImpossibleError(f"The source {name!r} cannot do this ({reason}); choose another name.")
        if isinstance(error, (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.DataError)):
            return TableError(f"The source {name!r} has or gets values that do not fit ({reason}).")
        if "lock" in reason.lower():
            return SourceError(f"The file of the source {name!r} is in use by another program; try again later.")
        return SourceError(f"The source {name!r} failed ({first_line(Exception(reason))}); nothing was written.")

    def _parts(self, table: str) -> tuple[str, str]:
        space, _, name = table.rpartition(".")
        return (f"{_quoted(space)}." if space else ""), name

    def _found(self, connection: Any, table: str) -> str:
        """The table as SQL names it: a name with dots may be the table's own, or one behind that of its schema."""
        space, _, name = table.rpartition(".")
        for parts in (("main", table), (space, name)):
            rows = connection.execute(
                "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ? "
                "AND table_catalog = current_database()",
                list(parts),
            ).fetchall()
            if rows and parts[0] not in _SYSTEM:
                return ".".join(map(_quoted, parts))
        raise self.missing(table)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return number_type(kind.precision, kind.scale)
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return pa.string()
    return kind


def _cast(block: pa.Table, schema: pa.Schema) -> pa.Table:
    made = [
        pa.chunked_array([pa.array([None if each is None else str(each) for each in column.to_pylist()], field.type)])
        if pa.types.is_duration(column.type) or pa.types.is_time(column.type)
        else column.cast(field.type, safe=not pa.types.is_decimal(column.type))
        for column, field in zip(block.columns, schema, strict=True)
    ]
    return pa.table(made, schema=schema)
