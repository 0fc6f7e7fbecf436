"""How odd is a row, and which cells make it so: the negative evidence bound of a density fitted beside the model.

The joint of a row x and its label y is factored as p(x) p(y | x). The density p(x) is thus already the sum over labels
of p(y) p(x | y) with the training prior: a scan gives the same scores with labels and without, and mislabeled rows do
not flood it; what a label says about a row is a figure of its own (see `label_head`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from DataFoundry.anomaly.cells import Cells, Encoded
from DataFoundry.anomaly.fitting import fit_density
from DataFoundry.anomaly.label_head import LabelHead, fit_label_head
from DataFoundry.anomaly.network import MEMBERS, Density, Inputs
from DataFoundry.cleaning.cell_checks import CellChecks
from DataFoundry.cleaning.finding import Mark
from DataFoundry.schema.table_schema import Column, Rule

_MOST_ROWS = 60_000  # to learn from
_HELD_OUT = 0.1
_FEWEST_HELD_OUT = 1_000  # rows: of fewer the last per cent tells nothing
_FEW = 4_000  # rows, up to which each is held out once
_MOST_HELD_OUT = 5_000
_MOST_USUAL = 10_000  # rows that tell what a cell costs on the whole
_FEWEST_TO_SPLIT = 200
_SAMPLES = 2  # of the latent, for each member
_WILD = 0.01  # share of cells taken to be outliers
_AT_ONCE = 4_096
_NOISE_SEED = 20_260
_QUANTILES = 1_001
_DIGITS = 9
_MOST_SURE = 1 - 1e-6
_MOST_ALARMS = 0.005  # share of rows held out that may be false alarms of the checks of cells
_LOWEST = -1e300  # below every score
_LEAST_SHARE = 0.25  # of the promised rate of false alarms, that is used up however few rows it is measured on
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
    marks
        The cells that are wrong by themselves, see `cleaning.cell_checks`.
    """

    score: np.ndarray
    contributions: np.ndarray
    novel: np.ndarray
    missing: np.ndarray
    marks: list[Mark]


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
    checks
        What tells cells that are wrong whatever the rest of their row is like.
    certain
        The score of rows with such a cell, at least: the greatest that a row held out got by its density.
    measured
        How many rows were held out.
    """

    def __init__(
        self,
        cells: Cells,
        density: Density,
        label_head: LabelHead | None,
        usual: np.ndarray,
        quantiles: np.ndarray,
        checks: CellChecks,
        certain: float,
        measured: int,
    ) -> None:
        self.cells = cells
        self.checks = checks
        self.certain = certain
        self.measured = measured
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
        marks = self.checks.marks(frame[self.names])
        wrong = _wrong(marks, self.names, len(frame))
        scores = contributions.sum(axis=1)
        floor, guilty = self._floor(encoded, wrong)
        lacking = np.maximum(floor - scores, 0.0) / np.maximum(guilty.sum(axis=1), 1)
        contributions = _surest_first(contributions + guilty * lacking[:, None], wrong)
        # Rounded, so that equal rows are equal whatever stands beside them, down to the order of the report.
        scores = np.round(np.maximum(scores, floor), _DIGITS)
        return Scored(scores, contributions, encoded.novel, encoded.missing, marks)

    def percentile(self, scores: np.ndarray) -> np.ndarray:
        """(n,) in 0..100: the share of held-out training rows that score lower."""
        return 100 * np.searchsorted(self.quantiles, scores, side="left") / len(self.quantiles)

    def threshold(self, false_alarm_rate: float) -> float:
        """The score that at most this share of ordinary rows exceeds.

        On n rows held out the share is known to a standard error of sqrt(rate (1 - rate) / n); the promised rate is
        undercut by as much, or in the mean of all trainings half of them would break it.
        """
        doubt = np.sqrt(false_alarm_rate * (1 - false_alarm_rate) / max(self.measured, 1))
        return float(np.quantile(self.quantiles, 1 - max(false_alarm_rate - doubt, _LEAST_SHARE * false_alarm_rate)))

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

    def _floor(self, encoded: Encoded, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) what rows with unusual or wrong cells score at least, and (n, d) bool which cells answer for it."""
        never = np.isfinite(encoded.least)
        floor = np.full(len(encoded), -np.inf)
        floor[encoded.unusual.any(axis=1)] = np.quantile(self.quantiles, _UNUSUAL_FLOOR)
        floor[never.any(axis=1)] = np.quantile(self.quantiles, _NEVER_FLOOR)
        guilty = np.where(never.any(axis=1, keepdims=True), never, encoded.unusual)
        sure = wrong.max(axis=1, initial=0.0)
        floor = np.where(sure > 0, self.certain + sure, floor)
        return floor, np.where(sure[:, None] > 0, wrong == sure[:, None], guilty)

    def state(self) -> dict[str, Any]:
        """As plain data and tensors, for `model.pth`."""
        return {
            "cells": self.cells.state(),
            "density": self.density.weights(),
            "members": self.density.members,
            "label_head": self.label_head.state() if self.label_head else None,
            "usual": torch.from_numpy(self.usual),
            "quantiles": torch.from_numpy(self.quantiles),
            "checks": self.checks.state(),
            "certain": self.certain,
            "measured": self.measured,
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
        checks = CellChecks.from_state(state["checks"])
        usual, quantiles = state["usual"].numpy(), state["quantiles"].numpy()
        certain, measured = float(state["certain"]), int(state["measured"])
        return cls(cells, density, head, usual, quantiles, checks, certain, measured)


def fit_detector(
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
    classes: np.ndarray | None,
    num_classes: int,
    seed: int,
    rare_threshold: int | None = None,
    formats: Mapping[str, Mapping[str, Any]] | None = None,
    rules: Sequence[Rule] = (),
    promised: bool = True,
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
    rules
        Of the schema; those of other columns are left out.
    promised
        Whether the rate of false alarms must hold in small tables, too; then each member leaves out other rows.
    """
    generator = torch.Generator().manual_seed(seed % 2**63)
    cells = Cells.learnt(frame, kinds, rare_threshold or 1, formats)
    columns = {name: Column(name, kind, format=(formats or {}).get(name, {})) for name, kind in kinds.items()}
    order = torch.randperm(len(frame), generator=generator)[: _MOST_ROWS + _MOST_HELD_OUT].numpy()
    held = 0 if len(order) <= _FEW else int(np.clip(_HELD_OUT * len(order), _FEWEST_HELD_OUT, _MOST_HELD_OUT))
    learning = frame.iloc[order[held:]]
    encoded = cells.encode(learning)
    split = promised and _FEWEST_TO_SPLIT <= len(order) <= _FEW
    folds = np.array_split(np.arange(len(learning)), MEMBERS) if split else []
    seen = [np.setdiff1d(np.arange(len(learning)), fold) for fold in folds]
    density = Density(len(cells.numbers), cells.widths, generator)
    may_lack = torch.from_numpy(cells.may_lack).float()
    own_rows = [torch.from_numpy(rows) for rows in seen]
    fit_density(density, Inputs(encoded, torch.float32), may_lack, generator, own_rows=own_rows)

    def learnt(density: Density, rows: pd.DataFrame) -> _Learnt:
        return _Learnt(cells, density, CellChecks.learnt(rows, columns, rules), rows.iloc[:_MOST_USUAL])

    found = learnt(density, learning)
    if split:  # what a row scores by the member that has not seen it stands for what a new row scores by all
        members = [learnt(density.member(place), learning.iloc[rows]) for place, rows in enumerate(seen)]
        scores = [each.scores(learning.iloc[fold]) for each, fold in zip(members, folds, strict=True)]
    else:
        scores = [found.scores(frame.iloc[order[:held]] if held else learning)]
    head = None
    if classes is not None and num_classes > 1:
        head = fit_label_head(encoded, cells.widths, classes[order[held:]], num_classes, generator)
    by_density, wrong = (np.concatenate(each) for each in zip(*scores, strict=True))
    certain, quantiles = _spread(by_density, wrong)
    return Detector(cells, found.density, head, found.usual, quantiles, found.checks, certain, len(by_density)).state()


class _Learnt:
    """What some rows taught: a density, what each cell costs on the whole, and checks of cells."""

    def __init__(self, cells: Cells, density: Density, checks: CellChecks, rows: pd.DataFrame) -> None:
        self.density, self.checks, self._cells = density, checks, cells
        blank = self._detector(np.zeros(len(cells.names) + 1))
        encoded = cells.encode(rows)
        self.usual = np.mean(np.vstack([blank._nats(encoded.rows(part)) for part in _parts(len(encoded))]), axis=0)

    def _detector(self, usual: np.ndarray) -> Detector:
        return Detector(
            self._cells, self.density, None, usual, np.full(_QUANTILES, _LOWEST), self.checks, _LOWEST, measured=1
        )

    def scores(self, held_out: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """(n,) by the density alone, and (n,) bool which rows have a cell that is wrong by itself."""
        judged = self._detector(self.usual).score(held_out)
        return judged.score, _wrong(judged.marks, self._cells.names, len(held_out)).max(axis=1, initial=0.0) > 0


def _spread(scores: np.ndarray, wrong: np.ndarray) -> tuple[float, np.ndarray]:
    """What rows with a wrong cell score at least, and how scores are spread, from those of rows held out.

    Rows held out whose cells are wrong by themselves are false alarms like any other, as long as they are few: what
    they take of the promised rate is not left for the density. More of them are errors of the table.
    """
    calm = scores[~wrong] if not wrong.all() else scores
    certain = float(calm.max(initial=0.0))
    alarms = min(int(wrong.sum()), int(_MOST_ALARMS * len(scores)))
    spread = np.concatenate([calm, np.full(alarms, certain + 1.0)])
    return certain, np.quantile(spread, np.linspace(0, 1, _QUANTILES))


def _wrong(marks: Sequence[Mark], names: Sequence[str], rows: int) -> np.ndarray:
    """(n, d) nats against the cells that are wrong by themselves, 0 for all others."""
    found = np.zeros((rows, len(names)))
    places = {name: place for place, name in enumerate(names)}
    for mark in marks:
        column = places[mark.column]
        nats = -np.log1p(-np.minimum(mark.confidence, _MOST_SURE))
        found[mark.rows, column] = np.maximum(found[mark.rows, column], nats)  # no row stands twice in a mark
    return found


def _surest_first(contributions: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """The same sums, in which the surest of a row's wrong cells contributes most."""
    rows = np.flatnonzero(wrong.any(axis=1))
    if not len(rows):
        return contributions
    surest, first = wrong[rows].argmax(axis=1), contributions[rows].argmax(axis=1)
    changed = contributions.copy()
    changed[rows, surest], changed[rows, first] = contributions[rows, first], contributions[rows, surest]
    return changed


def _shared(above: np.ndarray) -> np.ndarray:
    """(n, d) from (n, d + 1): what the latent costs beyond the usual is put down to the cells that are odd."""
    cells, latent = above[:, :-1], above[:, -1:]
    odd = np.maximum(cells, 0.0) + 1e-9
    shares = np.where(latent > 0, odd / odd.sum(axis=1, keepdims=True), 1 / max(cells.shape[1], 1))
    return cells + latent * shares


def _parts(rows: int) -> Iterator[slice]:
    for start in range(0, max(rows, 1), _AT_ONCE):
        yield slice(start, start + _AT_ONCE)
