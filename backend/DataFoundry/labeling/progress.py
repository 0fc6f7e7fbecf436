"""How far a pass over a table is, told to the log."""

import logging
import time

logger = logging.getLogger(__name__)
_SECONDS_BETWEEN = 2.0


class Progress:
    """Logs rows done, rows a second and time left, at most every two seconds and once at the end of a long pass.

    Parameters
    ----------
    doing
        What the pass does, for the log.
    total
        Rows of the table, None where nobody knows.
    """

    def __init__(self, doing: str, total: int | None) -> None:
        self._doing = doing
        self._total = total
        self._done = 0
        self._started = self._told = time.monotonic()

    def advance(self, rows: int) -> None:
        """Count `rows` more."""
        self._done += rows
        now = time.monotonic()
        if now - self._told < _SECONDS_BETWEEN:
            return
        self._told = now
        rate = self._done / (now - self._started)
        if self._total is None:
            logger.info("%s: %d rows done, %.0f rows a second", self._doing, self._done, rate)
        else:
            left = max(0, self._total - self._done) / rate
            logger.info(
                "%s: %d of %d rows done, %.0f rows a second, %.0f seconds left",
                *(self._doing, self._done, self._total, rate, left),
            )
