"""Train `tabular_ctgan` with the `ctgan` package, with a seed, progress, history, best weights and early stop."""

import logging
import time
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from DataFoundry.config import TrainingParams
from DataFoundry.errors import TrainingError
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.tabular_ctgan import Part, TabularCTGAN, as_number
from DataFoundry.preprocessing.spans import Span
from DataFoundry.progress import Progress
from DataFoundry.training.outcome import Outcome, Rows, tell

if TYPE_CHECKING:
    from ctgan import CTGAN

log = logging.getLogger(__name__)

_PAC = 10  # rows that the critic judges together; the batch must be a multiple
_JUDGED_EVERY = 0.02  # of the epochs
_JUDGED_ROWS = 4096
_PATIENCE = 0.3  # of the epochs without a better generator


class _Enough(Exception):
    """Leaves the package's training loop."""


def train_ctgan(
    model: GenerativeModel, rows: Rows, validation: Rows, params: TrainingParams, generator: torch.Generator
) -> Outcome:
    """Fit `model` in place; it ends with the generator that came nearest to the validation rows.

    Near is how often each token comes with each label.

    Raises
    ------
    TrainingError
        If the losses stop being numbers.
    """
    if not isinstance(model, TabularCTGAN):
        raise TypeError(f"{type(model).__name__} is not a CTGAN")
    table, parts = _table(model, rows, generator)
    watch = _Watch(model, parts, validation, params, generator)
    gan = _watched(model, rows, params, watch, int(torch.randint(2**31 - 1, (1,), generator=generator)))
    started = time.monotonic()
    discrete = [name for name, part in zip(table.columns, parts, strict=True) if part.role != "number"]
    try:
        with joblib.parallel_config(backend="threading", n_jobs=1):  # the package would start a process for each core
            gan.fit(table, discrete)
    except _Enough:
        pass
    watch.restore()
    return Outcome(watch.history, watch.best_epoch, watch.reason, time.monotonic() - started)


def _table(model: TabularCTGAN, rows: Rows, generator: torch.Generator) -> tuple[pd.DataFrame, list[Part]]:
    """The table that the package is given, and what each of its columns is. The label comes last."""
    columns: dict[str, np.ndarray] = {}
    parts: list[Part] = []
    for place, span in enumerate(model.spans):
        codes = rows.codes[:, place].long()
        if as_number(span):
            columns[f"{place}"], missing = _numbers(codes, span, generator)
            parts.append(Part("number", place))
            if missing.sum() > 0:
                columns[f"{place} missing"] = missing.astype(str)
                parts.append(Part("missing", place))
        else:
            columns[f"{place}"] = codes.numpy().astype(str)
            parts.append(Part("category", place))
    if model.num_labels:
        columns["label"] = rows.labels.numpy().astype(str)
        parts.append(Part("label", 0))
    return pd.DataFrame(columns), parts


