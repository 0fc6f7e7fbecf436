"""Tables outside the file system: `source://NAME/table`, where the operator said what NAME is.

An address is a path to the rest of the library, so that whatever takes a file takes it. What lies beside it (a report,
a temporary file) lies in the output folder. The code behind a kind of source is imported when it is first used.
"""

import os
import re
from importlib import import_module
from pathlib import Path, PosixPath, WindowsPath
from typing import Any, Protocol

from DataFoundry.errors import ConfigError, ForbiddenPathError, ImpossibleError, PathTextError
from DataFoundry.roots import SOURCE as SCHEME
from DataFoundry.roots import output_home, own_sources
from DataFoundry.settings import SOURCES_VARIABLE, named_sources

KINDS = {
    "postgresql": "DataFoundry.sources.connected.postgresql:PostgreSQL",
    "postgres": "DataFoundry.sources.connected.postgresql:PostgreSQL",
    "mysql": "DataFoundry.sources.connected.mysql:MySQL",
    "mariadb": "DataFoundry.sources.connected.mysql:MySQL",
    "sqlite": "DataFoundry.sources.connected.sqlite:SQLite",
    "duckdb": "DataFoundry.sources.connected.duckdb_file:DuckDB",
    "s3": "DataFoundry.sources.connected.s3:S3",
}
_OF_FILES = ("s3",)  # keys have suffixes there
_LONGEST_KEY = 1024
_LocalPath: Any = WindowsPath if os.name == "nt" else PosixPath


class Source(Protocol):
    """A database or an object store."""

    def fetch(self, key: str, folder: Path, rows: int | None) -> Path:
        """Copy the table `key` into `folder`, of a database only its first `rows`; gives the file or folder made."""

    def refuse_writing(self) -> None:
        """Raise ForbiddenPathError unless the operator lets tables be written."""

    def publish(self, key: str, file: Path) -> None:
        """Let the content of a local file take the place of `key`, all of it or nothing."""


class Address(_LocalPath):
    """`source://NAME/KEY`.

    Attributes
    ----------
    source_name, key
        Its parts.
    """

    source_name: str
    key: str

    def __new__(cls, text: str) -> "Address":
        self = super().__new__(cls, text)
        self.source_name, _, self.key = text.removeprefix(SCHEME).partition("/")
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Address, (str(self),)

    def __str__(self) -> str:
        return f"{SCHEME}{self.source_name}/{self.key}".rstrip("/")

    def __fspath__(self) -> str:
        return str(self)

    @property
    def is_file(self) -> bool:
        """Whether it names a file of an object store, and no table of a database."""
        return _scheme(self._url) in _OF_FILES

    @property
    def name(self) -> str:
        """What a file made of it may be called."""
        last = self.key.rstrip("/").rpartition("/")[2] or self.source_name
        last = last if self.is_file else last.rpartition(".")[2]
        return re.sub(r"[^\w.-]", "_", last).lstrip(".") or self.source_name

    @property
    def stem(self) -> str:
        return Path(self.name).stem if self.is_file else self.name

    @property
    def suffix(self) -> str:
        """A database takes a table as parquet."""
        return Path(self.name).suffix if self.is_file else ".parquet"

    @property
    def parent(self) -> Path:
        return output_home()

    def with_name(self, name: str) -> Path:
        """A file beside it: in the output folder."""
        return output_home() / name

    def with_suffix(self, suffix: str) -> Path:
        return output_home() / f"{self.stem}{suffix}"

    def exists(self, **_: object) -> bool:
        """Never as a file."""
        return False

    def is_dir(self) -> bool:
        return False

    @property
    def _url(self) -> str:
        return _sources()[self.source_name]

    def source(self) -> Source:
        """What stands behind it. Raises SourceError where its driver is not installed."""
        module, _, kind = KINDS[_scheme(self._url)].partition(":")
        made: Source = getattr(import_module(module), kind)(self.source_name, self._url)
        return made


def check_sources() -> None:
    """Find out what the operator's sources have wrong.

    Raises
    ------
    ValueError, ConfigError
        The message holds nothing of a URL.
    """
    for name, url in named_sources().items():
        if _scheme(url) not in KINDS:
            raise ConfigError(f"The source {name!r} is of no known kind; the kinds are {', '.join(KINDS)}.")


def input_address(text: str, field: str, is_table: bool) -> Address:
    """The table that a request names in a source.

    Raises
    ------
    PathTextError, ForbiddenPathError, ImpossibleError
    """
    if not is_table:
        raise ImpossibleError(f"{field}: only a table can come from a source; name a file.", field=field)
    return _named(text, field)


def output_address(text: str, field: str, suffixes: tuple[str, ...]) -> Address:
    """The table that a request wants written in a source.

    Raises
    ------
    PathTextError, ForbiddenPathError, ImpossibleError
    """
    if ".parquet" not in suffixes or ".pth" in suffixes:
        raise ImpossibleError(f"{field}: only a table can go to a source; name a file.", field=field)
    address = _named(text, field)
    if not address.key:
        raise PathTextError(f"{field}: say which table to write, as in {text.rstrip('/')}/adult_labeled.", field=field)
    if address.suffix not in suffixes:
        raise PathTextError(f"{field}: {text!r} must end in {' or '.join(suffixes)}.", field=field)
    return address


def _named(text: str, field: str) -> Address:
    key = text.removeprefix(SCHEME).partition("/")[2]
    if len(key) > _LONGEST_KEY or any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in key):
        raise PathTextError(f"{field}: the table's name is too long or holds control characters.", field=field)
    if key and any(part in ("", ".", "..") for part in key.rstrip("/").split("/")):
        raise PathTextError(f"{field}: {text[:100]!r} has an empty part, or one of dots only.", field=field)
    address = Address(text)
    known, own = list(_sources()), own_sources()
    if own is not None:
        known = [name for name in known if name in own]
        if address.source_name not in known:
            may = f"may use {', '.join(known)}" if known else "may use none"
            raise ForbiddenPathError(
                f"{field}: of the service's sources this API key {may}; ask the operator for another key.",
                field=field,
                sources=known,
            )
    if address.source_name not in known:
        there = f"it knows {', '.join(known)}" if known else "it knows none"
        raise ForbiddenPathError(
            f"{field}: the service knows no source {address.source_name[:100]!r} ({there}); its operator adds one with "
            f"--source NAME=URL or {SOURCES_VARIABLE}.",
            field=field,
            sources=known,
        )
    return address


def _sources() -> dict[str, str]:
    try:
        return named_sources()
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()
