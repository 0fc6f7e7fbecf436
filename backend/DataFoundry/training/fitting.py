"""From a table and a configuration to a trained model."""

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import torch

from DataFoundry.config import TrainingConfig, TrainingParams
from DataFoundry.derivation.plan import Derivation
from DataFoundry.errors import ColumnError, ConfigError, TrainingError
from DataFoundry.making.columns import Made
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.bundle import Bundle
from DataFoundry.models.device import chosen_device
from DataFoundry.models.registry import build_model, model_type
from DataFoundry.preprocessing.labels import LabelCodec
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.preprocessing.schema import column_kinds, feature_columns
from DataFoundry.preprocessing.transformer import TableTransformer
from DataFoundry.schema.kinds import KINDS as SCHEMA_KINDS
from DataFoundry.training.checkpoint import Checkpoint
from DataFoundry.training.derived import derivation_of, made_of, rows_that_keep
from DataFoundry.training.loop import train
from DataFoundry.training.outcome import Outcome, Rows
from DataFoundry.wording import number_of

_VALIDATION_SHARE = 0.1
_MOST_VALIDATION_ROWS = 10_000
_FEWEST_ROWS_TO_SPLIT = 100
_FEWEST_ROWS = 2
_MOST_UNREADABLE = 0.05  # of the rows: more of them are not left out
_FEW_ROWS = 1000


@dataclass(frozen=True)
class Trained:
    """A fitted model with all that is needed to use it.

    Attributes
    ----------
    model
        In evaluation mode, on the CPU.
    transformer
        The columns that the model draws to codes and back.
    derivation
        What follows from them.
    made
        What is made anew.
    labels
        None for a model without a condition.
    outcome
        History, best epoch, reason.
    rows
        Training and validation rows together.
    seed
        What all randomness came from.
    warnings
        Sentences for the user.
    """

    model: GenerativeModel
    transformer: TableTransformer
    derivation: Derivation
    made: Made
    labels: LabelCodec | None
    outcome: Outcome
    rows: int
    seed: int
    warnings: tuple[str, ...]

    def bundle(self, model_type: str, detector: dict[str, Any] | None = None) -> Bundle:
        """What generation and anomaly detection work with."""
        return Bundle(self.model, self.transformer, self.derivation, self.made, self.labels, model_type, detector)


def fit(
    frame: pd.DataFrame,
    config: TrainingConfig,
    checkpoint_path: Path | None = None,
    label_counts: pd.Series | None = None,
) -> Trained:
    """Train a model of `config.model_type` on a table.

    Parameters
    ----------
    label_counts
        How many rows have each label, where `frame` is drawn from a larger table.

    With a seed the result is the same to the bit on one machine; without one it is new each time. With a checkpoint's
    path, a training that was interrupted goes on where it was, if table and configuration are the same.

    Raises
    ------
    ColumnError, ConfigError, TrainingError
    """
    started = time.monotonic()
    frame, warnings = labeled_rows(frame, config.label)
    frame, left_out = rows_that_keep(frame, config)
    features = column_kinds(frame, config.model_params.feature_cols, config.label_column, config.kinds)
    frame, unread = _readable_rows(frame, features, config)
    warnings += left_out + unread
    labels = LabelCodec.fit(frame[config.label], label_counts) if config.label else None
    derivation, broken = derivation_of(frame, list(features), config)
    warnings += broken
    made = made_of(frame, derivation, config)
    drawn_from = derivation.reduce(frame)
    transformer = _transformer(drawn_from, features, derivation, config)
    codes = transformer.encode(drawn_from)
    classes = labels.encode(frame[labels.name]) if labels else np.zeros(len(frame), dtype=np.int64)
    checkpoint = _checkpoint(checkpoint_path, config, codes, classes)
    seed = _seed(config.training_params.seed, checkpoint)

    device = chosen_device()
    drawn = torch.Generator().manual_seed(seed)
    num_labels = len(labels.values) if labels else 0
    model = build_model(config.model_type, transformer.spans(), num_labels, config.model_params, drawn).to(device)
    generator = torch.Generator(device).manual_seed(seed)
    rows = Rows(torch.from_numpy(codes).to(device), torch.from_numpy(classes).to(device))
    learning, validation = _split(rows, generator)
    outcome = _trainer(config.model_type, checkpoint)(model, learning, validation, config.training_params, generator)
    model.finish(rows.codes, rows.labels, generator)
    outcome.seconds = time.monotonic() - started
    return Trained(
        model.cpu().eval(), transformer, derivation, made, labels, outcome, len(frame), seed, tuple(warnings)
    )


def labeled_rows(frame: pd.DataFrame, label: str | None) -> tuple[pd.DataFrame, list[str]]:
    """The rows that a model can learn from, index 0..n-1, and warnings about those left out and about too few.

    A labeled table has rows without a label where every labeling function abstained.
    """
    warnings = []
    if label is not None:
        if label not in frame.columns:
            raise ColumnError(
                f"The table has no column {label!r}, which condition_cols names; label it with "
                "/api/labeling/create-labels, rename the column, or empty condition_cols.",
                missing=[label],
            )
        known = frame[label].notna()
        if not known.all():
            warnings.append(f"{int((~known).sum())} of {len(frame)} rows have no label and were left out of training.")
            frame = frame[known]
    if len(frame) < _FEWEST_ROWS:
        raise TrainingError(f"The table has {len(frame)} rows to learn from; at least {_FEWEST_ROWS} are needed.")
    if len(frame) < _FEW_ROWS:
        warnings.append(
            f"{len(frame)} rows are few: shares in the synthetic rows are sure to about "
            f"{50 / math.sqrt(len(frame)):.0f} percentage points, and how columns depend on one another is less sure; "
            "take such rows as examples of what the table looks like, and draw no conclusions from them."
        )
    return frame.reset_index(drop=True), warnings


