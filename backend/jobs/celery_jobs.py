"""Jobs on Celery workers, seen from the server."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from celery import Celery, states
from celery.result import AsyncResult
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from DataFoundry.errors import BusyError, JobTimeoutError
from jobs.celery_app import TASK, WORKING, build
from jobs.processes import Worker
from jobs.worker import Message, Order, Problem

logger = logging.getLogger(__name__)

_LOOK_EVERY = 0.2  # seconds
_LEASE = 60.0  # seconds without a sign of life, after which a worker is dead
_MOST_TO_STOP = 15.0  # seconds
_RETRY_AFTER = 10  # seconds
_ALIVE = (states.STARTED, WORKING)
_UNREACHABLE = (OperationalError, RedisError, OSError)


class RemoteLauncher:
    """Hands jobs to Celery."""

    def __init__(self) -> None:
        self._celery = build()

    def ready(self) -> None:
        """Nothing to wait for: the workers are others'."""

    def broken(self) -> frozenset[str]:
        """None that this server knows of."""
        return frozenset()

    def launch(self, order: Order) -> Worker:
        """Begin a job; or follow it, if a worker is at it already since the server was restarted.

        Raises
        ------
        BusyError
            If the broker cannot be reached.
        """
        try:
            before = self._celery.AsyncResult(_name(order.job, order.attempt - 1))
            if order.attempt > 1 and before.state in (*_ALIVE, states.SUCCESS):
                return _Remote(self._celery, before)
            self._celery.control.revoke(before.id)
            task = _name(order.job, order.attempt)
            self._celery.send_task(TASK, [order.as_dict()], task_id=task, retry=False)
            return _Remote(self._celery, self._celery.AsyncResult(task))
        except _UNREACHABLE as error:
            raise BusyError(
                f"The broker of the workers cannot be reached ({error}); try again in a while.",
                retry_after=_RETRY_AFTER,
            ) from None

    def close(self) -> None:
        """What runs on workers goes on."""
        self._celery.close()


def _name(job: str, attempt: int) -> str:
    """The id of a task."""
    return f"{job}-{attempt}"


class _Remote:
    """One task of Celery."""

    def __init__(self, celery: Celery, result: AsyncResult) -> None:
        self._celery = celery
        self._result = result
        self._stopped: float | None = None
        self._ending = "its worker died"

    def messages(self, every: float) -> Iterator[Message | None]:
        told: Any = None
        sign, signed = None, time.monotonic()
        while True:
            state, meta = self._looked()
            now = time.monotonic()
            if state == states.SUCCESS:
                yield meta
                return
            if state in states.READY_STATES:
                if "TimeLimitExceeded" in type(meta).__name__:
                    yield {
                        "problem": vars(Problem.of(JobTimeoutError("The job ran longer than it may; ask for less.")))
                    }
                return
            if self._stopped is not None and now - self._stopped > _MOST_TO_STOP:
                return
            if state not in _ALIVE or (state, str(meta)) != sign:
                sign, signed = (state, str(meta)), now
            elif now - signed > _LEASE:
                self._ending = f"its worker gave no sign of life for {_LEASE:.0f} s"
                self._result.forget()
                return
            progress = meta.get("progress") if state == WORKING else None
            yield {"progress": progress} if progress and progress != told else None
            told = progress or told
            time.sleep(min(every, _LOOK_EVERY))

    def stop(self) -> None:
        self._stopped = self._stopped or time.monotonic()
        try:
            self._celery.control.revoke(self._result.id, terminate=True, signal="SIGKILL")
        except _UNREACHABLE as error:
            logger.error("task %s could not be stopped: %s", self._result.id, error)

    def ending(self) -> str:
        return self._ending

    def _looked(self) -> tuple[str, Any]:
        """State and result of the task as they are now."""
        try:
            found = self._result.backend.get_task_meta(self._result.id, cache=False)
        except _UNREACHABLE as error:
            logger.warning("task %s cannot be looked at: %s", self._result.id, error)
            return states.PENDING, None
        return str(found["status"]), found.get("result")
