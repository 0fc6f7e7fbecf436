"""Which server processes live: each holds a lock on a file of its own for as long as it does."""

import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from DataFoundry.storage.files import remove_file


class Owner:
    """This process, as the owner of jobs."""

    def __init__(self, folder: Path) -> None:
        self.name = str(uuid.uuid4())
        self._folder = folder / "owners"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._folder / self.name, thread_local=False)
        self._lock.acquire(timeout=0)

    def is_gone(self, name: str) -> bool:
        """Whether the process of an owner is dead; then its file is removed."""
        path = self._folder / name
        if not path.exists():
            return True
        lock = FileLock(path, thread_local=False)
        try:
            with lock.acquire(timeout=0):
                remove_file(path)
                return True
        except Timeout:
            return False

    def leave(self) -> None:
        """Own nothing any more."""
        self._lock.release()
        remove_file(self._folder / self.name)
