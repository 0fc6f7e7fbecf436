"""Which paths a request may name.

A path is absolute or relative to `settings.HOME` (`backend/` of a checkout); it must lie inside a data root once
symbolic links are resolved, must not be hidden or code, and must have a data file's suffix. What is checked is what is
opened: `open_for_reading` walks the resolved path from its root without following any link, so that a link put there
meanwhile is refused, too.
"""

import errno
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from DataFoundry.errors import (
    ImpossibleError,
    MissingFileError,
    NotDataError,
    OutputIsInputError,
    OutsideDataRootsError,
    PathTextError,
)
from DataFoundry.settings import BACKEND, DATA_ROOTS_VARIABLE, HOME, OUTPUT_FOLDER, data_roots

TABLE_SUFFIXES = (".csv", ".parquet")  # that are written
PACKED_SUFFIXES = (".gz", ".zip", ".zst", ".bz2")
_SPREADSHEETS = (".xlsx", ".xls", ".ods")
READ_SUFFIXES = (
    *TABLE_SUFFIXES,
    *(".tsv", ".txt", ".json", ".jsonl", ".ndjson"),
    *_SPREADSHEETS,
    *(".feather", ".arrow"),
    *PACKED_SUFFIXES,
)
DATA_SUFFIXES = (*READ_SUFFIXES, ".pt", ".pth", ".joblib", ".html", ".png", ".svg", ".md", ".log")
_LONGEST = 4096
_CODE_FOLDERS = tuple(str(BACKEND / name) for name in ("DataFoundry", "agents", "api", "jobs", "serving"))
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


def input_path(text: str, field: str, suffixes: tuple[str, ...] = READ_SUFFIXES) -> Path:
    """The existing file that a request names, or the folder of parquet files where a table is asked for.

    Parameters
    ----------
    text
        What the request says.
    field
        The request's field, for messages.
    suffixes
        Kinds of file that serve, lower case with the dot.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError, MissingFileError, ImpossibleError
    """
    path = _inside_roots(text, field)
    try:
        status = _looked_at(path)
    except OSError as error:
        kind = MissingFileError if error.errno == errno.ENAMETOOLONG else ImpossibleError
        raise kind(f"{field}: {text[:100]!r} cannot be read ({error.strerror}); check it.", field=field) from None
    is_folder = status is not None and stat.S_ISDIR(status.st_mode)
    if not is_folder:
        _refuse_suffix(path, field, DATA_SUFFIXES, text)
    if status is None:
        raise MissingFileError(
            f"{field}: there is no file {text!r}; check the spelling, or upload it first.", field=field
        )
    if is_folder:
        if suffixes != READ_SUFFIXES or not any(path.glob("*.parquet")):
            raise ImpossibleError(f"{field}: {text!r} is a folder; name a file ({_listed(suffixes)}).", field=field)
        return path
    if not stat.S_ISREG(status.st_mode):
        raise ImpossibleError(
            f"{field}: {text!r} is not a regular file; name a file ({_listed(suffixes)}).", field=field
        )
    if path.suffix.lower() not in suffixes:
        raise ImpossibleError(f"{field}: {text!r} is not one of {_listed(suffixes)}.", field=field)
    return path


def output_path(text: str | None, field: str, suffixes: tuple[str, ...] = TABLE_SUFFIXES, default: str = "") -> Path:
    """The file that a request wants written; None takes `default` under the output folder.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError
    """
    if text is None:
        return OUTPUT_FOLDER / default
    path = _inside_roots(text, field)
    kind = _looked_at_output(path, text, field)
    if _named(text).is_symlink():
        raise NotDataError(f"{field}: {text!r} is a symbolic link; name the file itself.", field=field)
    if kind == stat.S_IFDIR:
        raise NotDataError(f"{field}: {text!r} is a folder; name a file ({_listed(suffixes)}).", field=field)
    if kind not in (None, stat.S_IFREG):
        raise NotDataError(f"{field}: {text!r} is not a regular file; choose another name.", field=field)
    _refuse_suffix(path, field, suffixes, text)
    return path


def output_folder(text: str | None, field: str, default: str) -> Path:
    """The folder that a request wants results in; None takes `default` under the output folder. It need not exist.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError
    """
    if text is None:
        return OUTPUT_FOLDER / default
    path = _inside_roots(text, field)
    if _looked_at_output(path, text, field) not in (None, stat.S_IFDIR):
        raise NotDataError(f"{field}: {text!r} is a file; name a folder.", field=field)
    return path


