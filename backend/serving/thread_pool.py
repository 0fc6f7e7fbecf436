"""Threads for requests that mostly wait: few work at a time, and none that waits keeps others from beginning.

Python runs one thread at a time. With many requests under way, each system call of one puts it behind all others, so
that one with twenty such calls takes twenty times their number; begun a few at a time, in the order in which they
came, all are answered sooner. A request that waits - for its job, for a slow client - must not count then. It is known
by not being done in a moment.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

_AT_ONCE = 3
_MOMENT = 0.005  # seconds
Work = tuple["Future[Any]", Callable[[], Any]]


class PatientPool(Executor):
    """Begins what is submitted in the order in which it came.

    Parameters
    ----------
    threads
        How many pieces of work may be under way.
    at_once
        How many of them may have been begun within the last moment.
    moment
        Seconds, after which a piece of work is taken to wait for something.
    """

    def __init__(self, threads: int, at_once: int = _AT_ONCE, moment: float = _MOMENT) -> None:
        self._threads = threads
        self._at_once = at_once
        self._moment = moment
        self._changed = threading.Condition()
        self._queue: deque[Work] = deque()
        self._begun: dict[int, float] = {}  # when each thread that works began, in that order
        self._started = self._waiting = 0
        self._coming = False  # a thread was started that has not looked at the queue yet
        self._timed = False  # one waiting thread watches the clock, the others sleep
        self._closed = False

    def submit(self, work: Callable[..., Any], /, *values: Any, **named: Any) -> "Future[Any]":
        """As `concurrent.futures.Executor.submit`."""
        future: Future[Any] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("The pool is shut down.")
            self._queue.append((future, lambda: work(*values, **named)))
            self._rouse()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Begin nothing more. What is under way goes on, and ends with the process at the latest."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _rouse(self) -> None:
        """Let one more thread look at the queue."""
        if self._waiting:
            self._changed.notify()
        elif self._started < self._threads and not self._coming:
            try:
                threading.Thread(target=self._serve, name=f"request {self._started + 1}", daemon=True).start()
            except RuntimeError:  # the system has no more threads for us: those that there are will do
                if not self._started:
                    raise
                return
            self._started += 1
            self._coming = True

    def _serve(self) -> None:
        with self._changed:
            self._coming = False
        while (taken := self._next()) is not None:
            future, work = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
            del taken, future, work  # a thread that waits keeps nothing alive

    def _next(self) -> Work | None:
        """Wait for this thread's turn; None at the end."""
        with self._changed:
            self._begun.pop(threading.get_ident(), None)
            while not self._closed:
                wait = self._seconds_to_wait() if self._queue else None
                if self._queue and wait is None:
                    taken = self._queue.popleft()
                    self._begun[threading.get_ident()] = time.monotonic()
                    if self._queue:  # whoever was roused for it may have been this thread
                        self._rouse()
                    return taken
                self._wait(wait)
            return None

    def _seconds_to_wait(self) -> float | None:
        """Until one more may begin; None for now."""
        now, young, oldest = time.monotonic(), 0, 0.0
        for begun in reversed(self._begun.values()):
            if now - begun >= self._moment:
                break
            young, oldest = young + 1, begun
        return max(0.0, oldest + self._moment - now) if young >= self._at_once else None

    def _wait(self, seconds: float | None) -> None:
        """Until something changes; of several threads that wait for a moment to be over one watches the clock."""
        timed = seconds is not None and not self._timed
        self._timed = self._timed or timed
        self._waiting += 1
        self._changed.wait(seconds if timed else None)
        self._waiting -= 1
        if timed:
            self._timed = False
