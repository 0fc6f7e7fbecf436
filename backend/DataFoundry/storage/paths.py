"""Which paths a request may name.

A path is absolute, or relative: then an input is looked up in `backend/`, where the program was started and in
each data root, and an output is written below the first. It must lie inside a data root once symbolic links are
resolved, must not be hidden or code, and must have a data file's suffix; outputs replace nothing that belongs to the
program. What is checked is what is opened: `open_for_reading` walks the resolved path from its root without following
any link, so that a link put there meanwhile is refused, too.
"""

import errno
import os
import re
import stat
from contextlib import suppress
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
from DataFoundry.roots import (
    CODE_FOLDERS,
    DATA_ROOTS_VARIABLE,
    data_roots,
    is_beneath,
    is_private,
    is_read_only,
    lookup_folders,
    output_home,
)
from DataFoundry.settings import OUTPUT_FOLDER
from DataFoundry.storage.addresses import SCHEME, input_address, output_address

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
_CODE_FOLDERS = tuple(map(str, CODE_FOLDERS))
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
    if text.startswith(SCHEME):
        return input_address(text, field, suffixes == READ_SUFFIXES)
    path, status = _found(text, field)
    if stat.S_ISDIR(status.st_mode):
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


def _found(text: str, field: str) -> tuple[Path, os.stat_result]:
    """The first file or folder inside the roots that `text` may mean, and what the system knows of it."""
    looked: list[str] = []
    outside: OutsideDataRootsError | None = None
    for candidate in _candidates(text, field):
        try:
            path = _inside_roots(candidate, text, field)
            status = _looked_at(path)
        except OutsideDataRootsError as error:
            outside = outside or error
            continue
        except OSError as error:
            kind = MissingFileError if error.errno == errno.ENAMETOOLONG else ImpossibleError
            raise kind(f"{field}: {text[:100]!r} cannot be read ({error.strerror}); check it.", field=field) from None
        if status is None or not stat.S_ISDIR(status.st_mode):
            _refuse_suffix(path, field, DATA_SUFFIXES, text)
        if status is not None:
            return path, status
        looked.append(str(path))
    if outside is not None and not looked:
        raise outside
    raise MissingFileError(
        f"{field}: there is no file {text!r} (looked for {', '.join(looked)}); check the spelling, or upload it first.",
        field=field,
        looked=looked,
    )


def input_folder(text: str, field: str) -> Path:
    """The existing folder that a request names.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError, MissingFileError, ImpossibleError
    """
    outside: OutsideDataRootsError | None = None
    for candidate in _candidates(text, field):
        try:
            path = _inside_roots(candidate, text, field)
        except OutsideDataRootsError as error:
            outside = outside or error
            continue
        if path.is_dir():
            return path
        if path.exists():
            raise ImpossibleError(f"{field}: {text!r} is a file; name the folder that holds the tables.", field=field)
    raise outside or MissingFileError(f"{field}: there is no folder {text!r}; check the spelling.", field=field)


def output_path(text: str | None, field: str, suffixes: tuple[str, ...] = TABLE_SUFFIXES, default: str = "") -> Path:
    """The file that a request wants written; None takes `default` under the output folder.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError
    """
    if text is None:
        return output_home() / default
    if text.startswith(SCHEME):
        return output_address(text, field, suffixes)
    named = _candidates(text, field)[0]
    path = _writable(named, text, field)
    kind = _looked_at_output(path, text, field)
    if named.is_symlink():
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
        return output_home() / default
    path = _writable(_candidates(text, field)[0], text, field)
    if _looked_at_output(path, text, field) not in (None, stat.S_IFDIR):
        raise NotDataError(f"{field}: {text!r} is a file; name a folder.", field=field)
    return path


def refuse_input_as_output(output: Path, *inputs: Path) -> None:
    """Raise OutputIsInputError if `output` is one of `inputs`, also under another name."""
    for path in inputs:
        if (
            output == path
            or (output.exists() and path.exists() and os.path.samefile(output, path))
            or path in output.parents
        ):
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


def open_folder(path: Path) -> int | None:
    """Open a resolved folder inside a root to write in it, making what is missing, and following no link on the way.

    None where the system cannot do this, and for a hidden folder and one in no root, which no request can name. Raises
    OSError.
    """
    root = _root_of(str(path))
    if root is None or os.open not in os.supports_dir_fd:
        return None
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return None
    os.makedirs(root, exist_ok=True)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    folder = os.open(root, flags)
    for part in path.relative_to(root).parts:
        try:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=folder)
            inner = os.open(part, flags | os.O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


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


def _candidates(text: str, field: str) -> list[Path]:
    """The absolute paths that `text` may mean, links not yet resolved; raises PathTextError."""
    _refuse_text(text, field)
    path = Path(text)
    if path.is_absolute():
        return [path]
    if path.parts[:1] == ("backend",):  # the specification's examples write backend/output_data/...
        path = Path(*path.parts[1:])
    return [folder / path for folder in lookup_folders()]


def inside_roots(text: str, field: str) -> Path:
    """The path that `text` names, links resolved, if it lies in a data root and is neither hidden nor code.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError
    """
    return _inside_roots(_candidates(text, field)[0], text, field)


def _inside_roots(candidate: Path, text: str, field: str) -> Path:
    """`candidate` with its links resolved, if requests may look there at all."""
    try:
        path = os.path.realpath(candidate)
    except (OSError, ValueError):
        raise PathTextError(f"{field}: {text[:100]!r} is not a usable path.", field=field) from None
    root = _root_of(path)
    if root is None:
        raise _outside(field, text)
    if any(part.startswith(".") for part in path[len(root) :].split(os.sep)):
        raise NotDataError(f"{field}: {text!r} is hidden (a part begins with a dot); name another file.", field=field)
    if any(is_beneath(path, folder) for folder in _CODE_FOLDERS):
        raise NotDataError(f"{field}: {text!r} lies in the program's own code; name another file.", field=field)
    if is_private(path):
        raise NotDataError(f"{field}: {text!r} is the operator's, and no data; name another file.", field=field)
    return Path(path)


def _writable(candidate: Path, text: str, field: str) -> Path:
    """As `_inside_roots`, for what is to be written."""
    path = _inside_roots(candidate, text, field)
    if is_read_only(str(path)):
        raise NotDataError(
            f"{field}: {text[:200]!r} lies in the program's own folders, which are read only; write to "
            f"{OUTPUT_FOLDER.name}/... or to another data root.",
            field=field,
        )
    return path


def _refuse_text(text: str, field: str) -> None:
    if not text.strip():
        raise PathTextError(f"{field} is empty; give the path of a file.", field=field)
    if len(text) > _LONGEST:
        raise PathTextError(f"{field} is longer than {_LONGEST} characters.", field=field)
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise PathTextError(f"{field} holds control characters; give a plain path.", field=field)
    if _URL.match(text) and not re.match(r"[A-Za-z]:/", text):
        raise PathTextError(
            f"{field}: {text[:100]!r} is a URL; name a file on this machine, or a source that the operator named (source://NAME/table).",
            field=field,
        )


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
    return next((root for root in map(str, data_roots()) if is_beneath(path, root)), None)


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
