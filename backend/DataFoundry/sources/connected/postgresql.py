"""PostgreSQL, by COPY: rows stream from and to the server."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from DataFoundry.errors import ForbiddenPathError, ImpossibleError, SourceError, TableError, first_line
from DataFoundry.sources.connected.database import Database, number_type, part_name
from DataFoundry.sources.connected.url import driver

_TYPES = {
    16: pa.bool_(),
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    26: pa.int64(),  # oid
    700: pa.float32(),
    701: pa.float64(),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
}
_NUMERIC = 1700
_LONGEST_NAME = 63  # bytes; longer ones would be cut
_BLOCK_BYTES = 16 * 2**20
_REFUSED = ("28P01", "28000")
_DEFAULTS = {"connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
# Rows in the order in which they lie there, whichever columns are asked for.
_SETTINGS = (
    "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1; SET client_encoding = 'UTF8'; "
    "SET synchronize_seqscans = off; SET enable_indexonlyscan = off"
)


class PostgreSQL(Database):
    """`postgresql://user:password@host:port/database`, options as libpq has them."""

    def blocks(self, table: str | None, rows: int | None) -> Iterator[pa.Table]:
        sql = self._sql
        with self._connected() as connection:
            connection.read_only = True
            connection.execute(_SETTINGS)
            source = (
                sql.SQL("({}) q").format(sql.SQL(self.url.query)) if table is None else self._found(connection, table)
            )
            limit = sql.SQL("" if rows is None else f" LIMIT {int(rows)}")
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(source))
                schema = pa.schema([pa.field(each.name, _type(each)) for each in cursor.description])
                statement = sql.SQL("COPY (SELECT * FROM {}{}) TO STDOUT (FORMAT csv)").format(source, limit)
                with cursor.copy(statement) as copy:
                    yield from self._parsed(copy, schema)

    def _parsed(self, copy: Any, schema: pa.Schema) -> Iterator[pa.Table]:
        """The rows of a COPY; what is not quoted and empty is null."""
        stream = _Stream(copy)
        if not schema.names:
            raise TableError(f"The table of the source {self.url.name!r} has no columns.")
        if not stream.has_rows():
            yield schema.empty_table()
            return
        try:
            for batch in pacsv.open_csv(
                pa.PythonFile(stream, "r"),
                pacsv.ReadOptions(column_names=[f"c{place}" for place in range(len(schema))], block_size=_BLOCK_BYTES),
                pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
                pacsv.ConvertOptions(
                    column_types={f"c{place}": field.type for place, field in enumerate(schema)},
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    true_values=["t"],
                    false_values=["f"],
                ),
            ):
                yield pa.Table.from_batches([batch]).rename_columns(schema.names)
        except pa.ArrowInvalid as error:
            if stream.failed is not None:
                raise stream.failed from None
            raise TableError(
                f"A table of the source {self.url.name!r} has values that cannot be read ({first_line(error)}); cast "
                "them to text in a view."
            ) from None

    def replace(self, table: str, schema: pa.Schema, blocks: Iterator[pa.Table]) -> None:
        sql, space, name = self._sql, *self._parts(table)
        self._refuse_name(space, name)
        part = sql.Identifier(*([space] if space else []), part_name(table))
        target = sql.Identifier(*([space] if space else []), name)
        columns = [sql.SQL("{} {}").format(sql.Identifier(each.name), sql.SQL(_declared(each.type))) for each in schema]
        with self._connected() as connection:
            connection.execute("SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'")
            with connection.transaction():
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(part))
                connection.execute(sql.SQL("CREATE TABLE {} ({})").format(part, sql.SQL(", ").join(columns)))
                with (
                    connection.cursor() as cursor,
                    cursor.copy(sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(part)) as copy,
                ):
                    for block in blocks:
                        copy.write(_as_csv(block))
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(target))
                connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(part, sql.Identifier(name)))

    @property
    def _sql(self) -> Any:
        return driver(self.url.name, "psycopg.sql", "psycopg[binary]")

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """A connection that is closed at the end; failures that people know are told in their own words."""
        psycopg = driver(self.url.name, "psycopg", "psycopg[binary]")
        url, connected = self.url, False
        given = {"host": url.host, "port": url.port, "user": url.user, "password": url.password, "dbname": url.path}
        options = {**_DEFAULTS, **{key: value for key, value in given.items() if value}, **url.options}
        try:
            with psycopg.connect(autocommit=False, **options) as connection:
                connected = True
                yield connection
            return
        except psycopg.Error as error:
            problem = self._problem(psycopg, error, connected)
        raise problem from None

    def _problem(self, psycopg: Any, error: Any, connected: bool) -> Exception:
        name, reason = self.url.name, self.url.without_secrets(first_line(error)).rstrip(". ")
        if error.sqlstate in _REFUSED or "authentication failed" in str(error):
            return SourceError(
                f"The source {name!r} refused the service's credentials; its operator should check them."
            )
        if not connected:
            return SourceError(f"The source {name!r} cannot be reached; try again later, or ask its operator.")
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            return ForbiddenPathError(f"The source {name!r} does not let the service do this ({reason}).")
        if isinstance(error, (psycopg.errors.WrongObjectType, psycopg.errors.DependentObjectsStillExist)):
            return ImpossibleError(f"The source {name!r} cannot replace this table ({reason}); choose another name.")
        if isinstance(error, psycopg.DataError):
            return TableError(f"The source {name!r} does not take these values ({reason}).")
        if isinstance(error, psycopg.OperationalError) and error.sqlstate is None or connection_lost(error.sqlstate):
            return SourceError(f"The connection to the source {name!r} broke off; nothing was written. Try again.")
        return SourceError(
            f"The source {name!r} failed ({reason}); nothing was written. Try again, or ask its operator."
        )

    def _parts(self, table: str) -> tuple[str | None, str]:
        space, _, name = table.rpartition(".")
        return space or None, name

    def _refuse_name(self, space: str | None, name: str) -> None:
        if any(len(each.encode()) > _LONGEST_NAME for each in (space or "", name)):
            raise ImpossibleError(f"A table of PostgreSQL has a name of at most {_LONGEST_NAME} bytes; choose another.")

    def _found(self, connection: Any, table: str) -> Any:
        """The table as SQL names it: a name with dots may be the table's own, or one behind that of its schema."""
        sql = self._sql
        for parts in ((table,), tuple(table.rpartition(".")[::2])):
            if not all(parts) or (len(parts) == 2 and (parts[0].startswith("pg_") or parts[0] == "information_schema")):
                continue
            named = sql.Identifier(*parts)
            found = connection.execute(
                "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.oid = to_regclass(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
                [named.as_string(connection)],
            ).fetchone()
            if found is not None and found[0] not in ("pg_catalog", "information_schema"):
                return named
        raise self.missing(table)


