"""A process with all heavy modules imported that forks a worker for each job.

Importing torch takes seconds, forking a process that has it takes milliseconds. The host has one thread and opens
nothing itself, so forking it is safe. The server sends it, for each job, one byte with two sockets: the worker's
connection, and a leash. When the server lets go of the leash - to cancel, or because it was killed - the host kills the
worker's process group; when a worker ends, the host says over the leash how.
"""

import contextlib
import ctypes
import gc
import json
import logging
import os
import selectors
import signal
import socket
import sys
import threading
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from DataFoundry.storage.files import tell_kernel
from jobs.operations import OPERATIONS
from jobs.worker import Order, perform, use_threads

START = b"s"
IMPORTED = b"\n"  # ends what the host says once it has imported all: the operations that it could not, as JSON
_IDLE = 2.0  # seconds without work, after which the host imports what only some jobs need
logger = logging.getLogger(__name__)

_NICER = 10  # the server answers first; who shares the machine with us hardly notices
_PR_SET_PDEATHSIG = 1
_SLACK = 4 * 2**30  # bytes that libraries set aside and never touch
_SACRIFICED = 800  # as if the process had four fifths of the memory more


def main(descriptor: int) -> None:
    """Serve the server at the other end of the socket `descriptor` until it is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # of a whole terminal or service: the server decides when we end
    broken = [name for name, operation in OPERATIONS.items() if not _imported(operation.target.partition(":")[0])]
    _keep_imported()
    _stand_back()  # only now: the first answers wait for what was imported
    control = socket.socket(fileno=descriptor)
    with contextlib.suppress(OSError):  # the server is gone
        control.sendall(json.dumps(broken).encode() + IMPORTED)
    _Host(control).serve()


def _imported(module: str) -> bool:
    try:
        import_module(module)
    except Exception:  # a package is missing or broken: jobs that need it fail and say so, all others work
        logger.exception("%s cannot be imported", module)
        return False
    return True


def _keep_imported() -> None:
    gc.collect()
    gc.freeze()  # what is imported is never garbage: workers share its pages


def _stand_back() -> None:
    """Let the scheduler weigh this session no more than its workers (Linux).

    Where sessions are scheduled as groups (autogroup in sched(7)), niceness counts only inside each: two trainings kept
    the server, and all else that is not theirs, waiting for up to seven seconds.
    """
    tell_kernel("autogroup", _NICER)


class _Host:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._leashes: dict[int, socket.socket] = {}  # by process id of the worker
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        for each in (self._woken, self._wake):
            each.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._selector.register(control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        rested = False
        while True:
            ready = self._selector.select(None if rested else _IDLE)
            if not ready and not rested:
                rested = True
                _imported("torch._dynamo")  # every optimizer does when it is first used, which takes seconds
                _keep_imported()
            for key, _ in ready:
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif key.fileobj is self._control:
                    if not self._begin():
                        self._kill_all()
                        signal.set_wakeup_fd(-1)  # the workers' deaths are nobody's news any more
                        return
                elif key.data in self._leashes:
                    kill(key.data)
                    self._selector.unregister(key.fileobj)
            self._reap()

    def _begin(self) -> bool:
        """Fork a worker; False if the server is gone."""
        try:
            byte, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        except OSError:
            return False
        if not byte:
            return False
        for each in descriptors:
            os.set_inheritable(each, False)
        connection, leash = descriptors
        worker = os.fork()
        if worker == 0:
            self._become_worker(connection, leash)
        own_group(worker)
        os.close(connection)
        self._leashes[worker] = socket.socket(fileno=leash)
        self._selector.register(self._leashes[worker], selectors.EVENT_READ, data=worker)
        return True

    def _become_worker(self, connection: int, leash: int) -> NoReturn:
        """The rest of the new process's life."""
        status = 1
        try:
            own_group(os.getpid())
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.close(leash)
            self._selector.close()
            for each in (self._control, self._woken, self._wake, *self._leashes.values()):
                each.close()
            work(Connection(connection))
            status = 0
        finally:
            os._exit(status)

    def _reap(self) -> None:
        for worker in list(self._leashes):
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                leash = self._leashes.pop(worker)
                if leash in self._selector.get_map():
                    self._selector.unregister(leash)
                _tell(leash, os.waitstatus_to_exitcode(status))

    def _kill_all(self) -> None:
        for worker in self._leashes:
            kill(worker)


def work(connection: "Connection[Any, Any]") -> None:
    """Receive one order over `connection`, and do it."""
    order = json.loads(connection.recv_bytes())
    _die_with(os.getppid(), connection)
    _die_first()
    _bound_memory()
    os.environ.clear()
    os.environ.update(order.pop("environment"))
    if hasattr(os, "nice"):
        os.nice(_NICER)
    use_threads(order.pop("threads"))
    logging.getLogger().setLevel(logging.INFO)
    perform(Order(**order), lambda message: connection.send_bytes(json.dumps(message).encode()))


def _die_with(parent: int, connection: "Connection[Any, Any]") -> None:
    """End this process at once, with all that it started, when its host or the server is gone."""
    die_with_parent()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while not connection.poll(1.0) and os.getppid() == parent:
                pass
        kill(os.getpid())

    threading.Thread(target=watch, daemon=True).start()


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent is gone, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _die_first() -> None:
    """Let a machine without memory kill this process, not the server or its host (Linux)."""
    tell_kernel("oom_score_adj", _SACRIFICED)


def _bound_memory() -> None:
    """Let no job ask for more memory than the machine has: a file that unfolds without end ends its own job (Linux)."""
    if sys.platform == "linux":
        import resource  # there is none elsewhere

        most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") + _SLACK
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def own_group(process: int) -> None:
    """Make a process the head of its own group, so that it can be killed with all that it started."""
    if hasattr(os, "setpgid"):
        with contextlib.suppress(OSError):  # both sides do it, the second may come too late
            os.setpgid(process, process)


def kill(process: int) -> None:
    """Kill a worker with all that it started."""
    with contextlib.suppress(OSError):  # it ended by itself meanwhile
        if hasattr(os, "killpg"):
            os.killpg(process, signal.SIGKILL)
        else:
            os.kill(process, signal.SIGTERM)  # on Windows this is at once, too


def _tell(leash: socket.socket, code: int) -> None:
    """Say how a worker ended, and let go of the leash."""
    with contextlib.suppress(OSError):  # the server is gone
        leash.sendall(str(code).encode())
    leash.close()
