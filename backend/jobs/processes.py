"""Worker processes as the server sees them: start one for a job, listen to it, stop it."""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from jobs import worker_host
from jobs.worker import Message, Order

logger = logging.getLogger(__name__)

_IMPORT_ROOT = Path(__file__).resolve().parents[1]
_MOST_TO_END = 2.0  # seconds
_START_HOST = "import sys; sys.path.insert(0, sys.argv[1]); from jobs.worker_host import main; main(int(sys.argv[2]))"


class Worker(Protocol):
    """One job at work somewhere."""

    def messages(self, every: float) -> Iterator[Message | None]:
        """What it tells, and None whenever it was silent for `every` seconds; ends when it is dead."""
        ...

    def stop(self) -> None:
        """Kill it, with all that it started; `messages` ends soon. May be called at any time by any thread."""
        ...

    def ending(self) -> str:
        """How it ended, once `messages` has: part of a sentence."""
        ...


class Launcher(Protocol):
    """Where jobs run."""

    def ready(self) -> None:
        """Wait until a job would be begun at once, so that none counts as begun before."""
        ...

    def broken(self) -> frozenset[str]:
        """The operations whose code cannot be imported there, as far as that can be known from here."""
        ...

    def launch(self, order: Order) -> Worker:
        """Begin a job."""
        ...

    def close(self) -> None:
        """Kill what runs."""
        ...


def local_launcher() -> Launcher:
    """Of this machine: forks where there is fork."""
    return HostLauncher() if hasattr(os, "fork") else SpawnLauncher()


def threads_each() -> int:
    """Threads of torch for one job: all cores, which two jobs share well, and one alone has to itself.

    The number shows in the last bits, so it does not depend on what else runs.
    """
    return os.cpu_count() or 1


def _whole(order: Order) -> bytes:
    """An order with the circumstances of this server."""
    return json.dumps({**order.as_dict(), "environment": dict(os.environ), "threads": threads_each()}).encode()


class HostLauncher:
    """Forks workers of a host process, which is started now and again whenever it dies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._host: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._waiting = threading.Lock()
        self._heard = b""  # from the host that there is now, up to `IMPORTED`
        self._broken: frozenset[str] | None = None  # None until a host has said
        with self._lock:
            self._start()

    def ready(self) -> None:
        """Wait until the host has imported everything, or is dead."""
        with self._waiting, contextlib.suppress(OSError):
            while (control := self._control) is not None and not self._heard.endswith(worker_host.IMPORTED):
                part = control.recv(2**16)
                if not part:  # it died: another is started for the next job
                    break
                self._heard += part
                if self._heard.endswith(worker_host.IMPORTED):
                    self._broken = frozenset(json.loads(self._heard))

    def broken(self) -> frozenset[str]:
        """What the host could not import; waits for the first one to say."""
        if self._broken is None:
            self.ready()
        return frozenset() if self._broken is None else self._broken

    def launch(self, order: Order) -> Worker:
        """Begin a job."""
        ours, theirs = Pipe()
        leash, end = socket.socketpair()
        with theirs, end:
            self._hand_over(theirs.fileno(), end.fileno())
        worker = _Forked(ours, leash)
        with contextlib.suppress(OSError):  # it died at once: messages() tells
            ours.send_bytes(_whole(order))
        return worker

    def close(self) -> None:
        """Kill the host and all workers."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._host is not None:
                _end(self._host)
            self._control = self._host = None

    def _hand_over(self, *descriptors: int) -> None:
        with self._lock:
            if self._host is None or self._host.poll() is not None:
                self._start()
            try:
                self._send(descriptors)
            except OSError:  # it died just now
                self._start()
                self._send(descriptors)

    def _send(self, descriptors: tuple[int, ...]) -> None:
        assert self._control is not None
        socket.send_fds(self._control, [worker_host.START], list(descriptors))

    def _start(self) -> None:
        if self._host is not None:
            logger.error("the host of the worker processes died (%s); starting another", self._host.wait(10))
        ours, theirs = socket.socketpair()
        if self._control is not None:
            self._control.close()
        with theirs:
            command = [sys.executable, "-P", "-c", _START_HOST, str(_IMPORT_ROOT), str(theirs.fileno())]
            # A session of its own, so that a signal to the server's terminal does not reach it.
            self._host = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)
        self._control = ours
        self._heard = b""


def _end(host: "subprocess.Popen[bytes]") -> None:
    """Wait for a host that has been let go of, which ends at once unless it is just importing something."""
    try:
        host.wait(_MOST_TO_END)
    except subprocess.TimeoutExpired:
        host.kill()  # its workers end with it
        host.wait()


class _Forked:
    """A worker of a host."""

    def __init__(self, connection: "Connection[Any, Any]", leash: socket.socket) -> None:
        self._connection = connection
        self._leash = leash
        self._lock = threading.Lock()
        self._ending = ""

    def messages(self, every: float) -> Iterator[Message | None]:
        yield from _heard(self._connection, every)
        with contextlib.suppress(OSError):
            self._ending = self._leash.recv(64).decode()  # waits until the host has seen it die
        with self._lock:
            self._connection.close()
            self._leash.close()

    def stop(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._leash.shutdown(socket.SHUT_WR)

    def ending(self) -> str:
        return _told(int(self._ending)) if self._ending else "the process that starts workers died with it"


class SpawnLauncher:
    """Starts a Python process for each job: seconds instead of milliseconds, and it works on every system."""

    def ready(self) -> None:
        """Nothing to wait for."""

    def broken(self) -> frozenset[str]:
        """None: each process imports what it needs, and says what it lacks."""
        return frozenset()

    def launch(self, order: Order) -> Worker:
        """Begin a job."""
        ours, theirs = Pipe()
        process = get_context("spawn").Process(target=spawned, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        with contextlib.suppress(OSError):
            ours.send_bytes(_whole(order))
        return _Spawned(ours, process)

    def close(self) -> None:
        """Nothing to do: a worker ends when its connection does."""


def spawned(connection: "Connection[Any, Any]") -> None:
    """A spawned worker's life."""
    worker_host.own_group(os.getpid())
    worker_host.work(connection)


class _Spawned:
    """A spawned worker."""

    def __init__(self, connection: "Connection[Any, Any]", process: Any) -> None:
        self._connection = connection
        self._process = process

    def messages(self, every: float) -> Iterator[Message | None]:
        yield from _heard(self._connection, every)
        self._process.join()
        self._connection.close()

    def stop(self) -> None:
        worker_host.kill(self._process.pid)

    def ending(self) -> str:
        return _told(self._process.exitcode or 0)


def _heard(connection: "Connection[Any, Any]", every: float) -> Iterator[Message | None]:
    while True:
        try:
            yield json.loads(connection.recv_bytes()) if connection.poll(every) else None
        except (EOFError, OSError):  # also in the middle of a message
            return


def _told(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"the process ended without an answer (status {code})"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    why = "; the machine may be short of memory" if name == "SIGKILL" else ""
    return f"the process was ended by {name}{why}"
