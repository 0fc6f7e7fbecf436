"""Answers about files that have not changed since: many clients who look at one table cost one job."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from DataFoundry.storage.paths import input_path

_MOST = 128  # answers
_SETTLED = 2.0  # seconds since a file's last change, after which another change shows in its time
Body = dict[str, Any]
_Key = tuple[object, ...]


class Remembered:
    """The latest answers, by file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[_Key, Future[Body]] = OrderedDict()

    def answer(self, data_path: str, ask: Callable[[], Body]) -> Body:
        """What `ask` answers about a file; asked once while the file stays as it is, also by many at the same time.

        Parameters
        ----------
        data_path
            As a request names it.
        ask
            Does the work; what it raises is raised, and not remembered.

        Raises
        ------
        DataFoundryError
            Of `storage.paths.input_path`, or what `ask` raises.
        """
        key = _identity(data_path)
        if key is None:
            return ask()
        with self._lock:
            answer = self._answers.get(key)
            mine = answer is None
            if answer is None:
                answer = self._answers[key] = Future()
            self._answers.move_to_end(key)
            while len(self._answers) > _MOST:
                self._answers.popitem(last=False)
        if mine:
            self._work(key, answer, ask)
        return answer.result()

    def _work(self, key: _Key, answer: "Future[Body]", ask: Callable[[], Body]) -> None:
        """Ask. A file that changes meanwhile is another one from then on, since its identity never comes again."""
        try:
            answer.set_result(ask())
        except BaseException as error:  # handed to all who wait for it
            with self._lock:
                self._answers.pop(key, None)
            answer.set_exception(error)


def _identity(data_path: str) -> _Key | None:
    """What changes when the file does; None for a folder, and for a file that changed only just now."""
    path = input_path(data_path, "data_path")
    status = os.stat(path)
    if path.is_dir() or abs(time.time() - status.st_mtime) < _SETTLED:
        return None
    return str(path), status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
