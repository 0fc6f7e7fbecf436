"""Results on the disk before anybody has heard of them.

A worker writes the result of a promised job down as soon as its files are there. Whoever is killed then - the worker,
the server, both - the job is done: it is recorded as succeeded, and not begun again.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from DataFoundry.storage import files

FOLDER = "finished"  # of the state folder
_SUFFIX = ".json"


def keep(folder: Path, job: str, result: dict[str, Any]) -> None:
    """Write down what a job came to."""
    files.write_json(_path(folder, job), result)


def found(folder: Path, job: str) -> dict[str, Any] | None:
    """What a job came to, if it was written down."""
    try:
        result = json.loads(files.read_small(_path(folder, job)))
    except (FileNotFoundError, ValueError):
        return None
    return result if isinstance(result, dict) else None


def forget(folder: Path, job: str) -> None:
    """Remove the note: the job is recorded."""
    files.remove_file(_path(folder, job))


def noted(folder: Path) -> Iterator[str]:
    """The jobs of which there is a note."""
    for name in os.listdir(folder) if folder.is_dir() else []:
        if name.endswith(_SUFFIX) and not name.startswith("."):
            yield name.removesuffix(_SUFFIX)


def _path(folder: Path, job: str) -> Path:
    return folder / f"{job}{_SUFFIX}"
