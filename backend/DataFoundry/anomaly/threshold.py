"""From which score on a row is flagged."""

from dataclasses import dataclass

import numpy as np

from DataFoundry.anomaly.detector import Detector
from DataFoundry.errors import RequestError

DEFAULT_FALSE_ALARM_RATE = 0.01


@dataclass(frozen=True)
class Threshold:
    """A score, the rows it flags, and how it was chosen.

    Attributes
    ----------
    value
        Rows above are flagged, or the `flagged` first ones where `by_rank`.
    method
        `false_alarm_rate`, `contamination` or `top_k`, and `setting`, its value.
    """

    value: float
    flagged: int
    by_rank: bool
    method: str
    setting: float

    def flags(self, scores: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """(n,) bool, from scores and ranks (n,) from 0."""
        return ranks < self.flagged if self.by_rank else scores > self.value


@dataclass(frozen=True)
class ThresholdRule:
    """How to choose a threshold.

    By default a false-alarm rate: the share of ordinary rows, as held out of training, that may be flagged. It needs no
    guess at how much dirt there is.

    Raises
    ------
    RequestError
        If more than one is given, or one is out of range.
    """

    contamination: float | None = None
    top_k: int | None = None
    false_alarm_rate: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("contamination", "top_k", "false_alarm_rate") if getattr(self, name) is not None]
        if len(given) > 1:
            raise RequestError(f"Give only one of {', '.join(given)}.", fields=given)
        for name in ("contamination", "false_alarm_rate"):
            share = getattr(self, name)
            if share is not None and not 0 < share < 1:
                raise RequestError(f"{name} must lie between 0 and 1, not {share!r}.", field=name)
        if self.top_k is not None and self.top_k < 1:
            raise RequestError(f"top_k must be at least 1, not {self.top_k!r}.", field="top_k")

    def chosen(self, scores: np.ndarray, detector: Detector) -> Threshold:
        """For the scores (n,) of a scan."""
        if self.top_k is not None:
            return _of_rank(scores, min(self.top_k, len(scores)), "top_k", self.top_k)
        if self.contamination is not None:
            return _of_rank(scores, round(self.contamination * len(scores)), "contamination", self.contamination)
        rate = DEFAULT_FALSE_ALARM_RATE if self.false_alarm_rate is None else self.false_alarm_rate
        value = detector.threshold(rate)
        return Threshold(value, int((scores > value).sum()), False, "false_alarm_rate", rate)


def _of_rank(scores: np.ndarray, count: int, method: str, setting: float) -> Threshold:
    lowest = np.sort(scores)[-count] if count else scores.max()
    return Threshold(float(lowest), count, True, method, setting)
