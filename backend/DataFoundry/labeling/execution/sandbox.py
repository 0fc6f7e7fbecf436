"""Runs labeling functions where they can reach nothing: the only place that runs code that came in a request.

The wall is pydantic-monty, a Python interpreter in Rust in a process of its own, without files, network, environment or
host modules, with limits on time, memory and recursion. A session that hits a limit is thrown away. What comes back is
data to be checked, never an object to be trusted.
"""

import datetime
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NoReturn

import pydantic_monty as monty

from DataFoundry.labeling.execution.failures import Fault, shortened
from DataFoundry.labeling.execution.sandbox_errors import line_of, reason_of, text_of
from DataFoundry.labeling.execution.sandbox_prelude import RUNNER
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.labeling.functions.regex_dialect import for_sandbox
from DataFoundry.settings import Limits, limits

Value = None | bool | int | float | str | datetime.timedelta
MAX_CLASSES = 127  # votes are int8
_MAX_RECURSION = 1000  # Python's own default
_CALLS_PER_BUDGET = 100_000
_FIRST_CALLS, _MOST_CALLS, _GROWTH = 1, 16_384, 16
_MOST_CHARACTERS = 8 * 2**20  # of one batch's strings
_SECONDS_TO_ANSWER = 0.5  # after a limit, before the worker is killed


class FaultError(Exception):
    """A function failed at the call number `call` of those asked for; None where it failed before any."""

    def __init__(self, fault: Fault, call: int | None) -> None:
        super().__init__(fault.reason)
        self.fault = fault
        self.call = call


@dataclass
class Budget:
    """What one function has used of its time, over all its sessions in a request."""

    seconds: float = 0.0
    calls: int = 0


class Sandbox:
    """A worker process for the labeling functions of one request, started when needed; use it in a `with` block."""

    def __init__(self, bounds: Limits | None = None, now: datetime.datetime | None = None) -> None:
        self._limits = bounds or limits()
        self._pool: monty.Monty | None = None
        self._now = now or datetime.datetime.now(datetime.UTC)  # one instant for all rows of the request

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, trace)

    def opened(self, function: LabelingFunction, budget: Budget | None = None, state: bytes | None = None) -> "Session":
        """A session of its own for `function`, to be used in a `with` block, one at a time.

        Parameters
        ----------
        budget
            What the function has used up; a fresh one if None.
        state
            Of an earlier session of this function, to go on from there.
        """
        if self._pool is None:
            self._pool = monty.Monty(
                max_processes=1,
                request_timeout=self._limits.function_seconds + _SECONDS_TO_ANSWER,
                feed_duration_limit_grace=_SECONDS_TO_ANSWER,
            )
            self._pool.__enter__()
        checkout = self._pool.checkout(
            limits={
                "max_feed_duration_secs": float(self._limits.function_seconds),
                "max_memory": self._limits.function_memory_bytes,
                "max_recursion_depth": _MAX_RECURSION,
            },
            # By default the pool itself would sleep for the function, on nobody's budget.
            os_policy={"sleep": "call_host", "datetime": self._now, "random_start": {"seed": 0}},
        )
        return Session(function, checkout, self._limits, budget or Budget(), state)


