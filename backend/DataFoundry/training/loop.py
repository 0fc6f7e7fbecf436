"""The one training loop: batches, validation, best weights, history."""

import logging
import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from DataFoundry.config import MOST_ROWS_AN_EPOCH, TrainingParams
from DataFoundry.errors import TrainingError
from DataFoundry.models.base import GenerativeModel
from DataFoundry.progress import Progress
from DataFoundry.training.checkpoint import Checkpoint
from DataFoundry.training.outcome import Outcome, Rows, tell
from DataFoundry.training.schedule import Schedule

log = logging.getLogger(__name__)

_LARGEST_GRADIENT = 5.0
_WEIGHT_DECAY = 0.01
_BETAS = (0.9, 0.99)
_VALIDATION_ROWS_AT_ONCE = 4096


class _Run:
    """Everything that changes while a model is trained, so that it can be put aside and taken up again."""

    def __init__(self, model: GenerativeModel, steps: int, params: TrainingParams, generator: torch.Generator) -> None:
        self.model = model
        self.params = params
        self.generator = generator
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=params.learning_rate, betas=_BETAS, weight_decay=_WEIGHT_DECAY, fused=True
        )
        self.schedule = Schedule(params.epochs, steps)
        self.best = _weights(model)
        self.step = 0
        self.history: list[dict[str, Any]] = []

    def state(self) -> dict[str, Any]:
        """As plain data and tensors."""
        return {
            "model": _weights(self.model),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "schedule": dict(vars(self.schedule)),
            "generator": self.generator.get_state(),
            "seed": self.generator.initial_seed(),
            "step": self.step,
            "history": self.history,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state()` gave."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        vars(self.schedule).update(state["schedule"])
        self.generator.set_state(state["generator"])
        self.best, self.step, self.history = state["best"], state["step"], state["history"]


def train(
    model: GenerativeModel,
    rows: Rows,
    validation: Rows,
    params: TrainingParams,
    generator: torch.Generator,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Fit `model` in place; it ends with the weights of its best epoch.

    With a checkpoint an interrupted training goes on after the last epoch that it holds, to the same result.

    Raises
    ------
    TrainingError
        If the loss stops being a number.
    """
    run = _Run(model, math.ceil(min(len(rows), MOST_ROWS_AN_EPOCH) / params.batch_size), params, generator)
    state = checkpoint.load() if checkpoint else None
    if state is not None:
        run.restore(state)
        log.info("going on after epoch %d of an interrupted training", len(run.history))
    started = time.monotonic() - (run.history[-1]["seconds"] if run.history else 0.0)
    progress = Progress("training", params.epochs, "epochs")
    progress.resume(len(run.history))
    while run.schedule.reason is None:
        _epoch(run, rows, validation, started)
        tell(progress, run.history[-1])
        if checkpoint and checkpoint.due():
            checkpoint.save(run.state())
    model.load_state_dict(run.best)
    model.eval()
    return Outcome(run.history, run.schedule.best_epoch, run.schedule.reason, time.monotonic() - started)


def _epoch(run: _Run, rows: Rows, validation: Rows, started: float) -> None:
    """Learn from every row once, or from as many as an epoch has at most, judge, and take note."""
    epoch = len(run.history) + 1
    learnt = _learn(run, rows)
    judged = evaluate(run.model, validation)
    run.schedule.after_epoch(epoch, judged["bound"])
    rate = run.params.learning_rate * run.schedule.factor(run.step)
    run.history.append(_entry(epoch, started, rate, learnt, judged))
    if run.schedule.improved:
        run.best = _weights(run.model)
    if run.schedule.rewinds:
        run.model.load_state_dict(run.best)


@torch.no_grad()
def evaluate(model: GenerativeModel, rows: Rows) -> dict[str, float]:
    """Mean of each loss term over rows, without dropout and with the same latent noise each time."""
    model.eval()
    generator = torch.Generator(rows.labels.device).manual_seed(0)
    sums: dict[str, float] = {}
    for part in _batches(rows, torch.arange(len(rows), device=rows.labels.device), _VALIDATION_ROWS_AT_ONCE):
        for name, value in model.losses(part.codes, part.labels, generator).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(part)
    return {name: value / len(rows) for name, value in sums.items()}


def _learn(run: _Run, rows: Rows) -> dict[str, float]:
    """One pass over rows in random order, of a large table over other ones each time; the mean of each loss term."""
    model, params = run.model.train(), run.params
    order = torch.randperm(len(rows), generator=run.generator, device=rows.labels.device)[:MOST_ROWS_AN_EPOCH]
    sums: dict[str, Tensor] = {}
    for batch in _batches(rows, order, params.batch_size):
        for group in run.optimizer.param_groups:
            group["lr"] = params.learning_rate * run.schedule.factor(run.step)
        terms = model.losses(batch.codes, batch.labels, run.generator)
        run.optimizer.zero_grad()
        terms["loss"].backward()
        size = torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
        run.step += 1
        if not math.isfinite(float(size)):
            raise TrainingError(
                f"Training diverged at step {run.step}: the loss is no longer a number; lower learning_rate "
                f"(now {params.learning_rate}) or raise batch_size (now {params.batch_size}).",
                step=run.step,
            )
        run.optimizer.step()
        for name, value in terms.items():
            sums[name] = sums.get(name, torch.zeros((), device=value.device)) + value.detach() * len(batch)
    return {name: float(value) / len(order) for name, value in sums.items()}


def _batches(rows: Rows, order: Tensor, size: int) -> Iterator[Rows]:
    for start in range(0, len(order), size):
        yield rows.take(order[start : start + size])


def _weights(model: GenerativeModel) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _entry(
    epoch: int, started: float, rate: float, learnt: dict[str, float], judged: dict[str, float]
) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "seconds": round(time.monotonic() - started, 3),
        "learning_rate": rate,
        **{f"train_{name}": value for name, value in learnt.items()},
        **{f"validation_{name}": value for name, value in judged.items()},
    }
