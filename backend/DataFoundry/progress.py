"""How far the work is: told to the log every few seconds, and to whoever runs the work as often as it wants."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

logger = logging.getLogger(__name__)

_LOG_EVERY = 5.0  # seconds
_REPORT_EVERY = 0.2  # seconds
_WORTH_TELLING = 1.0  # seconds that are left; after less, what comes next may take long

Report = dict[str, Any]
_listener: ContextVar[Callable[[Report], None] | None] = ContextVar("listener", default=None)


@contextmanager
def reported_to(listener: Callable[[Report], None]) -> Iterator[None]:
    """Whatever works in this block tells its progress to `listener`, a few times a second at most.

    A report is JSON: `doing`, `unit`, `done`, `total` (None where nobody knows), `seconds`, `seconds_left` (None while
    unknown), and figures of the work such as losses.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def counted(report: Mapping[str, Any]) -> str:
    """What a report says of how much is done, for people: `5,000 of 20,000 rows`."""
    of = f" of {report['total']:,}" if report["total"] else ""
    return f"{report['done']:,}{of} {report['unit']}"


def begin(doing: str) -> None:
    """Tell whoever listens that a phase begins of which nobody knows how long it takes."""
    logger.info("%s", doing)
    listener = _listener.get()
    if listener is not None:
        unknown = {"done": 0, "total": None, "seconds": 0.0, "seconds_left": None}
        listener({"doing": doing, "unit": "steps", **unknown})


class Progress:
    """Counts what is done of one piece of work.

    Parameters
    ----------
    doing
        What the work is, for people.
    total
        How much there is to do; None where nobody knows.
    unit
        What is counted.
    """

    def __init__(self, doing: str, total: int | None, unit: str = "rows") -> None:
        self._doing = doing
        self._total = total
        self._unit = unit
        self._done = self._before = 0
        self._started = self._logged = time.monotonic()
        self._reported = -math.inf

    def resume(self, done: int) -> None:
        """Begin with `done` from an earlier run, which says nothing of today's speed."""
        self._done = self._before = done

    def advance(self, count: int = 1, **figures: float) -> None:
        """Count `count` more, and tell it unless the last word is recent."""
        self._done += count
        now = time.monotonic()
        over = self._total is not None and self._done >= self._total
        listener = _listener.get()
        if listener is not None and (over or now - self._reported >= _REPORT_EVERY):
            self._reported = now
            listener(self._report(now, figures))
        if now - self._logged >= _LOG_EVERY:
            self._logged = now
            self._log(now, figures)

    def _left(self, now: float) -> float | None:
        """Seconds."""
        if self._total is None or self._done <= self._before:
            return None
        return max(0.0, (now - self._started) / (self._done - self._before) * (self._total - self._done))

    def _report(self, now: float, figures: dict[str, float]) -> Report:
        left = self._left(now)
        return {
            "doing": self._doing,
            "unit": self._unit,
            "done": self._done,
            "total": self._total,
            "seconds": round(now - self._started, 3),
            "seconds_left": None if left is None else round(left, 1),
            **{name: value if math.isfinite(value) else None for name, value in figures.items()},
        }

    def _log(self, now: float, figures: dict[str, float]) -> None:
        left = self._left(now)
        parts = [f"{self._done} of {self._total} {self._unit}" if self._total else f"{self._done} {self._unit}"]
        parts += [f"{name} {value:.4g}" for name, value in figures.items()]
        parts.append(f"{now - self._started:.0f} s done")
        parts += [] if left is None or left < _WORTH_TELLING else [f"at most {left:.0f} s left"]
        logger.info("%s: %s", self._doing, ", ".join(parts))