def connection_lost(state: str | None) -> bool:
    """Whether an SQLSTATE says that the server is gone (08: connection, 57P: shut down by somebody)."""
    return bool(state) and str(state).startswith(("08", "57P"))


class _Stream(io.RawIOBase):
    """The bytes of a COPY as a file; keeps what it failed with, since Arrow may tell it in words of its own."""

    def __init__(self, copy: Any) -> None:
        self._copy, self._held = copy, memoryview(b"")
        self.failed: Exception | None = None

    def readable(self) -> bool:
        return True

    def has_rows(self) -> bool:
        """Whether there is anything to read."""
        self._fill()
        return bool(self._held)

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            self._fill()
        size = min(len(buffer), len(self._held))
        buffer[:size] = self._held[:size]
        self._held = self._held[size:]
        return size

    def _fill(self) -> None:
        pieces, held = [], 0
        try:
            while held < 2**20 and (piece := self._copy.read()):
                pieces.append(bytes(piece))
                held += len(piece)
        except Exception as error:
            self.failed = error
            raise
        self._held = memoryview(b"".join(pieces))


def _type(column: Any) -> pa.DataType:
    if column.type_code == _NUMERIC:
        return number_type(column.precision, column.scale)
    return _TYPES.get(column.type_code, pa.string())


def _declared(kind: pa.DataType) -> str:
    """The type of a column that holds such values."""
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    names = {
        pa.bool_(): "boolean",
        pa.int8(): "smallint",
        pa.uint8(): "smallint",
        pa.int16(): "smallint",
        pa.uint16(): "integer",
        pa.int32(): "integer",
        pa.uint32(): "bigint",
        pa.int64(): "bigint",
        pa.uint64(): "numeric(20)",
        pa.float32(): "real",
        pa.float64(): "double precision",
        pa.date32(): "date",
        pa.date64(): "date",
    }
    return names.get(kind, "text")


def _as_csv(block: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pacsv.write_csv(block, sink, pacsv.WriteOptions(include_header=False, quoting_style="needed"))
    return sink.getvalue().to_pybytes()
