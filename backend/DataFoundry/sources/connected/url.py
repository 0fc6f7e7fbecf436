"""What the operator's URL of a source says, and how its failures are told without it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from DataFoundry.errors import DataFoundryError, ForbiddenPathError, MissingFileError, SourceError, first_line

_YES = ("yes", "true", "1")


@dataclass(frozen=True)
class SourceUrl:
    """A URL in parts, percent-decoded.

    Attributes
    ----------
    name
        What the operator calls the source.
    path
        Behind the host, without the leading slash: a database, a folder of a bucket, or a file.
    table, query
        The only table, or the only query, that may be read; None where requests name the table.
    writable
        Whether tables may be written: `?write=yes`.
    options
        What else stands behind the question mark, for the driver.
    """

    name: str
    scheme: str
    user: str | None = field(repr=False)
    password: str | None = field(repr=False)
    host: str | None
    port: int | None
    path: str
    table: str | None
    query: str | None
    writable: bool
    options: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, name: str, url: str) -> "SourceUrl":
        """Raises SourceError if the URL cannot be taken apart."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
            port = parts.port
        except ValueError:
            raise SourceError(f"The URL of the source {name!r} is malformed; its operator should correct it.") from None
        user, password = (None if each is None else unquote(each) for each in (parts.username, parts.password))
        return cls(
            name,
            parts.scheme.lower(),
            user,
            password,
            parts.hostname,
            port,
            unquote(parts.path[1:]),
            options.pop("table", None),
            options.pop("query", None),
            options.pop("write", "no").lower() in _YES,
            options,
        )

    def readable(self, key: str) -> str | None:
        """The table to read; None for the query.

        Raises
        ------
        ForbiddenPathError
            If only another one may be read.
        MissingFileError
            If none is named.
        """
        fixed = self.table or self.query
        if fixed is not None:
            if key and key != self.table:
                raise ForbiddenPathError(
                    f"The source {self.name!r} gives one table only; name it source://{self.name} alone."
                )
            return self.table
        if not key:
            raise MissingFileError(f"Name a table of the source {self.name!r}, as in source://{self.name}/adult.")
        return key

    def refuse_writing(self) -> None:
        """Raise ForbiddenPathError unless the operator lets tables be written."""
        if not self.writable or self.table or self.query:
            raise ForbiddenPathError(
                f"The source {self.name!r} is read only; its operator allows writing with ?write=yes in its URL."
            )

    def without_secrets(self, text: str) -> str:
        """A driver's words without what the URL holds: user, password, host, and the values of its options."""
        secret = [self.user, self.password, self.host, *self.options.values()]
        for each in sorted({each for each in secret if each}, key=len, reverse=True):
            for spelling in (each, quote(each, safe="")):
                text = text.replace(spelling, "***")
        return text


def driver(name: str, module: str, package: str) -> Any:
    """A driver's module, imported only when a source needs it.

    Raises
    ------
    SourceError
        With the package to install.
    """
    try:
        return import_module(module)
    except ImportError:
        raise SourceError(
            f"The source {name!r} needs the package {package}, which is not installed where the service runs; install "
            f"it there (pip install '{package}').",
            package=package,
        ) from None


@contextmanager
def told(url: SourceUrl) -> Iterator[None]:
    """Whatever a driver raises becomes one sentence without secrets; its own traceback, which may hold them, ends here.

    Raises
    ------
    SourceError
    """
    try:
        yield
    except (DataFoundryError, MemoryError):
        raise
    except Exception as error:  # drivers and what they stand on raise what they like
        reason = url.without_secrets(first_line(error)).rstrip(". ")
    else:
        return
    raise SourceError(
        f"The source {url.name!r} failed ({reason}); nothing was written. Try again, or ask its operator.",
        source=url.name,
    ) from None
