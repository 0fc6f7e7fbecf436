"""The bytes of a file, unpacked where its name says that it is packed."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from DataFoundry.errors import TableError, TooLargeError, first_line
from DataFoundry.settings import limits
from DataFoundry.storage.paths import open_for_reading

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}


def kind_of(path: Path) -> str:
    """The suffix that tells what a file holds: `.csv` of `a.csv` and of `a.csv.gz`; `.csv` of `a.zip`."""
    suffix = path.suffix.lower()
    if suffix in PACKED or suffix == ".zip":
        inner = Path(path.stem).suffix.lower()
        return inner or ".csv"
    return suffix


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """A handle on the bytes of the file, or on those of the one file packed in it.

    Raises
    ------
    TableError
        If it is damaged, or a zip of several files.
    """
    suffix = path.suffix.lower()
    with open_for_reading(path) as handle:
        try:
            if suffix == ".zip":
                with zipfile.ZipFile(handle) as archive, archive.open(_only_member(archive, path)) as member:
                    yield _bounded(member, path)
            elif suffix in PACKED:
                # Behind a pa.PythonFile the stream would close the handle twice.
                with pa.CompressedInputStream(pa.PythonFile(handle, "r"), PACKED[suffix]) as stream:
                    yield _bounded(stream, path)
            else:
                yield handle
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, pa.ArrowInvalid) as error:
            raise TableError(f"{path.name} cannot be unpacked ({first_line(error)}); pack it again.") from None


def native(handle: IO[bytes]) -> Any:
    """The file of an unread handle for Arrow, which then reads it without Python's lock; the handle if it is packed.

    It is the file that was checked, not one that stands at its path by now.
    """
    plain = isinstance(handle, io.BufferedReader) and isinstance(handle.raw, io.FileIO)
    return pa.OSFile(f"/dev/fd/{handle.fileno()}") if plain and Path("/dev/fd").exists() else handle


def _bounded(stream: Any, path: Path) -> IO[bytes]:
    return io.BufferedReader(_Bounded(stream, path.name), 2**20)


class _Bounded(io.RawIOBase):
    """An unpacked stream that ends with TooLargeError where it grows past the limit: a few bytes may hold terabytes."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream = stream
        self._name = name
        self._left = limits().max_unpacked_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._stream.read(len(buffer))
        self._left -= len(content)
        if self._left < 0:
            raise TooLargeError(
                f"{self._name} holds over {limits().max_unpacked_bytes} bytes once unpacked; store it as parquet.",
                limit=limits().max_unpacked_bytes,
            )
        buffer[: len(content)] = content
        return len(content)


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [
        each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith(("__MACOSX/", "."))
    ]
    if len(members) != 1:
        raise TableError(f"{path.name} holds {len(members)} files; a table is a zip of one file.")
    return members[0]
