"""gunicorn for Linux and macOS: one worker process of many threads, stopped without dropping what runs."""

import json
import logging
import os
import resource
import signal
import socket
import struct
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn import glogging, util
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from DataFoundry.settings import limits
from serving import request_body, slow_clients
from serving.thread_pool import PatientPool

SILENT_SECONDS = 60  # a client that neither sends nor takes a byte for so long is given up
_SILENCE = struct.pack("ll", SILENT_SECONDS, 0)
_FULL_SECONDS = 0.5  # from a client that could not be taken to the next try
_LINGER_SECONDS = 5.0
_LINGER_BYTES = 64 * 2**20
_STATUS: dict[type[Exception], int] = {
    http_errors.LimitRequestLine: 414,
    http_errors.LimitRequestHeaders: 431,
    http_errors.ExpectationFailed: 417,
    http_errors.UnsupportedTransferCoding: 501,
}


def serve(load: Callable[[], Any], sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    """Serve the WSGI application that `load` makes until SIGTERM or Ctrl-C, then end the program with 0.

    `load` runs in the worker process, so that nothing heavy is imported before the fork; `ready` is called there once
    requests are answered. A worker that dies is replaced.
    """
    _Application(load, sockets, ready).run()


class _Application(BaseApplication):
    def __init__(self, load: Callable[[], Any], sockets: list[socket.socket], ready: Callable[[], None]) -> None:
        self._load = load
        self._addresses = [f"fd://{each.detach()}" for each in sockets]
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        bounds = limits()
        clients = _allow_clients(bounds.server_threads)
        chosen = {
            "bind": self._addresses,
            "workers": 1,  # rate limits, metrics and the queue of heavy work are those of one process
            "worker_class": _Worker,
            "threads": min(bounds.server_threads, clients - 1),
            "worker_connections": clients,
            "timeout": 0,  # a request may take as long as it needs
            "graceful_timeout": bounds.stop_seconds,
            "keepalive": 15,
            "limit_request_line": 8190,  # a path of 4,096 characters, most of them escaped, is refused with 414
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # whom to believe is for serving.proxies to say
            "forwarder_headers": "",
            "logger_class": _Log,
            "loglevel": "warning",
            "post_worker_init": self._tell_ready,
            "proc_name": "datafoundry",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def _tell_ready(self, worker: ThreadWorker) -> None:
        if worker.age == 1:  # not again when a worker was replaced
            self._ready()

    def load(self) -> Any:
        return request_body.told(self._load())

    def run(self) -> None:
        _Arbiter(self).run()


class _Arbiter(Arbiter):
    """The parent. Every way of asking it to stop is the gentle one; a second Ctrl-C ends it at once."""

    handle_int = Arbiter.handle_term
    handle_hup = Arbiter.handle_term  # the terminal was closed

    def _ignore(self) -> None:
        """More workers, or a program exchanged while it runs, are not what this service is made for."""

    handle_ttin = handle_ttou = handle_usr2 = _ignore


class _Worker(ThreadWorker):
    """The process that answers."""

    _full_until = 0.0  # by the monotonic clock

    def init_signals(self) -> None:
        super().init_signals()
        # Ctrl-C reaches every process of the terminal; only the parent decides what it means.
        signal.signal(signal.SIGINT, _do_nothing)

    def get_thread_pool(self) -> PatientPool:
        slow_clients.clients.most = max(1, self.cfg.threads // 2)
        return PatientPool(self.cfg.threads)

    def notify(self) -> None:
        """Nobody looks for signs of life: a request may take as long as it needs. gunicorn touches a file each time."""

    def run(self) -> None:
        super().run()
        if not self.is_parent_alive():  # killed: nobody is left who would end this process after the grace
            os._exit(1)

    def set_accept_enabled(self, enabled: bool) -> None:
        if enabled and time.monotonic() < self._full_until:
            return
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:  # or new clients would wait in the kernel's queue for nothing
            for listener in self.sockets:
                listener.close()

    def accept(self, listener: socket.socket) -> None:
        """Take all clients that wait: gunicorn takes one between two looks at all others."""
        for _ in range(self.worker_connections - self.nr_conns):
            before = self.nr_conns
            try:
                super().accept(listener)
            except OSError as error:  # it would end this process with all that runs in it
                self.log.error("No more clients can be taken now: %s", error.strerror)
                self._full_until = time.monotonic() + _FULL_SECONDS
                self.set_accept_enabled(False)
                return
            if self.nr_conns == before:
                return

    def enqueue_req(self, conn: TConn) -> None:
        """As gunicorn's; a client that stalls inside a request does not keep its thread for ever."""
        if not conn.initialized:  # its first request
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                conn.sock.setsockopt(socket.SOL_SOCKET, option, _SILENCE)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        with slow_clients.clients.waited_for(conn.sock):
            kept = super().handle(conn)
        if not kept:  # gunicorn would wait for the client in the one thread that accepts
            _linger(conn.sock)
        return kept

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        if fs.cancelled() or fs.exception() or not fs.result():
            self.nr_conns -= 1
            conn.close()
        else:
            super().finish_request(conn, fs)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what is not HTTP with the one JSON error body."""
        name = uuid.uuid4().hex
        about: dict[str, Any] = {"extra": {"request_id": name}}
        if isinstance(exc, http_errors.ParseException | ValueError):
            status = _STATUS.get(type(exc), 400)
            self.log.warning(
                "A request from %s was not HTTP: %s", addr[0] if addr else "?", type(exc).__name__, **about
            )
            text = f"The request is not valid HTTP ({HTTPStatus(status).phrase}); send it with an HTTP client."
            code = "invalid_http"
        else:
            self.log.exception("The server failed on a request", **about)
            status, code = 500, "internal_error"
            text = "The service failed on this request through a defect of its own; its log says more."
        body = json.dumps({"error": text, "code": code}).encode()
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"X-Content-Type-Options: nosniff\r\nX-Request-ID: {name}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            client.sendall(head.encode("latin-1") + body)
        except OSError:
            self.log.debug("The client went before its answer.")


class _Log(glogging.Logger):
    """gunicorn's log lines through the program's own handlers."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True


def _allow_clients(threads: int) -> int:
    """Raise this process's limit of open files to what a thousand waiting clients need; how many may be connected."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * (1000 + threads)  # half of them for what requests open
    files = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if now != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, now), most))
    return max(files // 2, 2)


def _linger(connection: socket.socket) -> None:
    """Take what the client still sends before closing, or it would lose its answer unread (RFC 9112, 9.6)."""
    deadline = time.monotonic() + _LINGER_SECONDS
    taken = 0
    try:
        connection.shutdown(socket.SHUT_WR)
        while taken < _LINGER_BYTES and (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            piece = connection.recv(64 * 1024)
            if not piece:
                break
            taken += len(piece)
    except OSError as error:
        logging.getLogger(__name__).debug("A client went: %s", error)
    util.close(connection)


def _do_nothing(_signal: int, _frame: FrameType | None) -> None:
    pass
