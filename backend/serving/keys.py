"""API keys: who may use the service, and for what. Only digests are kept.

A key is 256 random bits, so that its plain SHA-256 cannot be guessed back and no slow hash is needed. One line a key,
`name:scopes:sha256`, in a file (`--api-key-file`) or in `DATAFOUNDRY_API_KEYS`, where `;` may stand for a new line. A
key that reads and writes in data roots of its own names them: `name:scopes:sha256:root1,root2`; behind the first one
may stand sources that it may use, as `source://NAME`. The file may be changed while the service runs: a line that is
taken out is a key that opens nothing any more, whatever else is wrong with it.
"""

import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from DataFoundry.errors import ConfigError
from DataFoundry.roots import SOURCE
from DataFoundry.settings import KEY_FILE_VARIABLE
from DataFoundry.storage.files import read_operator_file

logger = logging.getLogger(__name__)

VARIABLE = "DATAFOUNDRY_API_KEYS"
FILE_VARIABLE = KEY_FILE_VARIABLE
SCOPES = {
    "read": "look at tables, files, jobs and settings",
    "write": "write files: uploads, configurations, models, synthetic tables, reports",
    "execute": "run labeling functions and the pipelines, which write their results",
    "admin": "see and stop what every key began: jobs, threads and uploads",
}
USUAL = ("read", "write", "execute")
ADMIN = "admin"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key: never the key itself."""

    name: str
    scopes: frozenset[str]
    digest: str  # SHA-256 in hexadecimal
    roots: tuple[str, ...] = ()  # absolute; none at all stands for those of the service


def read_keys(text: str) -> tuple[ApiKey, ...]:
    """The keys of a key file's text; empty lines and those that begin with `#` are left out.

    Raises
    ------
    ConfigError
        If there is no key at all (an open service must not come from an empty file), or a line is not one.
    """
    keys = tuple(_read_line(line) for line in _lines(text))
    if not keys:
        raise ConfigError("There is no API key among the lines; make one with: python flask_api.py --new-api-key NAME.")
    names = [key.name for key in keys]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigError(f"Two API keys are named {twice!r}; give each a name of its own.")
    return keys


def configured_keys() -> tuple[ApiKey, ...]:
    """The keys of the environment and of the key file as it is now; none at all means that the service is open.

    Raises
    ------
    ConfigError
        If a line is no key, or a key file is named that cannot be read or has none.
    """
    text, file = os.environ.get(VARIABLE, ""), os.environ.get(FILE_VARIABLE)
    if file:
        in_file = read_operator_file(Path(file))
        read_keys(in_file)
        text = f"{text}\n{in_file}"
    return read_keys(text) if text.strip() else ()


class KeyRing:
    """The keys in force. Of a key file that is changed while the service runs, every line counts that is a key."""

    def __init__(self) -> None:
        self._file = os.environ.get(FILE_VARIABLE)
        self._seen = self._look()
        self._keys = configured_keys()

    def keys(self) -> tuple[ApiKey, ...]:
        """As the key file is now."""
        seen = self._look()
        if seen != self._seen:
            self._seen, self._keys = seen, tuple(self._usable())
            logger.info("the key file has changed; %d API keys are in force", len(self._keys))
        return self._keys

    def _usable(self) -> Iterator[ApiKey]:
        """A line that is wrong must neither close what others open nor keep open what was taken out."""
        text = ""
        try:
            text = read_operator_file(Path(self._file or ""))
        except ConfigError as error:
            logger.error("the keys of the key file open nothing until it can be read again: %s", error)
        for line in (*_lines(os.environ.get(VARIABLE, "")), *_lines(text)):
            try:
                yield _read_line(line)
            except ConfigError as error:
                logger.error("a line of the key file is left out: %s", error)

    def _look(self) -> tuple[int, ...] | None:
        """What changes when the file does; None where there is none."""
        try:
            status = os.stat(self._file) if self._file else None
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_ino, status.st_size) if status else None


def new_key(name: str, scopes: str, roots: Sequence[str] = ()) -> tuple[str, str]:
    """A fresh key, and its line for the key file.

    Parameters
    ----------
    scopes
        Some of `SCOPES`, separated by commas.
    roots
        Its own data roots, if it is to have any.

    Raises
    ------
    ConfigError
    """
    key = f"df_{secrets.token_urlsafe(32)}"
    line = f"{name}:{scopes}:{_digest(key)}"
    if roots:
        line += f":{','.join(each if each.startswith(SOURCE) else os.path.abspath(each) for each in roots)}"
    read_keys(line)
    return key, line


def find_key(keys: tuple[ApiKey, ...], presented: str) -> ApiKey | None:
    """The key that `presented` is; the time taken does not depend on which one, or on how much of it is right."""
    digest = _digest(presented)
    found = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _lines(text: str) -> list[str]:
    """Those that should be keys."""
    lines = [line.strip() for line in re.split(r"[\n;]", text)]
    return [line for line in lines if line and not line.startswith("#")]


def _read_line(line: str) -> ApiKey:
    name, _, rest = line.partition(":")
    scopes, _, rest = rest.partition(":")
    digest, named, roots = rest.partition(":")
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "The name of an API key is 1 to 64 letters, digits, dots, dashes or underscores, and a line "
            "name:scopes:sha256."
        )
    chosen = frozenset(each.strip() for each in scopes.split(","))
    if not chosen <= set(SCOPES):
        raise ConfigError(
            f"The scopes of the API key {name!r} must be some of {', '.join(SCOPES)}; a line is name:scopes:sha256."
        )
    if not _DIGEST.fullmatch(digest.strip().lower()):
        raise ConfigError(
            f"The API key {name!r} has no SHA-256 digest; a line is name:scopes:sha256, as --new-api-key prints it."
        )
    return ApiKey(name, chosen, digest.strip().lower(), _read_roots(name, roots) if named else ())


def _read_roots(name: str, text: str) -> tuple[str, ...]:
    """An empty list must not open the roots of the service to a key that was to have its own."""
    roots = [each.strip() for each in text.split(",")]
    if not (os.path.isabs(roots[0]) and all(os.path.isabs(each) or each.startswith(SOURCE) for each in roots)):
        raise ConfigError(
            f"The data roots of the API key {name!r} must be absolute paths, behind the first one may be sources such "
            "as source://NAME, separated by commas; a line is name:scopes:sha256:root1,root2, or name:scopes:sha256 "
            "for the data roots of the service."
        )
    return tuple(roots)
