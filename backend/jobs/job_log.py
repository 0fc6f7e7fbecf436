"""What happens to a job on its way, line by line: kept for its owner, and told in the server's log."""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from DataFoundry.errors import DiskFullError
from jobs.store import Store

logger = logging.getLogger(__name__)

_OURS = "DataFoundry"  # what other libraries log may name files of the machine


class JobLog:
    """The lines of one job: when it was begun, each step of its work, what the library says of it, and its end."""

    def __init__(self, store: Store, job: str) -> None:
        self._store = store
        self._job = job
        self._step = ""

    def hear(self, message: dict[str, Any]) -> None:
        """Take note of progress or of a log line of the worker."""
        if "progress" in message:
            # When it came: of work that says nothing for long, nobody knows any more how long it takes.
            quietly(self._store.note, self._job, {**message["progress"], "told": round(time.time(), 1)})
            self._note_step(message["progress"])
        elif "log" in message:
            line = message["log"]
            logging.getLogger(line["name"]).log(line["level"], "job %s: %s", self._job[:8], line["text"])
            if line["name"].partition(".")[0] == _OURS:
                self._keep(line["text"].partition("\n")[0], line["level"])

    def tell(self, text: str, level: int = logging.INFO, to_owner: str = "") -> None:
        """A line of the service itself; `to_owner` follows in the job's own log alone, since it may quote the table."""
        logger.log(level, "job %s: %s", self._job[:8], text)
        self._keep(text + to_owner, level)

    def _note_step(self, progress: dict[str, Any]) -> None:
        step, total = progress["doing"], progress.get("total")
        if step != self._step:
            self._step = step
            self._keep(step if total is None else f"{step} {total:,} {progress['unit']}", logging.INFO)

    def _keep(self, text: str, level: int) -> None:
        quietly(self._store.add_line, self._job, logging.getLevelName(level).lower(), text)


def quietly(write: Callable[..., Any], *values: Any) -> Any:
    """Do it, or say in the log why not: a note that fails must not cost the work that it is about."""
    try:
        return write(*values)
    except (sqlite3.Error, DiskFullError) as error:
        logger.error("the state of a job could not be kept: %s", error)
        return None