def _readable_rows(
    frame: pd.DataFrame, features: dict[str, str], config: TrainingConfig
) -> tuple[pd.DataFrame, list[str]]:
    """The rows of which every number can be read, and a sentence for each column where some cannot.

    Learnt as missing, a few that cannot be read would empty cells of columns that have no empty ones, and undo the
    rules that tie them to others. Where many rows hold some they stay, and such values count as missing.
    """
    readable, unread = np.ones(len(frame), dtype=bool), {}
    for name, kind in features.items():
        choice = config.columns.get(name)
        if choice is not None and choice.kind == kind != "category" and frame[name].dtype == object:
            wrong = SCHEMA_KINDS[kind].to_numbers(frame[name], choice.format)[1] & frame[name].notna().to_numpy()
            if wrong.any():
                unread[name] = f"{number_of(int(wrong.sum()), 'value')} of {name!r}, such as "
                unread[name] += f"{str(frame[name][wrong].iloc[0])[:40]!r}, cannot be read as {kind} like the others"
                readable &= ~wrong
    few = len(frame) - readable.sum() <= _MOST_UNREADABLE * len(frame) and readable.sum() >= _FEWEST_ROWS
    what = (
        "so their rows were not learnt from; repair them first (check-table, apply-fixes)"
        if few
        else ("and counted as missing")
    )
    kept = frame[readable].reset_index(drop=True) if few and unread else frame
    return kept, [f"{sentence}, {what}." for sentence in unread.values()]


def _check_conditions(first: list[str], features: list[str]) -> None:
    for name in first:
        if name not in features:
            raise ConfigError(
                f"condition_cols names {name!r}, which is neither the label nor a feature; remove it.",
                key="model_params.condition_cols",
            )


def _transformer(
    frame: pd.DataFrame, features: dict[str, str], derivation: Derivation, config: TrainingConfig
) -> TableTransformer:
    """Of the columns that are drawn: features that follow from nothing, and what stands for those that do."""
    first = [name for name in config.model_params.condition_cols if name != config.label_column]
    _check_conditions(first, list(features))
    drawn = {name: kind for name, kind in features.items() if name not in derivation.removed}
    for name in derivation.added:
        drawn |= column_kinds(frame[[name]], feature_columns(frame[[name]], config.label_column))
    options = TokenOptions.for_table(len(drawn), len(frame), config.training_params.rare_value_threshold)
    return TableTransformer.fit(frame, drawn, options, first, config.formats(drawn))


def _seed(wanted: int | None, checkpoint: Checkpoint | None) -> int:
    """The seed that is asked for, else that of the training to go on with, else a new one."""
    if wanted is not None:
        return wanted
    state = checkpoint.load() if checkpoint else None
    return int(state["seed"]) if state else secrets.randbits(63)


def _checkpoint(path: Path | None, config: TrainingConfig, codes: np.ndarray, classes: np.ndarray) -> Checkpoint | None:
    """The checkpoint of this very training: these rows and settings."""
    if path is None or model_type(config.model_type).adversarial:
        return None
    settings = config.model_dump(mode="json", exclude={"data_path", "output_model_path", "preprocessor_path"})
    return Checkpoint(path, joblib.hash((settings, codes, classes)))


def _trainer(
    name: str, checkpoint: Checkpoint | None
) -> Callable[[GenerativeModel, Rows, Rows, TrainingParams, torch.Generator], Outcome]:
    if model_type(name).adversarial:
        from DataFoundry.training.adversarial import train_ctgan  # needs a package of another licence

        return train_ctgan
    return partial(train, checkpoint=checkpoint)


def _split(rows: Rows, generator: torch.Generator) -> tuple[Rows, Rows]:
    """Rows to learn from and rows to validate with; a table of few rows is both."""
    if len(rows) < _FEWEST_ROWS_TO_SPLIT:
        return rows, rows
    order = torch.randperm(len(rows), generator=generator, device=rows.labels.device)
    held = min(_MOST_VALIDATION_ROWS, int(len(rows) * _VALIDATION_SHARE))
    return rows.take(order[held:]), rows.take(order[:held])


def summary(trained: Trained) -> dict[str, Any]:
    """Figures for the response and `history.json`: losses of the best epoch, epochs run, reason, seconds."""
    outcome = trained.outcome
    best = outcome.history[outcome.best_epoch - 1] if outcome.best_epoch else {}
    return {
        **{name: value for name, value in best.items() if name not in ("epoch", "seconds")},
        "epochs_run": len(outcome.history),
        "best_epoch": outcome.best_epoch,
        "stopped_because": outcome.reason,
        "seconds": round(outcome.seconds, 3),
        "rows": trained.rows,
        "parameters": sum(each.numel() for each in trained.model.parameters()),
    }
