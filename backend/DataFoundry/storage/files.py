"""Files that appear whole or not at all, and at most one writer for each."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from DataFoundry.errors import ConfigError, DiskFullError, NotDataError, OutputBusyError
from DataFoundry.storage import journal
from DataFoundry.storage.addresses import Address
from DataFoundry.storage.paths import open_folder


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A handle to write the new content of `path` to.

    The bytes go to a hidden temporary file in the same folder. On a clean exit they are flushed to the disk and take
    the place of `path` in one step; on any error the temporary file is removed and `path` is as it was. So it is with a
    table of a source, whose temporary file lies in the output folder.

    Raises
    ------
    DiskFullError
        If the disk or the quota is full.
    NotDataError
        If the folder cannot be written.
    SourceError, ForbiddenPathError
        If a source does not take it.
    """
    if isinstance(path, Address):
        path.source().refuse_writing()  # sooner than after the work
    temporary = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex}.part")
    with _told_to_people(path), _folder(path) as folder:
        journal.note(journal.PARTIAL, temporary)
        try:
            with open(_in(folder, temporary), "xb", opener=partial(os.open, mode=0o666, dir_fd=folder)) as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            if isinstance(path, Address):
                path.source().publish(path.key, temporary)
            else:
                os.replace(_in(folder, temporary), _in(folder, path), src_dir_fd=folder, dst_dir_fd=folder)
                _sync_folder(path.parent, folder)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(_in(folder, temporary), dir_fd=folder)


@contextmanager
def _folder(path: Path) -> Iterator[int | None]:
    """The folder of an output, made if it is not there, and opened without following a link that was put in its way.

    None where folders cannot be opened, or the file is one of ours: then it is named by its path.
    """
    folder = None if path.name.startswith(".") else open_folder(path.parent)
    if folder is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if folder is not None:
            os.close(folder)


def _in(folder: int | None, path: Path) -> str:
    return str(path) if folder is None else path.name


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step."""
    with whole_file(path) as handle:
        handle.write(content)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in UTF-8 in one step."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: object) -> None:
    """Replace `path` by `value` as indented JSON in one step; NaN is refused, since JSON has none."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_operator_file(path: Path) -> str:
    """The text of a small file that the operator named when starting the service.

    Raises
    ------
    ConfigError
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path} cannot be read ({reason}); check its name and permissions.") from None


def read_own_file(path: Path) -> str:
    """The text of a file that comes with the program."""
    return path.read_text(encoding="utf-8")


def tell_kernel(name: str, value: int) -> None:
    """Set what Linux keeps of this process under `name` in `/proc/self`; elsewhere nothing happens."""
    with suppress(OSError):
        Path("/proc/self", name).write_text(str(value))


def free_bytes(folder: Path) -> int:
    """Bytes that may still be written on the disk of `folder`, which need not exist yet."""
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(existing).free


def try_writing(folder: Path) -> None:
    """Write a small file in `folder` and take it away again.

    Raises
    ------
    DiskFullError, NotDataError
    """
    trial = folder / "trial"
    try:
        with whole_file(trial) as handle:
            handle.write(b"x")
            handle.flush()
            os.fsync(handle.fileno())
            raise _Enough
    except _Enough:
        pass


class _Enough(Exception):
    """Ends a trial before its file appears."""


def read_small(path: Path) -> bytes:
    """The content of a small file of our own; FileNotFoundError if it is not there."""
    return path.read_bytes()


def append(path: Path, pieces: Iterable[bytes]) -> None:
    """Add `pieces` at the end of `path`, which need not exist; what came before an error stays, safe on the disk.

    Raises
    ------
    DiskFullError, NotDataError
    """
    with _told_to_people(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab", opener=_without_links) as handle:
            try:
                for piece in pieces:
                    handle.write(piece)
            finally:
                handle.flush()
                os.fsync(handle.fileno())


def shorten(path: Path, size: int) -> None:
    """Take away what `path` holds beyond `size` bytes."""
    with open(path, "r+b", opener=_without_links) as handle:
        handle.truncate(size)


def move(source: Path, target: Path) -> None:
    """Let `source` take the place of `target` in the same folder, in one step.

    Raises
    ------
    DiskFullError, NotDataError
    """
    with _told_to_people(target):
        os.replace(source, target)
        _sync_folder(target.parent)


def sha256_of(path: Path, block: int = 2**20) -> str:
    """SHA-256 of a file's content in hexadecimal, read `block` bytes at a time."""
    digest = hashlib.sha256()
    with open(path, "rb", opener=_without_links) as handle:
        while content := handle.read(block):
            digest.update(content)
    return digest.hexdigest()


def sha256_of_text(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def remove_file(path: Path) -> None:
    """Remove `path` if it is there."""
    path.unlink(missing_ok=True)


def temporary_folder(near: Path, prefix: str) -> Path:
    """A new hidden folder in `near` for one request's temporary files; `remove_folder` removes it."""
    folder = near / f".{prefix}-{uuid.uuid4().hex}"
    journal.note(journal.PARTIAL, folder)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove `folder` with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def claim_output(path: Path) -> Iterator[None]:
    """Hold `path` as this request's output, against every thread and process of this machine and user.

    Raises
    ------
    OutputBusyError
        If another request holds it.
    """
    folder = Path(tempfile.gettempdir()) / f"datafoundry-locks-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(folder / hashlib.sha256(str(path).encode()).hexdigest(), thread_local=False)
    job = Path(f"{lock.lock_file}.job")  # beside the lock, since whoever asks for a lock empties its file
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputBusyError(
            f"{path.name} is being written by another request; wait for it or choose another output path.",
            path=str(path),
            **_holder(job),
        ) from None
    try:
        job.write_text(journal.holder() or "")
        yield
    finally:
        job.unlink(missing_ok=True)
        lock.release()


def _holder(job: Path) -> dict[str, str]:
    """Whose work holds an output, as far as that is known."""
    try:
        name = job.read_text()
    except FileNotFoundError:
        return {}
    return {"job": name} if name else {}


def _without_links(path: str, flags: int) -> int:
    """Open a file of ours in a folder of others: a link that they put in its place leads nowhere."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


@contextmanager
def _told_to_people(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFullError(f"The disk is full: {path.name} was not written; free some space.") from error
        if error.errno in (
            errno.EACCES,
            errno.EPERM,
            errno.EROFS,
            errno.ENOTDIR,
            errno.EEXIST,
            errno.EISDIR,
            errno.ELOOP,
            errno.ENAMETOOLONG,
        ):
            raise NotDataError(
                f"{path.name} cannot be written ({error.strerror}); choose another output path.", path=str(path)
            ) from error
        raise


def _sync_folder(folder: Path, opened: int | None = None) -> None:
    if opened is not None:
        os.fsync(opened)
    elif os.name == "posix":  # elsewhere a folder cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
