"""One piece of work for all who ask for it at the same time."""

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Together:
    """Does the same work once for all who wait for it, and begins it only after they asked.

    Python runs one thread at a time, and each system call puts a thread behind all others: a hundred threads that walk
    the same folder take a hundred times as long as one. None of them gets what was seen before it asked.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming: dict[Hashable, Future[Any]] = {}  # not begun yet: who asks now may share it
        self._turns: dict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, key: Hashable, work: Callable[[Any], T]) -> T:
        """What `work(key)` returns or raises."""
        with self._lock:
            shared: Future[T] | None = self._coming.get(key)
            first = shared is None
            if shared is None:
                shared = self._coming[key] = Future()
            turn = self._turns[key]
        if first:
            with turn:  # what is done now may have begun before this was asked for
                with self._lock:
                    del self._coming[key]
                try:
                    shared.set_result(work(key))
                except BaseException as error:
                    shared.set_exception(error)
        return shared.result()
