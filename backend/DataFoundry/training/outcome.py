"""What a training takes and what it tells, whichever way the model is fitted."""

import logging
import math
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

log = logging.getLogger(__name__)

_LOG_EVERY = 5.0  # seconds


@dataclass(frozen=True)
class Rows:
    """Codes (n, d) and labels (n,) on the training device."""

    codes: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: Tensor) -> "Rows":
        """The rows at these places."""
        return Rows(self.codes[places], self.labels[places])


@dataclass
class Outcome:
    """What the loop tells of itself: one entry of history an epoch, the best epoch (from 1) and why it stopped."""

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    reason: str = ""
    seconds: float = 0.0


class Progress:
    """One log line every few seconds: epochs done, losses, time left at most."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._told = -math.inf

    def tell(self, entry: dict[str, Any]) -> None:
        """Log an entry of history, unless the last line is recent."""
        if entry["seconds"] - self._told < _LOG_EVERY and entry["epoch"] < self._epochs:
            return
        self._told = entry["seconds"]
        left = entry["seconds"] / entry["epoch"] * (self._epochs - entry["epoch"])
        log.info(
            "epoch %d of at most %d, training loss %.3f, %.0f s done, at most %.0f s left",
            entry["epoch"],
            self._epochs,
            entry["train_loss"],
            entry["seconds"],
            left,
        )
