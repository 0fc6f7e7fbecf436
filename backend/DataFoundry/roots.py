"""Data roots: the folders that requests may read, and those that they may write.

The program's own folders are read only: of `backend/` requests write to `output_data/` alone. Work for a client with
roots of its own is confined to them, and to reading the data that comes with the program. Beside folders such roots may
name sources, as `source://NAME`: of the operator's sources that client may use those alone.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from DataFoundry.settings import BACKEND, HOME, KEY_FILE_VARIABLE, OUTPUT_FOLDER, TESTING_FOLDER, state_folder

DATA_ROOTS_VARIABLE = "DATAFOUNDRY_DATA_ROOTS"
CODE_FOLDERS = tuple(
    BACKEND / name
    for name in (
        *("DataFoundry", "agents", "api", "cluster", "console", "context_protocol", "jobs", "serving"),
        *("datafoundry_cli", "datafoundry_client", "datafoundry_service"),
    )
)
SOURCE = "source://"  # of a root that is no folder
_STARTED_IN = Path.cwd()  # a later chdir must not move the roots
_BESIDE = ("tests", "docs", "benchmarks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")  # of a checkout
_READ_ONLY = tuple(
    os.path.realpath(each)
    for each in (*CODE_FOLDERS, TESTING_FOLDER, BACKEND / "examples", *(BACKEND.parent / name for name in _BESIDE))
)
_STATE = ("jobs.sqlite", "running", "owners", "finished")  # of the state folder
_own: ContextVar[tuple[str, ...] | None] = ContextVar("own_roots", default=None)  # of the client that is served now


def add_data_roots(folders: Iterable[str]) -> None:
    """Let this process and its children read and write `folders`, besides the roots of the environment."""
    known = os.environ.get(DATA_ROOTS_VARIABLE, "").split(os.pathsep)
    os.environ[DATA_ROOTS_VARIABLE] = os.pathsep.join(os.path.abspath(each) for each in [*folders, *known] if each)


def confine(roots: Sequence[str] | None) -> None:
    """Confine what this thread does from now on to `roots`; None stands for the roots of the service."""
    _own.set(tuple(roots) if roots else None)


@contextmanager
def confined_to(roots: Sequence[str] | None) -> Iterator[None]:
    """As `confine`, while the block runs."""
    token = _own.set(tuple(roots) if roots else None)
    try:
        yield
    finally:
        _own.reset(token)


def own_roots() -> tuple[str, ...] | None:
    """The roots that this thread is confined to, as they were given; None where it is not."""
    return _own.get()


def own_sources() -> tuple[str, ...] | None:
    """The names of the sources that this thread is confined to; None where it is not."""
    own = _own.get()
    return None if own is None else tuple(each.removeprefix(SOURCE) for each in own if each.startswith(SOURCE))


def data_roots() -> tuple[Path, ...]:
    """Folders that requests may read: `settings.HOME`, where the process was started, and those added.

    `DATAFOUNDRY_DATA_ROOTS` adds more, separated like `PATH`. Symbolic links are resolved, once for each process.
    """
    own = _own_folders()
    if own is not None:
        return _resolved((*own, str(TESTING_FOLDER)))
    return _resolved((str(HOME), str(_STARTED_IN), str(OUTPUT_FOLDER), *_added()))


def lookup_folders() -> tuple[Path, ...]:
    """Where a relative path of an input is looked up, in this order; of an output the first one counts."""
    own = _own_folders()
    if own is not None:
        return _resolved((*own, str(HOME)))
    return _resolved((str(HOME), str(_STARTED_IN), *_added()))


def output_home() -> Path:
    """The folder of outputs that a request gives no path for."""
    own = _own_folders()
    return OUTPUT_FOLDER if own is None else _resolved(own)[0] / OUTPUT_FOLDER.name


def listed_folders() -> tuple[Path, ...]:
    """The folders whose files are listed: those of outputs, and of the data that comes with the program."""
    own = _own_folders()
    return (*((OUTPUT_FOLDER,) if own is None else _resolved(own)), TESTING_FOLDER)


def is_read_only(path: str) -> bool:
    """Whether a resolved path inside a root belongs to the program, and not to those who use it."""
    if is_beneath(path, os.path.realpath(OUTPUT_FOLDER)):
        return False
    if any(is_beneath(path, folder) for folder in _READ_ONLY):
        return True
    inside = [str(root) for root in data_roots() if root != BACKEND and is_beneath(str(root), str(BACKEND))]
    return is_beneath(path, str(BACKEND)) and not any(is_beneath(path, root) for root in inside)


def is_private(path: str) -> bool:
    """Whether a resolved path is the operator's: the file of the API keys, or what the service keeps for itself."""
    return any(is_beneath(path, each) for each in _private(os.environ.get(KEY_FILE_VARIABLE, ""), str(state_folder())))


def is_beneath(path: str, folder: str) -> bool:
    """As `Path.is_relative_to` of absolute paths without links, at a tenth of its cost: each request asks ten times."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def _own_folders() -> tuple[str, ...] | None:
    own = _own.get()
    return None if own is None else tuple(each for each in own if not each.startswith(SOURCE))


def _added() -> tuple[str, ...]:
    return tuple(each for each in os.environ.get(DATA_ROOTS_VARIABLE, "").split(os.pathsep) if each)


@cache  # each request asks several times, and each look at a link lets another thread in
def _resolved(folders: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(Path(os.path.realpath(each)) for each in folders))


@cache
def _private(keys: str, state: str) -> tuple[str, ...]:
    """The state folder may itself be a data root, hence only what is in it."""
    named = [keys] if keys else []
    return tuple(map(os.path.realpath, [*named, *(os.path.join(state, name) for name in _STATE)]))
