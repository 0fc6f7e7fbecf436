"""What a table is worth to a learner before and after cleaning, on rows that neither learner saw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from agents.training.target import halves
from DataFoundry.errors import ColumnError
from DataFoundry.metrics.utility import utility
from DataFoundry.progress import begin

REPEATS = 5  # learners on each side: the noise of one is of the size of what cleaning brings
_HELD_OUT = 0.25
_FEWEST_ROWS = 40  # held out, of which half decides
_MOST_CLASSES = 20


@dataclass(frozen=True)
class Worth:
    """Scores of learners, trained on the table as it was and as it is now.

    Attributes
    ----------
    before, after
        Means of `measure` over learners with different seeds.
    change, noise
        Mean of their differences, and twice its standard error.
    measure
        See `metrics.utility.UtilityResult`.
    """

    before: float
    after: float
    change: float
    noise: float
    measure: str

    @property
    def verdict(self) -> str:
        """`kept` (no lower than before), `within_noise`, or `lower`."""
        if self.change >= 0:
            return "kept"
        return "within_noise" if self.change >= -self.noise else "lower"

    def as_dict(self) -> dict[str, Any]:
        figures = {name: round(getattr(self, name), 6) for name in ("before", "after", "change", "noise")}
        return {**figures, "measure": self.measure, "verdict": self.verdict}


@dataclass(frozen=True)
class Yardstick:
    """Rows held out, and the rows that learners are trained on.

    Attributes
    ----------
    train
        (n,) bool, of the table's rows.
    deciding, unseen
        Two halves of the held-out rows: one decides between attempts, the other judges the best.
    note
        What the held-out rows are, for people.
    """

    label: str
    train: np.ndarray
    deciding: pd.DataFrame
    unseen: pd.DataFrame
    note: str

    def worth(self, before: pd.DataFrame, after: pd.DataFrame, final: bool = False) -> Worth:
        """Of the same table before and after; `final` on the rows that no decision saw.

        Raises
        ------
        ColumnError
            If there is nothing to learn.
        """
        held = self.unseen if final else self.deciding
        dirty, clean = before[self.train], after[self.train]
        if held[self.label].nunique() <= _MOST_CLASSES:  # a misspelt class would change what is measured
            clean = clean[clean[self.label].astype(str).isin(set(held[self.label].astype(str)))]
        # the cleaned rows stand where the real ones do: their classes are the ones that are meant
        begin("training on the table before and after")
        runs = [utility(dirty, clean, held, self.label, seed, fits=1) for seed in range(REPEATS)]
        changes = np.array([run.trtr - run.tstr for run in runs])
        return Worth(
            before=float(np.mean([run.tstr for run in runs])),
            after=float(np.mean([run.trtr for run in runs])),
            change=float(changes.mean()),
            noise=float(2 * changes.std(ddof=1) / np.sqrt(REPEATS)),
            measure=runs[0].measure,
        )


def with_holdout(frame: pd.DataFrame, holdout: pd.DataFrame, label: str, name: str, seed: int) -> Yardstick:
    """On rows of a file of their own.

    Raises
    ------
    ColumnError
        If the file has no such labels.
    """
    if label not in holdout.columns or holdout[label].notna().sum() < _FEWEST_ROWS:
        raise ColumnError(
            f"holdout_test_path needs at least {_FEWEST_ROWS} rows with a value in {label!r}; name another file, or "
            "leave it out, and a quarter of the rows without errors is held out.",
            column=label,
        )
    deciding, unseen = halves(holdout[holdout[label].notna()], np.random.default_rng((seed, 0)))
    return Yardstick(label, np.ones(len(frame), dtype=bool), deciding, unseen, f"the {len(holdout):,} rows of {name}")


def without_holdout(frame: pd.DataFrame, wrong: set[int], label: str, seed: int) -> Yardstick | None:
    """On a quarter of the rows, drawn of those in which no error was found; None for too few of them."""
    clean = np.array(sorted(set(range(len(frame))) - wrong), dtype=int)
    clean = clean[frame[label].notna().to_numpy()[clean]]
    count = min(len(clean), round(_HELD_OUT * len(frame)))
    if count < _FEWEST_ROWS:
        return None
    rng = np.random.default_rng((seed, 0))
    rows = np.sort(rng.choice(clean, count, replace=False))
    deciding, unseen = halves(frame.iloc[rows], rng)
    train: np.ndarray = np.ones(len(frame), dtype=bool)
    train[rows] = False
    return Yardstick(label, train, deciding, unseen, f"{count:,} rows without errors that learners did not see")
