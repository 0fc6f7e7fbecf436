"""Which data files there are, and fetching one."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from DataFoundry.roots import listed_folders
from DataFoundry.settings import limits
from DataFoundry.storage.paths import DATA_SUFFIXES, input_path, open_for_reading


def list_files() -> list[dict[str, Any]]:
    """`name, path, size, modified` of the data files under the output and testing folders, newest first.

    For a client with roots of its own: under these and the testing folder. Hidden files and folders, links, and what is
    not data are left out. `size` is in bytes, `modified` is ISO 8601 in UTC. At most
    `settings.Limits.max_listed_files` entries.
    """
    found = []
    for path in dict.fromkeys(path for folder in listed_folders() for path in _data_files(folder)):
        try:
            status = path.stat(follow_symlinks=False)
        except FileNotFoundError:  # removed meanwhile
            continue
        found.append((status.st_mtime, path, status.st_size))
    found.sort(key=lambda each: (-each[0], each[1]))
    return [
        {
            "name": path.name,
            "path": str(path),
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


def _data_files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(place, name)
            visible = not name.startswith(".") and path.suffix.lower() in DATA_SUFFIXES
            if visible and path.is_file() and not path.is_symlink():
                yield path
