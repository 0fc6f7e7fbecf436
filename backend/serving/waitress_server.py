"""waitress where there is no fork (Windows): the same application, threads, and a stop that waits."""

import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event
from typing import Any

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

from DataFoundry.settings import limits
from serving.thread_pool import PatientPool

logger = logging.getLogger(__name__)

_MOST_CLIENTS = 500  # select() of Windows takes 512 sockets


def serve(load: Callable[[], Any], sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    """As `gunicorn_server.serve`, in this process."""
    bounds = limits()
    stopping = Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: stopping.set())
    connections: dict[int, Any] = {}
    workers = _Dispatcher(bounds.server_threads)
    create_server(
        load(),
        map=connections,
        _dispatcher=workers,
        connection_limit=_MOST_CLIENTS,
        sockets=sockets,
        ident="DataFoundry",
        max_request_body_size=max(bounds.max_upload_bytes, bounds.max_request_bytes) + 2**20,
    )
    ready()
    while not stopping.is_set():
        wasyncore.loop(timeout=0.5, map=connections, count=1)
    _finish(connections, workers, bounds.stop_seconds)
    sys.exit(0)


class _Dispatcher:
    """Runs waitress's requests on our threads."""

    def __init__(self, threads: int) -> None:
        self._pool = PatientPool(threads)
        self.unfinished: set[Future[None]] = set()

    def add_task(self, task: HTTPChannel) -> None:
        """Let the requests that have come over a connection be answered."""
        future = self._pool.submit(task.service)
        self.unfinished.add(future)
        future.add_done_callback(self._finished)

    def shutdown(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown()

    def _finished(self, future: "Future[None]") -> None:
        self.unfinished.discard(future)
        if error := future.exception():
            logger.error("The server failed on a request", exc_info=error)


def _finish(connections: dict[int, Any], workers: _Dispatcher, seconds: int) -> None:
    """Accept no more, and let what runs be finished and sent."""
    for listener in [each for each in connections.values() if isinstance(each, BaseWSGIServer)]:
        wasyncore.dispatcher.close(listener)  # its own close would take the wake-up pipe of the rest along
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _busy(connections, workers):
        wasyncore.loop(timeout=0.2, map=connections, count=1)


def _busy(connections: dict[int, Any], workers: _Dispatcher) -> bool:
    open_ones = [each for each in connections.values() if isinstance(each, HTTPChannel)]
    unfinished = any(each.request or each.requests or each.total_outbufs_len for each in open_ones)
    return bool(workers.unfinished or unfinished)