class Session:
    """One labeling function, defined in the sandbox and ready to be called."""

    def __init__(
        self,
        function: LabelingFunction,
        checkout: monty.MontySession,
        bounds: Limits,
        budget: Budget,
        state: bytes | None,
    ) -> None:
        self._function = function
        self._session = checkout
        self._limits = bounds
        self._budget = budget
        self._state = state
        self._batch = _FIRST_CALLS

    def __enter__(self) -> "Session":
        """Define the function.

        Raises
        ------
        FaultError
            If its definition fails.
        """
        self._session.__enter__()
        try:
            if self._state is not None:
                self._session.load_session(self._state)
            else:
                self._fed(RUNNER)
                self._fed(for_sandbox(self._function.code, self._function.tree))
        except BaseException:
            self._session.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.__exit__(kind, error, trace)

    def state(self) -> bytes:
        """What the function keeps between calls, for a later session."""
        return self._session.dump()

    def call(self, names: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> list[int | None]:
        """Call the function with each row.

        Parameters
        ----------
        names
            Columns that the rows have, in the rows' order.
        rows
            Their values; the other columns of the table are not there for the function.

        Returns
        -------
        A class number in 0..126, -1 (abstain) or None (the function returned nothing) for each row.

        Raises
        ------
        FaultError
            With the number of the first row that the function fails on.
        """
        answers: list[int | None] = []
        # Small batches first: where a worker had to be killed, nothing tells which of its rows was to blame.
        while len(answers) < len(rows):
            start = len(answers)
            batch = rows[start : start + _rows_within(rows, start, self._batch)]
            answers += self._answers(names, batch, start)
            self._batch = min(_MOST_CALLS, self._batch * _GROWTH)
        return answers

    def _answers(self, names: Sequence[str], batch: Sequence[tuple[Value, ...]], start: int) -> list[int | None]:
        started = time.monotonic()
        reads = self._function.reads
        attributes = None if reads.as_mapping else list(names) if reads.columns is None else list(reads.attributes)
        inputs: dict[str, object] = {
            "_datafoundry_names": list(names),
            "_datafoundry_rows": list(batch),
            "_datafoundry_attributes": attributes if attributes is None else [n for n in attributes if _settable(n)],
        }
        arguments = ", ".join([self._function.target.name, *inputs])
        answered = self._fed(f"_datafoundry_run({arguments})", inputs, start, len(batch))
        self._charge(time.monotonic() - started, len(batch), start)
        return self._checked(answered, len(batch), start)

    def _charge(self, seconds: float, calls: int, start: int) -> None:
        self._budget.seconds += seconds
        self._budget.calls += calls
        most = self._limits.function_seconds * (1 + self._budget.calls / _CALLS_PER_BUDGET)
        if self._budget.seconds > most:
            reason = f"time limit: {self._budget.calls} calls took over {most:.0f} seconds."
            raise self._fault(reason, None, start, "limit")

    def _fed(
        self, code: str, inputs: dict[str, object] | None = None, start: int | None = None, size: int = 0
    ) -> object:
        try:
            return self._session.feed_run(code, inputs=inputs or {}, os=_refuse_os, print_callback=_drop)
        except monty.MontyCrashedError as error:
            what = "time limit" if error.timed_out else "memory or stack limit"
            raise self._fault(
                f"{what}: {self._limit_text(what)}{_spread(start, size)}.", None, start, "limit"
            ) from None
        except monty.MontySyntaxError as error:
            raise self._fault(
                f"the sandbox cannot read it: {shortened(text_of(error))}.", line_of(error), start
            ) from None
        except monty.MontyRuntimeError as error:
            call = None if start is None else start + self._calls_done(size)
            raise self._runtime_fault(error, call) from None
        except (monty.MontyError, ValueError, OverflowError, RecursionError) as error:
            raise self._fault(f"it returned no class number ({shortened(text_of(error))}).", None, start) from None

    def _calls_done(self, size: int) -> int:
        """How many rows of the batch were answered before the failure: the worker's word, checked."""
        try:
            done = self._session.feed_run("len(_datafoundry_answers)", os=_refuse_os, print_callback=_drop)
        except monty.MontyError:
            return 0
        return done if type(done) is int and 0 <= done < size else 0

    def _runtime_fault(self, error: monty.MontyRuntimeError, call: int | None) -> FaultError:
        kind, _, message = text_of(error).partition(":")
        if kind == "TimeoutError" and "limit exceeded" in message:
            return self._fault(f"time limit: {self._limit_text('time limit')}.", line_of(error), call, "limit")
        if kind == "MemoryError":
            return self._fault(f"memory limit: {self._limit_text('memory')}.", line_of(error), call, "limit")
        return self._fault(reason_of(kind, message), line_of(error), call)

    def _limit_text(self, what: str) -> str:
        if what == "time limit":
            return f"it did not return within {self._limits.function_seconds} seconds"
        return f"it needs more than {self._limits.function_memory_bytes // 2**20} MiB"

    def _checked(self, answered: object, size: int, start: int) -> list[int | None]:
        """The worker's word is data: its shape, length and range are checked here, not there."""
        if not (isinstance(answered, tuple | list) and len(answered) == 2 and isinstance(answered[0], list)):
            raise self._fault("it gave no list of answers.", None, start)
        answers, wrong = answered
        if wrong is not None:
            raise self._no_class_number(shortened(str(wrong)), start + min(len(answers), size - 1))
        if len(answers) != size:
            raise self._fault("it gave another number of answers than rows.", None, start)
        for place, answer in enumerate(answers):
            if answer is not None and not (type(answer) is int and -1 <= answer < MAX_CLASSES):
                raise self._no_class_number("something else", start + place)
        return answers

    def _no_class_number(self, what: str, call: int) -> FaultError:
        reason = f"it returned {what}; return a class number (0, 1, ...), or -1 to abstain."
        return self._fault(reason, self._function.return_line, call)

    def _fault(self, reason: str, line: int | None, call: int | None, kind: str = "error") -> FaultError:
        name = self._function.name
        return FaultError(Fault(name, reason, line or self._function.target.lineno, None, kind), call)


def _rows_within(rows: Sequence[tuple[Value, ...]], start: int, most: int) -> int:
    """How many rows from `start` make one batch: at most `most`, and few enough that their strings fit."""
    characters = 0
    for place in range(start, min(start + most, len(rows))):
        characters += sum(len(value) for value in rows[place] if isinstance(value, str))
        if characters > _MOST_CHARACTERS:
            return max(1, place - start)
    return most


def _settable(name: str) -> bool:
    return name.isidentifier() and name != "get" and not name.startswith("_")


def _spread(start: int | None, size: int) -> str:
    return "" if start is None or size <= 1 else f" (on this row or one of the {size - 1} that are tried after it)"


def _refuse_os(*, name: str, **_: object) -> NoReturn:
    raise PermissionError(f"{name} is not available to labeling functions")


def _drop(_stream: str, _text: str) -> None:
    """What a labeling function prints is for nobody."""
