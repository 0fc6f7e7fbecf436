"""MySQL and MariaDB: rows come from the server's own cursor, and go there many at a time."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from DataFoundry.errors import ForbiddenPathError, ImpossibleError, SourceError, TableError
from DataFoundry.sources.connected.database import (
    BLOCK_ROWS,
    Database,
    block_of,
    number_type,
    part_name,
)
from DataFoundry.sources.connected.url import driver

_PACKAGE = "PyMySQL"
_OPTIONS = ("ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity", "unix_socket", "charset")
_SECONDS = {"connect_timeout": 10, "read_timeout": 600, "write_timeout": 600}
_LONGEST_NAME = 64
_REFUSED = (1044, 1045, 1698)  # the numbers of errors are the server's
_MISSING = (1146, 1049)
_FORBIDDEN = (1142, 1143, 1227)
_UNREACHED = (2002, 2003, 2005)
_BROKEN = (2006, 2013, 2014, 2055, 1053, 1927)
_ROWS_AT_ONCE = 2_000
_BINARY = 63  # the number of the character set of bytes
_ZERO = "0000-00-00"


class MySQL(Database):
    """`mysql://user:password@host:port/database`; tables are those of this database."""

    def blocks(self, table: str | None, rows: int | None) -> Iterator[pa.Table]:
        driver(self.url.name, "pymysql", _PACKAGE)
        limit = "" if rows is None else f" LIMIT {int(rows)}"
        with self._connected() as connection, self._told(table or "", connection):
            source = f"({self.url.query}) q" if table is None else self._found(connection, table)
            cursor = connection.cursor(_cursors(self.url.name).SSCursor)
            cursor.execute(f"SELECT * FROM {source}{limit}")
            schema = pa.schema([_field(each) for each in cursor._result.fields])
            yield block_of(self._plain(cursor.fetchmany(BLOCK_ROWS), schema), schema)
            while block := cursor.fetchmany(BLOCK_ROWS):
                yield block_of(self._plain(block, schema), schema)

    def replace(self, table: str, schema: pa.Schema, blocks: Iterator[pa.Table]) -> None:
        if len(table) > _LONGEST_NAME or table != table.strip():
            raise ImpossibleError(f"A table of MySQL has a name of at most {_LONGEST_NAME} characters; choose another.")
        part, old = _quoted(part_name(table)), _quoted(part_name(table) + "_old")
        columns = ", ".join(f"{_quoted(field.name)} {_declared(field.type)}" for field in schema)
        try:
            with self._connected() as connection, self._told(table, connection), connection.cursor() as cursor:
                cursor.execute("SET SESSION time_zone = '+00:00'")
                self._refuse_view(cursor, table)
                cursor.execute(f"DROP TABLE IF EXISTS {part}, {old}")
                cursor.execute(f"CREATE TABLE {part} ({columns}) CHARACTER SET utf8mb4")
                statement = f"INSERT INTO {part} VALUES ({', '.join(['%s'] * len(schema))})"
                for block in blocks:
                    values = _rows(block)
                    for start in range(0, len(values), _ROWS_AT_ONCE):
                        cursor.executemany(statement, values[start : start + _ROWS_AT_ONCE])
                connection.commit()
                self._swap(cursor, table, part, old)
        except BaseException:
            self._forget(part)
            raise

    def _swap(self, cursor: Any, table: str, part: str, old: str) -> None:
        """Both renamings happen at once, so that whoever reads meets one of the two tables."""
        if self._kind(cursor, table) is None:
            cursor.execute(f"RENAME TABLE {part} TO {_quoted(table)}")
            return
        cursor.execute(f"RENAME TABLE {_quoted(table)} TO {old}, {part} TO {_quoted(table)}")
        cursor.execute(f"DROP TABLE {old}")

    def _kind(self, cursor: Any, table: str) -> str | None:
        """What the server calls a table of this name; None if there is none."""
        cursor.execute(
            "SELECT table_type FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
            [table],
        )
        found = cursor.fetchone()
        return None if found is None else str(found[0])

    def _refuse_view(self, cursor: Any, table: str) -> None:
        if self._kind(cursor, table) not in (None, "BASE TABLE"):
            raise ImpossibleError(f"{table!r} of the source {self.url.name!r} is a view; choose another name.")

    def _forget(self, part: str) -> None:
        """Take an unfinished table away, over a new connection since the old one may be what failed."""
        with contextlib.suppress(Exception), self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {part}")

    def _found(self, connection: Any, table: str) -> str:
        """The table as SQL names it, read in the order of its primary key whatever else is indexed."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM information_schema.statistics s WHERE s.table_schema = t.table_schema "
                "AND s.table_name = t.table_name AND s.index_name = 'PRIMARY') FROM information_schema.tables t "
                "WHERE t.table_schema = DATABASE() AND t.table_name = %s",
                [table],
            )
            found = cursor.fetchone()
        if found is None:
            raise self.missing(table)
        return _quoted(table) + (" FORCE INDEX (PRIMARY)" if found[0] else "")

    def _plain(self, rows: Any, schema: pa.Schema) -> list[tuple[Any, ...]]:
        """The rows with null for dates of zeros, which no calendar has."""
        dates = [place for place, field in enumerate(schema) if pa.types.is_temporal(field.type)]
        if not dates or not any(isinstance(row[place], str) for row in rows for place in dates):
            return list(rows)
        changed = []
        for row in rows:
            for place in dates:
                if isinstance(row[place], str) and not row[place].startswith(_ZERO):
                    raise TableError(
                        f"Column {schema[place].name!r} of the source {self.url.name!r} has a date that no calendar "
                        "has; cast it to text in a view."
                    )
            changed.append(
                tuple(None if place in dates and isinstance(each, str) else each for place, each in enumerate(row))
            )
        return changed

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        pymysql, url = driver(self.url.name, "pymysql", _PACKAGE), self.url
        options: dict[str, Any] = {key: value for key, value in url.options.items() if key in _OPTIONS}
        if "ssl_verify_cert" in options:
            options["ssl_verify_cert"] = options["ssl_verify_cert"].lower() in ("yes", "true", "1")
        given = {"host": url.host, "port": url.port, "user": url.user, "password": url.password, "database": url.path}
        options |= {"charset": "utf8mb4"} | {key: value for key, value in given.items() if value} | _SECONDS
        with self._told("", None):
            connection = pymysql.connect(**options)
        try:
            yield connection
        finally:
            _end(connection)

    @contextlib.contextmanager
    def _told(self, table: str, connection: Any) -> Iterator[None]:
        """Failures that people know in their own words."""
        pymysql = driver(self.url.name, "pymysql", _PACKAGE)
        try:
            yield
            return
        except (pymysql.err.Error, OSError) as error:
            problem = self._problem(pymysql, error, table, connection)
        raise problem from None

    def _problem(self, pymysql: Any, error: Exception, table: str, connection: Any) -> Exception:
        name = self.url.name
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        reason = self.url.without_secrets(str(error.args[-1] if error.args else type(error).__name__)).rstrip(". ")
        if number in _REFUSED:
            return SourceError(
                f"The source {name!r} refused the service's credentials; its operator should check them."
            )
        if number in _UNREACHED or connection is None:
            return SourceError(f"The source {name!r} cannot be reached; try again later, or ask its operator.")
        if number in _MISSING:
            return self.missing(table)
        if number in _FORBIDDEN:
            return ForbiddenPathError(f"The source {name!r} does not let the service do this ({reason}).")
        if number in _BROKEN or isinstance(error, (OSError, pymysql.err.InterfaceError)):
            return SourceError(f"The connection to the source {name!r} broke off; nothing was written. Try again.")
        if isinstance(error, pymysql.err.DataError):
            return TableError(f"The source {name!r} does not take these values ({reason}).")
        return SourceError(
            f"The source {name!r} failed ({reason}); nothing was written. Try again, or ask its operator."
        )