def _numbers(codes: Tensor, span: Span, generator: torch.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) with those missing drawn from the others, and (n,) 1 where they are missing."""
    levels = torch.tensor([value for _, value in span.points], dtype=torch.float64)
    missing = codes >= len(levels)
    present = codes[~missing]
    filled = codes.clone()
    if len(present):
        filled[missing] = present[torch.randint(len(present), (int(missing.sum()),), generator=generator)]
    return levels[filled.clamp(max=len(levels) - 1)].numpy(), missing.numpy().astype(np.int64)


def _watched(model: TabularCTGAN, rows: Rows, params: TrainingParams, watch: "_Watch", seed: int) -> "CTGAN":
    """The package's synthesizer, which tells `watch` of each epoch when it notes its losses."""
    from ctgan import CTGAN

    class Watched(CTGAN):
        @property
        def loss_values(self) -> pd.DataFrame | None:
            return self.__dict__.get("losses")

        @loss_values.setter
        def loss_values(self, losses: pd.DataFrame | None) -> None:
            self.__dict__["losses"] = losses
            if losses is not None and len(losses):
                watch.after_epoch(self, losses.iloc[-1])

    batch = max(_PAC * 2, params.batch_size // (2 * _PAC) * 2 * _PAC)
    gan = Watched(
        embedding_dim=model.params.latent_dim,
        generator_dim=model.params.decoder_hidden_layers,
        discriminator_dim=model.params.encoder_hidden_layers,
        generator_lr=params.learning_rate,
        discriminator_lr=params.learning_rate,
        batch_size=batch,
        epochs=params.epochs,
        pac=_PAC,
        enable_gpu=rows.codes.device.type == "cuda",
    )
    gan.set_random_state(seed % 2**32)  # what NumPy takes
    return gan


class _Watch:
    """History, the best generator so far, and the decision to stop."""

    def __init__(
        self,
        model: TabularCTGAN,
        parts: list[Part],
        validation: Rows,
        params: TrainingParams,
        generator: torch.Generator,
    ) -> None:
        self._model, self._parts, self._params = model, parts, params
        self._labels = validation.labels[:_JUDGED_ROWS]
        self._real = _shares(validation.codes[:_JUDGED_ROWS].long(), self._labels, model.spans)
        self._every = max(1, round(params.epochs * _JUDGED_EVERY))
        self._progress = Progress("training", params.epochs, "epochs")
        self._started = time.monotonic()
        self._best: dict[str, Tensor] = {}
        self._least = float("inf")
        self.history: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.reason = "all epochs were run"

    def after_epoch(self, gan: "CTGAN", losses: pd.Series) -> None:
        """Note an epoch's losses; now and then judge the generator."""
        epoch = len(self.history) + 1
        entry = {
            "epoch": epoch,
            "seconds": round(time.monotonic() - self._started, 3),
            "learning_rate": self._params.learning_rate,
            "train_loss": float(losses["Generator Loss"]),
            "train_critic": float(losses["Discriminator Loss"]),
        }
        if not np.isfinite([entry["train_loss"], entry["train_critic"]]).all():
            raise TrainingError(
                f"Training diverged in epoch {epoch}: the loss is no longer a number; lower learning_rate "
                f"(now {self._params.learning_rate}).",
                epoch=epoch,
            )
        self.history.append(entry)
        if epoch % self._every == 0 or epoch == self._params.epochs:
            self._judge(gan, entry)
        tell(self._progress, entry)

    def _judge(self, gan: "CTGAN", entry: dict[str, Any]) -> None:
        if not self._model.parts:
            self._model.take(_learnt_parts(gan, self._parts))
        weights = {name: value.detach().cpu().clone() for name, value in gan._generator.state_dict().items()}
        self._model.trained_network().load_state_dict(weights)
        self._model.eval()
        drawn = self._model.tokens(self._labels, torch.Generator().manual_seed(0))
        distance = float(
            (_shares(drawn, self._labels, self._model.spans) - self._real).abs().sum() / 2 / len(self._model.spans)
        )
        entry["validation_distance"] = distance
        if distance < self._least:
            self._least, self.best_epoch, self._best = distance, entry["epoch"], weights
        elif entry["epoch"] - self.best_epoch > max(10, _PATIENCE * self._params.epochs):
            self.reason = f"the distance of the columns' shares no longer improved after epoch {self.best_epoch}"
            raise _Enough

    def restore(self) -> None:
        """Give the model the weights of the best generator."""
        self._model.trained_network().load_state_dict(self._best)


def _learnt_parts(gan: "CTGAN", parts: list[Part]) -> list[Part]:
    """The parts with the modes and the order of categories that the package found."""
    found = []
    for part, info in zip(parts, gan._transformer._column_transform_info_list, strict=True):
        if part.role == "number":
            mixture, valid = info.transform._bgm_transformer, info.transform.valid_component_indicator
            means, spreads = mixture.means_.reshape(-1)[valid], np.sqrt(mixture.covariances_).reshape(-1)[valid]
            modes = tuple((float(mean), float(spread)) for mean, spread in zip(means, spreads, strict=True))
            found.append(Part(part.role, part.column, modes=modes))
        else:
            found.append(Part(part.role, part.column, tokens=tuple(int(each) for each in info.transform.dummies)))
    return found


def _shares(codes: Tensor, labels: Tensor, spans: tuple[Span, ...]) -> Tensor:
    """(T * k,) share of the rows with each token and label: columns alone would not tell what goes with the label."""
    classes = int(labels.max()) + 1
    counts = [
        torch.bincount(codes[:, place] * classes + labels, minlength=span.width * classes)
        for place, span in enumerate(spans)
    ]
    return torch.cat(counts).float() / len(codes)
