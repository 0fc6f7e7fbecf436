"""What a training takes and what it tells, whichever way the model is fitted."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from DataFoundry.progress import Progress


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


def tell(progress: Progress, entry: dict[str, Any]) -> None:
    """Report an entry of history: its epoch is done."""
    progress.advance(**{name: value for name, value in entry.items() if name.endswith("_loss")})