def refuse_input_as_output(output: Path, *inputs: Path) -> None:
    """Raise OutputIsInputError if `output` is one of `inputs`, also under another name."""
    for path in inputs:
        if output == path or (output.exists() and os.path.samefile(output, path)) or path in output.parents:
            raise OutputIsInputError(f"The output {output.name} is also the input; choose another output path.")


def open_for_reading(path: Path) -> BinaryIO:
    """Open a resolved path inside a root, following no link on the way and never waiting on a pipe.

    Raises
    ------
    OutsideDataRootsError, MissingFileError, ImpossibleError
    """
    root = _root_of(str(path))
    if root is None:
        raise _outside("path", path.name)
    try:
        descriptor = _open_beneath(root, path.relative_to(root).parts)
    except FileNotFoundError:
        raise MissingFileError(f"There is no file {path.name!r} any more; it was removed meanwhile.") from None
    except OSError as error:
        raise ImpossibleError(
            f"{path.name!r} cannot be opened ({error.strerror}); check its type and permissions."
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImpossibleError(f"{path.name!r} is not a regular file.")
    return os.fdopen(descriptor, "rb")


def _open_beneath(root: str, parts: tuple[str, ...]) -> int:
    if os.open not in os.supports_dir_fd:  # Windows: no descriptors of folders, and links need a privilege
        return os.open(Path(root, *parts), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _named(text: str) -> Path:
    """The absolute path that `text` names, links not yet resolved."""
    path = Path(text)
    if path.is_absolute():
        return path
    if path.parts[:1] == ("backend",):  # the specification's examples write backend/output_data/...
        path = Path(*path.parts[1:])
    return HOME / path


def _inside_roots(text: str, field: str) -> Path:
    _refuse_text(text, field)
    try:
        path = os.path.realpath(_named(text))
    except (OSError, ValueError):
        raise PathTextError(f"{field}: {text[:100]!r} is not a usable path.", field=field) from None
    root = _root_of(path)
    if root is None:
        raise _outside(field, text)
    if any(part.startswith(".") for part in path[len(root) :].split(os.sep)):
        raise NotDataError(f"{field}: {text!r} is hidden (a part begins with a dot); name another file.", field=field)
    if any(_is_beneath(path, folder) for folder in _CODE_FOLDERS):
        raise NotDataError(f"{field}: {text!r} lies in the program's own code; name another file.", field=field)
    return Path(path)


def _refuse_text(text: str, field: str) -> None:
    if not text.strip():
        raise PathTextError(f"{field} is empty; give the path of a file.", field=field)
    if len(text) > _LONGEST:
        raise PathTextError(f"{field} is longer than {_LONGEST} characters.", field=field)
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise PathTextError(f"{field} holds control characters; give a plain path.", field=field)
    if _URL.match(text) and not re.match(r"[A-Za-z]:/", text):
        raise PathTextError(f"{field}: {text[:100]!r} is a URL; only files on this machine can be named.", field=field)


def _looked_at(path: Path) -> os.stat_result | None:
    """What the system knows of a file; None if it is not there. Raises OSError if the system would not say."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _looked_at_output(path: Path, text: str, field: str) -> int | None:
    """The kind of file that an output would replace; None if there is none."""
    try:
        status = _looked_at(path)
    except OSError as error:
        raise NotDataError(
            f"{field}: {text[:100]!r} cannot be written ({error.strerror}); choose another name.", field=field
        ) from None
    return None if status is None else stat.S_IFMT(status.st_mode)


def _root_of(path: str) -> str | None:
    return next((root for root in map(str, data_roots()) if _is_beneath(path, root)), None)


def _is_beneath(path: str, folder: str) -> bool:
    """As `Path.is_relative_to` of absolute paths without links, at a tenth of its cost: each request asks ten times."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def _outside(field: str, text: str) -> OutsideDataRootsError:
    roots = [str(root) for root in data_roots()]
    return OutsideDataRootsError(
        f"{field}: {text[:200]!r} is outside the data roots ({', '.join(roots)}); move the file there, or start "
        f"the server with --data-root DIR (or {DATA_ROOTS_VARIABLE}) to add its folder.",
        field=field,
        data_roots=roots,
    )


def _refuse_suffix(path: Path, field: str, suffixes: tuple[str, ...], text: str) -> None:
    if path.suffix.lower() not in suffixes:
        raise NotDataError(f"{field}: {text!r} must end in {_listed(suffixes)}.", field=field)


def _listed(suffixes: tuple[str, ...]) -> str:
    return " or ".join((", ".join(suffixes[:-1]), suffixes[-1])) if len(suffixes) > 1 else suffixes[0]
