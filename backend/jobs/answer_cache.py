"""Answers about files: many clients who ask the same of one file cost one job, and none while it stays as it is."""

import os
import stat
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sized
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Generic, TypeVar

from DataFoundry.storage.paths import input_path

_MOST = 128  # answers
_MOST_BYTES = 64 * 2**20  # of all answers together
_SETTLED = 2.0  # seconds since a file's last change, after which another change shows in its time
Answer = TypeVar("Answer", bound=Sized)
_Identity = tuple[object, ...]
_Question = tuple[Path, str]


class Remembered(Generic[Answer]):
    """The latest answers, by file and by what was asked of it.

    Whoever asks while the work about a file is under way waits for the next: that work began after the question came,
    and its answer is never older than the question.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[_Identity, Answer] = OrderedDict()
        self._running: dict[_Question, Future[Answer]] = {}
        self._coming: dict[_Question, Future[Answer]] = {}

    def answer(self, data_path: str, ask: Callable[[], Answer], asked: str = "") -> Answer:
        """What `ask` answers about a file; asked once while the file stays as it is, and once for all who wait.

        Parameters
        ----------
        data_path
            As a request names it.
        ask
            Does the work; what it raises is raised, and not remembered.
        asked
            What is asked of the file, where more than one thing may be.

        Raises
        ------
        DataFoundryError
            Of `storage.paths.input_path`, or what `ask` raises.
        """
        path = input_path(data_path, "data_path")
        question = (path, asked)
        if (known := self._known(_identity(question))) is not None:
            return known
        with self._lock:
            shared = self._coming.get(question)
            mine = shared is None
            if shared is None:
                shared = self._coming[question] = Future()
            before = self._running.get(question)
        if mine:
            self._lead(question, shared, before, ask)
        return shared.result()

    def _lead(
        self, question: _Question, shared: "Future[Answer]", before: "Future[Answer] | None", ask: Callable[[], Answer]
    ) -> None:
        """Work for all who have come by the time that the work before is done."""
        if before is not None:
            wait([before])
        with self._lock:
            self._running[question] = self._coming.pop(question)
        try:
            shared.set_result(self._worked(question, ask))
        except BaseException as error:  # handed to all who wait for it
            shared.set_exception(error)
        with self._lock:
            if self._running.get(question) is shared:  # else the next work is under way
                del self._running[question]

    def _worked(self, question: _Question, ask: Callable[[], Answer]) -> Answer:
        """A file that changes meanwhile is another one from then on, since its identity never comes again."""
        identity = _identity(question)
        if (known := self._known(identity)) is not None:
            return known
        body = ask()
        if identity is not None:
            with self._lock:
                self._answers[identity] = body
                while len(self._answers) > _MOST or sum(map(len, self._answers.values())) > _MOST_BYTES:
                    self._answers.popitem(last=False)
        return body

    def _known(self, identity: _Identity | None) -> Answer | None:
        with self._lock:
            if identity is None or identity not in self._answers:
                return None
            self._answers.move_to_end(identity)
            return self._answers[identity]


def _identity(question: _Question) -> _Identity | None:
    """What changes when the file does; None for a folder, and for a file that changed only just now, or is gone."""
    path, asked = question
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode) or abs(time.time() - status.st_mtime) < _SETTLED:
        return None
    return str(path), asked, status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
