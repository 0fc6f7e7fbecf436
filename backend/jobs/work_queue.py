"""A line of work that waits, and the threads that take it piece by piece."""

import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Piece = TypeVar("Piece")


class Lane(Generic[Piece]):
    """Runs what is put into it, at most `width` pieces at a time, in the order in which they came."""

    def __init__(self, name: str, width: int, run: Callable[[Piece], None]) -> None:
        self._name = name
        self._width = width
        self._run = run
        self._waiting: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait; those that a thread has taken are not counted."""
        return self._waiting.qsize()

    def put(self, piece: Piece) -> None:
        """Let a piece of work wait for its turn."""
        self._waiting.put(piece)
        with self._lock:
            if len(self._threads) < self._width:
                self._threads.append(threading.Thread(target=self._serve, name=self._name, daemon=True))
                self._threads[-1].start()

    def _serve(self) -> None:
        while True:
            self._run(self._waiting.get())
