"""How long to train and how fast: learn at full rate until validation stops improving, then let the rate fall to zero.

The warm-up, stable, decay schedule (Hu et al. 2024, arXiv 2404.06395, section 4) needs no number of epochs in advance,
so `epochs` can be what it says, an upper limit.
"""

import math

_WARM_UP_STEPS = 100
_STABLE_SHARE = 0.5  # of the epochs at full rate, if validation keeps improving
_PATIENCE = 2  # epochs without improvement before the rate falls, at least
_PATIENT_STEPS = 224  # and so many steps: a few batches of a small table tell nothing yet
_LAST_FACTOR = 0.005
_LEAST_GAIN = 1e-4  # of the loss, relative to its size


class Schedule:
    """Learning-rate factor of each step, and when to stop.

    Attributes
    ----------
    best_epoch
        Epoch, from 1, with the lowest validation loss so far; 0 before any.
    improved
        Whether the last epoch was the best so far.
    rewinds
        Whether the next epoch starts from the best weights, since the rate begins to fall after epochs without gain.
    reason
        Why training stopped, None while it goes on.
    """

    def __init__(self, epochs: int, steps_per_epoch: int) -> None:
        self._epochs = epochs
        self._steps = steps_per_epoch
        self._warm = min(_WARM_UP_STEPS, max(1, epochs * steps_per_epoch // 10))
        self._fall_from = max(1, round(epochs * _STABLE_SHARE))
        self._fall_to = epochs
        self._patience = max(_PATIENCE, round(_PATIENT_STEPS / max(1, steps_per_epoch)))
        self._best = math.inf
        self.best_epoch = 0
        self.improved = False
        self.rewinds = False
        self.reason: str | None = None

    def factor(self, step: int) -> float:
        """Share of the full learning rate at a step, counted from 0 through all epochs."""
        warm = min(1.0, (step + 1) / self._warm)
        first, last = self._fall_from * self._steps, self._fall_to * self._steps
        along = min(1.0, max(0, step - first) / max(1, last - first))
        return warm * (_LAST_FACTOR + (1 - _LAST_FACTOR) * 0.5 * (1 + math.cos(math.pi * along)))

    def after_epoch(self, epoch: int, loss: float) -> None:
        """Take note of the validation loss of an epoch, counted from 1."""
        least_gain = 0.0 if math.isinf(self._best) else _LEAST_GAIN * abs(self._best)
        self.improved = loss < self._best - least_gain
        self.rewinds = False
        if self.improved:
            self._best, self.best_epoch = loss, epoch
        waited = epoch - self.best_epoch
        if epoch >= self._epochs:
            self.reason = "all epochs were run"
        elif epoch >= self._fall_to or epoch - max(self.best_epoch, self._fall_from) > self._patience:
            self.reason = f"the validation loss no longer improved after epoch {self.best_epoch}"
        elif epoch < self._fall_from and waited >= self._patience:
            self._fall_from = epoch
            self._fall_to = min(self._epochs, epoch + max(3, epoch // 2))
            self.rewinds = True
