"""Clients that hold a thread by sending a byte now and then: they are given up.

The head of a request must come within `HEAD_SECONDS`, and each piece of a body that is waited for (a megabyte at most)
within `PIECE_SECONDS`, however many bytes trickle in meanwhile. Where more threads wait for clients than may, the one
that has waited longest is given up at once, so that there is always a thread for who sends. A thread that waits for its
job, or sends, is not meant.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

HEAD_SECONDS = 30.0
PIECE_SECONDS = 300.0
_LOOK_EVERY = 1.0  # seconds
logger = logging.getLogger(__name__)


class SlowClients:
    """The clients that threads of this process wait for.

    Parameters
    ----------
    most
        How many may be waited for at the same time.
    """

    def __init__(self, most: int = 600) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._due: dict[Any, float] = {}  # by socket, when something must have come (monotonic); longest wait first
        self._watching = False

    @contextmanager
    def waited_for(self, connection: Any, seconds: float = HEAD_SECONDS) -> Iterator[None]:
        """Wait for `connection` while the block runs, or until `has_come`."""
        self._wait_for(connection, seconds)
        try:
            yield
        finally:
            self.has_come(connection)

    def has_come(self, connection: Any) -> None:
        """Wait no more for it."""
        with self._lock:
            self._due.pop(connection, None)

    def _wait_for(self, connection: Any, seconds: float) -> None:
        with self._lock:
            self._due.pop(connection, None)
            self._due[connection] = time.monotonic() + seconds
            late = next(iter(self._due)) if len(self._due) > self.most else None
            if late is not None:
                del self._due[late]
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="slow clients", daemon=True).start()
        if late is not None:
            self._give_up([late])

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY)
            now = time.monotonic()
            with self._lock:
                late = [connection for connection, due in self._due.items() if due < now]
                for connection in late:
                    del self._due[connection]
            if late:
                self._give_up(late)

    @staticmethod
    def _give_up(connections: list[Any]) -> None:
        logger.warning("clients that sent too slowly were given up: %d", len(connections))
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # the thread that waits for it hears of the end


clients = SlowClients()  # of this process
