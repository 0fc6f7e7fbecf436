"""A job's changes, one by one, for those who follow it."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from api.views import shown
from DataFoundry.errors import BusyError
from DataFoundry.settings import limits
from jobs import service

_LOOK_EVERY = 0.5  # seconds, for changes that another process makes
_SILENCE = 15.0  # seconds, after which a sign of life keeps proxies from closing the connection
_RETRY_AFTER = 10  # seconds


@dataclass(frozen=True)
class Event:
    """A job as it was after one change; `number` grows, and names the change."""

    number: int
    job: dict[str, Any]

    def as_text(self) -> str:
        """As a server-sent event, whose name is the job's state."""
        return f"id: {self.number}\nevent: {self.job['state']}\ndata: {self.as_json()}\n\n"

    def as_json(self) -> str:
        return json.dumps(self.job, ensure_ascii=False)


def followed(job_id: str, after: int = 0) -> Iterator[Event | None]:
    """The job whenever it has changed since change number `after`, until it is over; None after a long silence.

    A change that comes while the last one is being sent is told with the next.
    """
    runner = service.runner()
    told = time.monotonic()
    while True:
        job = runner.get(job_id)
        if job.version > after or job.over:
            after, told = job.version, time.monotonic()
            yield Event(job.version, shown(job))
        if job.over:
            return
        if time.monotonic() - told > _SILENCE:
            told = time.monotonic()
            yield None
        runner.store.wait_for_change(_LOOK_EVERY)


def may_follow() -> threading.Semaphore:
    """Leave for one more client to follow jobs, to be released when it is gone.

    Raises
    ------
    BusyError
        If as many follow as may: each holds a thread of the server.
    """
    slots = _slots()
    if not slots.acquire(blocking=False):
        raise BusyError(
            f"{limits().max_event_streams} clients follow jobs already; ask for the job itself now and then.",
            retry_after=_RETRY_AFTER,
        )
    return slots


@cache
def _slots() -> threading.Semaphore:
    return threading.BoundedSemaphore(limits().max_event_streams)
