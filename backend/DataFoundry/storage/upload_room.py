"""Is there room for an upload? A quota over all uploaded files, and a disk that is never filled up.

Which files were uploaded is kept in `uploads/.uploaded.json` of the output folder; a file that was removed since counts
no more. What is being received counts as soon as its size is known, so that many at once cannot pass together.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from DataFoundry.errors import DiskFullError, QuotaError, TooLargeError
from DataFoundry.settings import OUTPUT_FOLDER, limits
from DataFoundry.storage import files

UPLOAD_FOLDER = OUTPUT_FOLDER / "uploads"
_LEDGER = UPLOAD_FOLDER / ".uploaded.json"
_lock = threading.Lock()
_running: dict[int, int] = {}  # bytes that each running upload may come to


class Room:
    """What one upload may take of the disk and the quota."""

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder = folder
        self._kept = kept  # bytes of unfinished uploads, which count as well

    def take(self, size: int, received: int = 0) -> None:
        """Claim `size` bytes in all, of which `received` are on the disk already.

        Raises
        ------
        TooLargeError, QuotaError, DiskFullError
        """
        bounds = limits()
        if size > bounds.max_upload_bytes:
            raise TooLargeError(
                f"The file is larger than {bounds.max_upload_bytes} bytes; send a smaller one, or raise "
                "DATAFOUNDRY_MAX_UPLOAD_BYTES.",
                limit=bounds.max_upload_bytes,
            )
        with _lock:
            others = sum(size for name, size in _running.items() if name != id(self))
            used = sum(_sizes().values()) + others + self._kept
            if used + size > bounds.upload_quota_bytes:
                raise QuotaError(
                    f"Uploads may hold {bounds.upload_quota_bytes} bytes together and hold {used} now; remove some, or "
                    "raise DATAFOUNDRY_UPLOAD_QUOTA_BYTES.",
                    used=used,
                    limit=bounds.upload_quota_bytes,
                )
            _running[id(self)] = size
        if files.free_bytes(self._folder) - (size - received) < bounds.min_free_bytes:
            raise DiskFullError(
                f"The disk has no room for {size} bytes that leaves {bounds.min_free_bytes} free; free some space."
            )


@contextmanager
def room(folder: Path, kept: int = 0) -> Iterator[Room]:
    """Room for one upload into `folder`; what it claimed counts until the `with` block ends."""
    claimed = Room(folder, kept)
    try:
        yield claimed
    finally:
        with _lock:
            _running.pop(id(claimed), None)


def remember(path: Path) -> None:
    """Count the finished upload `path` from now on."""
    with _lock:
        files.write_json(_LEDGER, sorted({*map(str, _sizes()), str(path)}))


def _sizes() -> dict[Path, int]:
    """Bytes of each uploaded file that is still there."""
    try:
        known = json.loads(files.read_small(_LEDGER))
    except (FileNotFoundError, ValueError):  # never written, or not by us
        return {}
    found = {}
    for name in known if isinstance(known, list) else []:
        path = Path(str(name))
        if path.is_file():
            found[path] = path.stat().st_size
    return found
