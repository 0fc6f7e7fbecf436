"""How odd is a row, and which cells make it so: the negative evidence bound of a density fitted beside the model.

The joint of a row x and its label y is factored as p(x) p(y | x). The density p(x) is thus already the sum over labels
of p(y) p(x | y) with the training prior: a scan gives the same scores with labels and without, and mislabeled rows do
not flood it; what a label says about a row is a figure of its own (see `label_head`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from DataFoundry.anomaly.cells import Cells, Encoded
from DataFoundry.anomaly.fitting import fit_density
from DataFoundry.anomaly.label_head import LabelHead, fit_label_head
from DataFoundry.anomaly.network import Density, Inputs

_MOST_ROWS = 60_000  # to learn from
_HELD_OUT = 0.1
_MOST_HELD_OUT = 5_000
_MOST_USUAL = 10_000  # rows that tell what a cell costs on the whole
_FEWEST_TO_SPLIT = 200
_SAMPLES = 2  # of the latent, for each member
_WILD = 0.01  # share of cells taken to be outliers
_AT_ONCE = 4_096
_NOISE_SEED = 20_260
_QUANTILES = 1_001
_DIGITS = 9
_LOWEST = -1e300  # below every score
# A row with something unusual is never more normal than most, one with something that training never had is odd.
_UNUSUAL_FLOOR, _NEVER_FLOOR = 0.6, 0.95


@dataclass(frozen=True)
class Scored:
    """What was found about n rows of d cells.

    Attributes
    ----------
    score
        (n,) nats beyond the usual, higher is odder; the sum of the contributions.
    contributions
        (n, d) in the order of `Detector.names`.
    novel, missing
        (n, d) bool, as in `cells.Encoded`.
    """

    score: np.ndarray
    contributions: np.ndarray
    novel: np.ndarray
    missing: np.ndarray


class Detector:
    """Cells, density, and what is usual, as learnt from one training table.

    Attributes
    ----------
    cells, density, label_head
        The last is None without a label.
    usual
        (d + 1,) mean nats of each cell and of the latent in training rows.
    quantiles
        (1001,) of the scores of rows held out, ascending.
    """

    def __init__(
        self, cells: Cells, density: Density, label_head: LabelHead | None, usual: np.ndarray, quantiles: np.ndarray
    ) -> None:
        self.cells = cells
        self.density = density.double().eval()
        self.label_head = label_head
        self.usual = usual
        self.quantiles = quantiles
        generator = torch.Generator().manual_seed(_NOISE_SEED)
        shape = (_SAMPLES, density.members, 1, density.latent)
        # The same noise for each row, and its mirror image: a row's score does not depend on the rows beside it.
        half = torch.randn(shape[0] // 2, *shape[1:], generator=generator, dtype=torch.float64)
        self._noise = torch.cat([half, -half])
        self._may_lack = torch.from_numpy(cells.may_lack).double()

    @property
    def names(self) -> list[str]:
        """Feature columns in the order of all (n, d) arrays."""
        return self.cells.names

    def score(self, frame: pd.DataFrame) -> Scored:
        """Scores of the rows of a table that has all feature columns; each row's own, whatever stands beside it."""
        encoded = self.cells.encode(frame)
        raw = np.vstack([self._nats(encoded.rows(part)) for part in _parts(len(encoded))])
        contributions = _shared(raw - self.usual)
        scores = contributions.sum(axis=1)
        floor, guilty = self._floor(encoded)
        lacking = np.maximum(floor - scores, 0.0) / np.maximum(guilty.sum(axis=1), 1)
        # Rounded, so that equal rows are equal whatever stands beside them, down to the order of the report.
        return Scored(
            np.round(np.maximum(scores, floor), _DIGITS),
            contributions + guilty * lacking[:, None],
            encoded.novel,
            encoded.missing,
        )

    def percentile(self, scores: np.ndarray) -> np.ndarray:
        """(n,) in 0..100: the share of held-out training rows that score lower."""
        return 100 * np.searchsorted(self.quantiles, scores, side="left") / len(self.quantiles)

    def threshold(self, false_alarm_rate: float) -> float:
        """The score that this share of held-out training rows exceeds."""
        return float(np.quantile(self.quantiles, 1 - false_alarm_rate))

    def _nats(self, encoded: Encoded) -> np.ndarray:
        """(n, d + 1): nats of each cell and of the latent, means over members and samples."""
        inputs = Inputs(encoded, torch.float64)
        with torch.inference_mode():
            mean, log_variance = self.density.encode(inputs)
            spread = torch.exp(log_variance / 2)
            latents = (mean + noise * spread for noise in self._noise)
            nll = torch.stack([self.density.cell_nll(inputs, each, self._may_lack, _WILD) for each in latents])
            cells = nll.mean(dim=(0, 1)).numpy()
            latent = self.density.divergence(mean, log_variance).mean(dim=0).numpy()
        cells = np.maximum(cells + encoded.extra, encoded.least)
        return np.column_stack([cells, latent])

    def _floor(self, encoded: Encoded) -> tuple[np.ndarray, np.ndarray]:
        """(n,) what rows with unusual cells score at least, and (n, d) bool which cells answer for it."""
        never = np.isfinite(encoded.least)
        floor = np.full(len(encoded), -np.inf)
        floor[encoded.unusual.any(axis=1)] = np.quantile(self.quantiles, _UNUSUAL_FLOOR)
        floor[never.any(axis=1)] = np.quantile(self.quantiles, _NEVER_FLOOR)
        return floor, np.where(never.any(axis=1, keepdims=True), never, encoded.unusual)

    def state(self) -> dict[str, Any]:
        """As plain data and tensors, for `model.pth`."""
        return {
            "cells": self.cells.state(),
            "density": self.density.weights(),
            "members": self.density.members,
            "label_head": self.label_head.state() if self.label_head else None,
            "usual": torch.from_numpy(self.usual),
            "quantiles": torch.from_numpy(self.quantiles),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Detector":
        """What `state()` describes."""
        cells = Cells.from_state(state["cells"])
        if len(state["density"]["bias_in"]) != state["members"]:  # before memory is taken for them
            raise ValueError("its members are not those of its weights")
        density = Density(len(cells.numbers), cells.widths, torch.Generator(), state["members"])
        density.load_state_dict(state["density"])
        head = LabelHead.from_state(state["label_head"]) if state["label_head"] else None
        return cls(cells, density, head, state["usual"].numpy(), state["quantiles"].numpy())


def fit_detector(
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
    classes: np.ndarray | None,
    num_classes: int,
    seed: int,
    rare_threshold: int | None = None,
    formats: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Learn what is usual in a training table; the state goes into the model file.

    Parameters
    ----------
    frame
        Training rows.
    kinds
        Feature columns and their kinds, see `preprocessing.schema.column_kinds`.
    classes
        (n,) class number of each row, or None without a label.
    num_classes
        k, so that classes are 0..k-1.
    seed
        The same gives the same detector on one machine.
    rare_threshold
        Categories of fewer rows are not kept; None keeps all.
    formats
        How columns are written, as the schema tells; else found.
    """
    generator = torch.Generator().manual_seed(seed % 2**63)
    cells = Cells.learnt(frame, kinds, rare_threshold or 1, formats)
    order = torch.randperm(len(frame), generator=generator)[: _MOST_ROWS + _MOST_HELD_OUT].numpy()
    held = min(_MOST_HELD_OUT, int(len(order) * _HELD_OUT)) if len(order) >= _FEWEST_TO_SPLIT else 0
    learning, judging = order[held:], order[:held] if held else order
    encoded = cells.encode(frame.iloc[learning])
    density = Density(len(cells.numbers), cells.widths, generator)
    may_lack = torch.from_numpy(cells.may_lack).float()
    fit_density(density, Inputs(encoded, torch.float32), may_lack, generator)
    head = None
    if classes is not None and num_classes > 1:
        head = fit_label_head(encoded, cells.widths, classes[learning], num_classes, generator)
    return _calibrated(cells, density, head, frame.iloc[order[:_MOST_USUAL]], frame.iloc[judging]).state()


def _calibrated(
    cells: Cells, density: Density, head: LabelHead | None, rows: pd.DataFrame, held_out: pd.DataFrame
) -> Detector:
    """What each cell costs on the whole, then how the scores above that are spread in rows held out."""
    blank = Detector(cells, density, head, np.zeros(len(cells.names) + 1), np.zeros(_QUANTILES))
    encoded = cells.encode(rows)
    usual = np.mean(np.vstack([blank._nats(encoded.rows(part)) for part in _parts(len(encoded))]), axis=0)
    bare = Detector(cells, density, head, usual, np.full(_QUANTILES, _LOWEST))
    scores = bare.score(held_out).score
    return Detector(cells, density, head, usual, np.quantile(scores, np.linspace(0, 1, _QUANTILES)))


def _shared(above: np.ndarray) -> np.ndarray:
    """(n, d) from (n, d + 1): what the latent costs beyond the usual is put down to the cells that are odd."""
    cells, latent = above[:, :-1], above[:, -1:]
    odd = np.maximum(cells, 0.0) + 1e-9
    shares = np.where(latent > 0, odd / odd.sum(axis=1, keepdims=True), 1 / max(cells.shape[1], 1))
    return cells + latent * shares


def _parts(rows: int) -> Iterator[slice]:
    for start in range(0, max(rows, 1), _AT_ONCE):
        yield slice(start, start + _AT_ONCE)