def _cursors(name: str) -> Any:
    return driver(name, "pymysql.cursors", _PACKAGE)


def _end(connection: Any) -> None:
    """Close a connection at once: a polite end would wait for the rows that are still on their way."""
    result, connection._result = connection._result, None
    if result is not None:
        result.unbuffered_active = False
    connection._force_close()


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _field(column: Any) -> pa.Field:
    """The type of a column of a result (`pymysql.protocol.FieldDescriptorPacket`)."""
    return pa.field(column.name, _type(column))


def _type(column: Any) -> pa.DataType:
    """By the numbers of the protocol."""
    code, unsigned = column.type_code, bool(column.flags & 32)
    whole = {1: (pa.int8(), pa.uint8()), 2: (pa.int16(), pa.uint16()), 3: (pa.int32(), pa.uint32())}
    whole |= {9: whole[3], 8: (pa.int64(), pa.uint64()), 13: (pa.int16(), pa.int16())}
    if code in whole:
        return whole[code][unsigned]
    if code in (0, 246):  # DECIMAL, NEWDECIMAL; the length counts the sign and the point
        digits = column.length - (0 if unsigned else 1) - (1 if column.scale else 0)
        return number_type(digits, column.scale)
    kinds = {4: pa.float32(), 5: pa.float64(), 10: pa.date32(), 7: pa.timestamp("us"), 12: pa.timestamp("us")}
    return kinds.get(code, pa.string())


def _declared(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "DATETIME(6)"
    names = {
        pa.bool_(): "BOOLEAN",
        pa.int8(): "TINYINT",
        pa.uint8(): "TINYINT UNSIGNED",
        pa.int16(): "SMALLINT",
        pa.uint16(): "SMALLINT UNSIGNED",
        pa.int32(): "INT",
        pa.uint32(): "INT UNSIGNED",
        pa.int64(): "BIGINT",
        pa.uint64(): "BIGINT UNSIGNED",
        pa.float32(): "FLOAT",
        pa.float64(): "DOUBLE",
        pa.date32(): "DATE",
        pa.date64(): "DATE",
    }
    return names.get(kind, "LONGTEXT")


def _rows(block: pa.Table) -> list[tuple[Any, ...]]:
    """Rows as the driver takes them; it knows neither NaN nor infinity."""
    columns = []
    for column in block.columns:
        values = column.to_pylist()
        if pa.types.is_floating(column.type):
            values = [None if each is None or each - each != 0 else each for each in values]
        elif pa.types.is_timestamp(column.type) and column.type.tz:
            values = [
                None if each is None else each.replace(tzinfo=None)
                for each in column.cast(pa.timestamp("us", "UTC")).to_pylist()
            ]
        columns.append(values)
    return list(zip(*columns, strict=True)) if columns else []
