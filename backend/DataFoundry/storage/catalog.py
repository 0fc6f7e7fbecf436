"""Which data files there are, and fetching one."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from DataFoundry.roots import listed_folders
from DataFoundry.settings import limits
from DataFoundry.storage.paths import DATA_SUFFIXES, input_path, open_for_reading
from DataFoundry.together import Together

_together = Together()


def list_files() -> list[dict[str, Any]]:
    """`name, path, size, modified` of the data files under the output and testing folders, newest first.

    For a client with roots of its own: under these and the testing folder. Hidden files and folders, links, and what is
    not data are left out. `size` is in bytes, `modified` is ISO 8601 in UTC. At most
    `settings.Limits.max_listed_files` entries.
    """
    found = _together(listed_folders(), _found)
    return [
        {
            "name": os.path.basename(path),
            "path": path,
            "size": size,
            "modified": datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds"),
        }
        for changed, path, size in found[: limits().max_listed_files]
    ]


def open_file(text: str) -> tuple[BinaryIO, str]:
    """The data file that a request names, opened, and its name.

    Raises
    ------
    PathTextError, OutsideDataRootsError, NotDataError, MissingFileError, ImpossibleError
    """
    path = input_path(text, "path", DATA_SUFFIXES)
    return open_for_reading(path), path.name


def _found(folders: tuple[Path, ...]) -> list[tuple[float, str, int]]:
    """When each data file was changed, its path and its bytes, newest first."""
    found = {}
    for folder in folders:
        for entry in _data_files(str(folder)):
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # removed meanwhile
                continue
            found[entry.path] = (status.st_mtime, entry.path, status.st_size)
    return sorted(found.values(), key=lambda each: (-each[0], each[1]))


def _data_files(folder: str) -> Iterator[os.DirEntry[str]]:
    """The directory tells what is a file and what a link, so that nothing is asked of the files themselves."""
    try:
        with os.scandir(folder) as listed:
            entries = [each for each in listed if not each.name.startswith(".")]
    except OSError:  # removed meanwhile, or not ours to read
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _data_files(entry.path)
        elif os.path.splitext(entry.name)[1].lower() in DATA_SUFFIXES and entry.is_file(follow_symlinks=False):
            yield entry
