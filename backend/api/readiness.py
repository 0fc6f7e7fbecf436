"""Can the service do its work now? Each check raises with a sentence where it cannot."""

import logging
import threading
import time
from collections.abc import Callable

from api import features
from DataFoundry.errors import DataFoundryError, DiskFullError
from DataFoundry.settings import OUTPUT_FOLDER, limits
from DataFoundry.storage import files
from jobs import service

_FRESH_SECONDS = 5.0  # so that asking often costs nothing
_lock = threading.Lock()
_last: tuple[float, dict[str, str]] = (float("-inf"), {})
logger = logging.getLogger(__name__)


def reasons() -> dict[str, str]:
    """What is wrong, by the check that found it; empty when the service is ready. At most five seconds old."""
    global _last
    with _lock:
        when, found = _last
        if time.monotonic() - when > _FRESH_SECONDS:
            found = {name: said for name, check in CHECKS.items() if (said := _said(name, check))}
            _last = time.monotonic(), found
        return found


def _said(name: str, check: Callable[[], None]) -> str:
    try:
        check()
    except DataFoundryError as error:
        return error.message
    except Exception:  # whatever is wrong, the answer is that this part does not work
        logger.exception("the check %s failed", name)
        return "It does not work; the service's log says more."
    return ""


def _writable() -> None:
    files.try_writing(OUTPUT_FOLDER)


def _disk() -> None:
    free, floor = files.free_bytes(OUTPUT_FOLDER), limits().min_free_bytes
    if free < floor:
        raise DiskFullError(f"Only {free} bytes of disk are free, fewer than {floor}; free some space.")


def _jobs() -> None:
    if service.runner().store.path is None:
        raise DataFoundryError("Jobs cannot be kept; let the service write to the folder of DATAFOUNDRY_STATE_DIR.")


CHECKS: dict[str, Callable[[], None]] = {
    "output_folder": _writable,
    "free_disk": _disk,
    "jobs": _jobs,
    "sandbox": features.try_sandbox,
}
