"""What a process has begun to write, noted where whoever comes after its death can tidy up.

A process that may be killed keeps a journal while it works: one file that it holds a lock on for as long as it lives,
with the path of every temporary file before that is made. A lock that is free over a journal that is there means that
its process died; `sweep` then removes what it left.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

PARTIAL = "partial"  # worthless once its writer is dead
RESUMABLE = "resumable"  # whole, and what an interrupted work goes on from
FOLDER = "running"  # of the state folder, where a server and its workers keep theirs
_SUFFIX = ".journal"


class Journal:
    """The notes of one piece of work, known by `name`."""

    def __init__(self, name: str, handle: BinaryIO) -> None:
        self.name = name
        self._handle = handle

    def note(self, kind: str, path: Path) -> None:
        """Write down that `path`, PARTIAL or RESUMABLE, is about to be made."""
        self._handle.write(kind.encode() + b"\t" + os.fsencode(path) + b"\n")


_kept: ContextVar[Journal | None] = ContextVar("kept", default=None)  # each thread works on one thing at a time


def note(kind: str, path: Path) -> None:
    """Write `path` down in this thread's journal, if it keeps one."""
    if (kept := _kept.get()) is not None:
        kept.note(kind, path)


def holder() -> str | None:
    """The name of the work that this thread does, if it keeps a journal."""
    return kept.name if (kept := _kept.get()) is not None else None


@contextmanager
def keep(folder: Path, name: str, patience: float = 60.0) -> Iterator[None]:
    """Keep a journal in `folder` while the block runs; what an earlier process left under this name is tidied first.

    Parameters
    ----------
    patience
        Seconds to wait for an earlier process of the same name that is about to die.

    Raises
    ------
    filelock.Timeout
        If it does not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{_SUFFIX}"
    with FileLock(f"{path}.lock", timeout=patience, thread_local=False):
        _tidy(path, {PARTIAL})
        with open(path, "ab", buffering=0) as handle:
            token = _kept.set(Journal(name, handle))
            try:
                yield
            finally:
                _kept.reset(token)
                _forget(path, {PARTIAL})


def sweep(folder: Path, name: str | None = None, everything: bool = False) -> list[Path]:
    """Remove what dead processes left; the files that went.

    Parameters
    ----------
    name
        Of one work; None sweeps after all.
    everything
        Remove also what an interrupted work would go on from, since it is not to go on.
    """
    swept: list[Path] = []
    journals = [folder / f"{name}{_SUFFIX}"] if name is not None else sorted(folder.glob(f"*{_SUFFIX}"))
    for path in journals:
        lock = FileLock(f"{path}.lock", thread_local=False)
        try:
            with lock.acquire(timeout=0 if name is None else 10):
                swept += _forget(path, {PARTIAL, RESUMABLE} if everything else {PARTIAL})
        except Timeout:
            continue  # its process lives
        except FileNotFoundError:
            continue  # the folder is not there yet
    if swept:
        logger.info("removed %d unfinished files of work that was interrupted", len(swept))
    return swept


def _forget(path: Path, kinds: set[str]) -> list[Path]:
    """Remove a journal after the files of these kinds that it names; the files that went."""
    gone = _tidy(path, kinds)
    path.unlink(missing_ok=True)
    Path(f"{path}.lock").unlink(missing_ok=True)  # nobody waits for it: a work has one process at a time
    return gone


def _tidy(path: Path, kinds: set[str]) -> list[Path]:
    """Remove the files of these kinds that a journal names."""
    if not path.is_file():
        return []
    gone = []
    for line in path.read_bytes().splitlines():
        kind, _, name = line.partition(b"\t")
        left = Path(os.fsdecode(name))
        if kind.decode(errors="replace") in kinds and name and left.exists():
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
            gone.append(left)
    return gone
