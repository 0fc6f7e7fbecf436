"""Which paths a request may name.

A path is absolute or relative to `backend/`; it must lie inside a data root once symbolic links are resolved, must not
be hidden or code, and must have a data file's suffix. What is checked is what is opened: `open_for_reading` walks the
resolved path from its root without following any link, so that a link put there meanwhile is refused, too.
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
from DataFoundry.settings import BACKEND, DATA_ROOTS_VARIABLE, OUTPUT_FOLDER, data_roots

TABLE_SUFFIXES = (".csv", ".parquet")
DATA_SUFFIXES = (*TABLE_SUFFIXES, ".pt", ".pth", ".joblib", ".json", ".html", ".png", ".svg", ".txt", ".md", ".log")
_LONGEST = 4096
_CODE_FOLDERS = tuple(BACKEND / name for name in ("DataFoundry", "agents", "api", "jobs", "serving"))
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


def input_path(text: str, field: str, suffixes: tuple[str, ...] = TABLE_SUFFIXES) -> Path:
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
    if _too_long(path):
        raise MissingFileError(f"{field}: there is no file with so long a name; check it.", field=field)
    _refuse_suffix(path, field, DATA_SUFFIXES, text, unless_folder=True)
    if not path.exists():
        raise MissingFileError(
            f"{field}: there is no file {text!r}; check the spelling, or upload it first.", field=field
        )
    if path.is_dir():
        if suffixes != TABLE_SUFFIXES or not any(path.glob("*.parquet")):
            raise ImpossibleError(f"{field}: {text!r} is a folder; name a file ({_listed(suffixes)}).", field=field)
        return path
    if not path.is_file():
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
    if _too_long(path):
        raise NotDataError(f"{field}: a name in {text[:100]!r} is too long; choose a shorter one.", field=field)
    if _named(text).is_symlink():
        raise NotDataError(f"{field}: {text!r} is a symbolic link; name the file itself.", field=field)
    if path.is_dir():
        raise NotDataError(f"{field}: {text!r} is a folder; name a file ({_listed(suffixes)}).", field=field)
    if path.exists() and not path.is_file():
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
    if _too_long(path):
        raise NotDataError(f"{field}: a name in {text[:100]!r} is too long; choose a shorter one.", field=field)
    if path.exists() and not path.is_dir():
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
    root = _root_of(path)
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


def _open_beneath(root: Path, parts: tuple[str, ...]) -> int:
    if os.open not in os.supports_dir_fd:  # Windows: no descriptors of folders, and links need a privilege
        return os.open(root.joinpath(*parts), os.O_RDONLY | getattr(os, "O_BINARY", 0))
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
    return BACKEND / path


def _inside_roots(text: str, field: str) -> Path:
    _refuse_text(text, field)
    try:
        path = Path(os.path.realpath(_named(text)))
    except (OSError, ValueError):
        raise PathTextError(f"{field}: {text[:100]!r} is not a usable path.", field=field) from None
    root = _root_of(path)
    if root is None:
        raise _outside(field, text)
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        raise NotDataError(f"{field}: {text!r} is hidden (a part begins with a dot); name another file.", field=field)
    if any(path.is_relative_to(folder) for folder in _CODE_FOLDERS):
        raise NotDataError(f"{field}: {text!r} lies in the program's own code; name another file.", field=field)
    return path


def _refuse_text(text: str, field: str) -> None:
    if not text.strip():
        raise PathTextError(f"{field} is empty; give the path of a file.", field=field)
    if len(text) > _LONGEST:
        raise PathTextError(f"{field} is longer than {_LONGEST} characters.", field=field)
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise PathTextError(f"{field} holds control characters; give a plain path.", field=field)
    if _URL.match(text) and not re.match(r"[A-Za-z]:/", text):
        raise PathTextError(f"{field}: {text[:100]!r} is a URL; only files on this machine can be named.", field=field)


def _too_long(path: Path) -> bool:
    """Would no file system take such a name?"""
    try:
        os.lstat(path)
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def _root_of(path: Path) -> Path | None:
    return next((root for root in data_roots() if path.is_relative_to(root)), None)


def _outside(field: str, text: str) -> OutsideDataRootsError:
    roots = [str(root) for root in data_roots()]
    return OutsideDataRootsError(
        f"{field}: {text[:200]!r} is outside the data roots ({', '.join(roots)}); move the file there, or start "
        f"the server with --data-root DIR (or {DATA_ROOTS_VARIABLE}) to add its folder.",
        field=field,
        data_roots=roots,
    )


def _refuse_suffix(path: Path, field: str, suffixes: tuple[str, ...], text: str, unless_folder: bool = False) -> None:
    if unless_folder and path.is_dir():
        return
    if path.suffix.lower() not in suffixes:
        raise NotDataError(f"{field}: {text!r} must end in {_listed(suffixes)}.", field=field)


def _listed(suffixes: tuple[str, ...]) -> str:
    return " or ".join((", ".join(suffixes[:-1]), suffixes[-1])) if len(suffixes) > 1 else suffixes[0]
