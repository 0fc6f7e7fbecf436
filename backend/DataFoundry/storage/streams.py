"""The bytes of a file, unpacked where its name says that it is packed."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa

from DataFoundry.errors import TableError
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
                    yield member
            elif suffix in PACKED:
                # Behind a pa.PythonFile the stream would close the handle twice.
                with pa.CompressedInputStream(pa.PythonFile(handle, "r"), PACKED[suffix]) as stream:
                    yield io.BufferedReader(_Raw(stream), 2**20)
            else:
                yield handle
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, pa.ArrowInvalid) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise TableError(f"{path.name} cannot be unpacked ({reason}); pack it again.") from None


class _Raw(io.RawIOBase):
    """An Arrow stream as Python's own raw one, so that it can be buffered and peeked into."""

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self._stream.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [
        each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith(("__MACOSX/", "."))
    ]
    if len(members) != 1:
        raise TableError(f"{path.name} holds {len(members)} files; a table is a zip of one file.")
    return members[0]
