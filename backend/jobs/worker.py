"""One job in a worker process: run the operation, tell progress and log lines, and say in JSON what came of it."""

import json
import logging
import os
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from DataFoundry import errors
from DataFoundry.errors import DataFoundryError, JobKilledError
from DataFoundry.progress import reported_to
from DataFoundry.roots import confined_to
from DataFoundry.storage import journal
from jobs import finished_results
from jobs.operations import OPERATIONS

Message = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """What a worker is told to do; plain JSON."""

    job: str
    operation: str
    arguments: Mapping[str, Any]
    journals: str  # folder
    attempt: int = 1
    roots: Sequence[str] | None = None  # that the work is confined to; None for those of the service
    finished: str | None = None  # folder where the result is written down before it is told

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Problem:
    """Why a job failed: an error of the library as data."""

    kind: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)
    trace: str = ""

    @classmethod
    def of(cls, error: BaseException) -> "Problem":
        """`error` as data; what is not of the library is a defect of ours."""
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, MemoryError):
            error = JobKilledError("The memory did not suffice; try a smaller table or model, or fewer at a time.")
        if not isinstance(error, DataFoundryError):
            return cls(DataFoundryError.__name__, "", {}, trace)
        return cls(type(error).__name__, error.message, json.loads(json.dumps(error.details, default=str)), trace)

    def error(self) -> DataFoundryError:
        """The error again; its cause carries the worker's traceback."""
        known = getattr(errors, self.kind, DataFoundryError)
        kind = known if isinstance(known, type) and issubclass(known, DataFoundryError) else DataFoundryError
        error = kind(self.message, **self.details)
        error.__cause__ = WorkerTraceback(self.trace) if self.trace else None
        return error


class WorkerTraceback(Exception):
    """What went wrong in a worker process, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def perform(order: Order, tell: Callable[[Message], None]) -> None:
    """Do the work; `tell` gets `{"progress"}` and `{"log"}` now and then, and last `{"result"}` or `{"problem"}`."""
    handler = _Told(order.job, tell)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        tell(_outcome(order, tell))
    finally:
        root.removeHandler(handler)


def _outcome(order: Order, tell: Callable[[Message], None]) -> Message:
    try:
        with (
            confined_to(order.roots),
            journal.keep(Path(order.journals), order.job),
            reported_to(lambda report: tell({"progress": report})),
        ):
            result = OPERATIONS[order.operation].run(order.arguments)
            json.dumps(result, allow_nan=False)
            if order.finished is not None:
                finished_results.keep(Path(order.finished), order.job, result)
            return {"result": result}
    except Exception as error:  # told to whoever asked, whatever it is
        return {"problem": asdict(Problem.of(error))}


class _Told(logging.Handler):
    """Log lines of the worker, sent to the server, which writes the one log."""

    def __init__(self, job: str, tell: Callable[[Message], None]) -> None:
        super().__init__(logging.INFO)
        self._job = job
        self._tell = tell
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        if os.getpid() == self._process:
            self._tell({"log": {"name": record.name, "level": record.levelno, "text": self.format(record)}})


def use_threads(count: int) -> None:
    """Let torch use `count` threads: the same for each job of a machine, since their number shows in the last bits."""
    import torch

    torch.set_num_threads(count)
