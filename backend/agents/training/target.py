"""What utility is measured on: the label, where the holdout has it, or what stands for it there."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.errors import ColumnError
from DataFoundry.metrics.features import TreeFeatures
from DataFoundry.metrics.utility import classifier
from DataFoundry.preprocessing.schema import LABEL, is_feature

_MOST_CLASSES = 20
_SAME = 0.95  # share of rows in which a column agrees with the label, to be called the same thing
_CHECKED_ROWS = 10_000


@dataclass(frozen=True)
class Target:
    """The holdout, made to fit the labeled table.

    Attributes
    ----------
    column
        The column that learners predict, in the labeled, the synthetic and the holdout table.
    holdout
        The holdout with that column.
    note
        How it was found, for people.
    """

    column: str
    holdout: pd.DataFrame
    note: str


def find_target(labeled: pd.DataFrame, holdout: pd.DataFrame, label: str = LABEL) -> Target:
    """The label where both tables have it; else the holdout's own column for it (`income` for a label made of income).

    Raises
    ------
    ColumnError
        If the labeled table has no labels, or nothing in the holdout can stand for them.
    """
    if label not in labeled.columns or labeled[label].nunique() < 2:
        raise ColumnError(
            f"The labeled table needs a column {label!r} with two classes or more; label it first.", column=label
        )
    if label in holdout.columns and holdout[label].notna().any():
        return Target(
            label, holdout[holdout[label].notna()].reset_index(drop=True), f"the column {label!r} of the holdout"
        )
    for name in reversed(holdout.columns):  # the last column is the likeliest to be the target
        if not 2 <= holdout[name].nunique() <= _MOST_CLASSES:
            continue
        if name not in labeled.columns:
            if holdout[name].nunique() == labeled[label].nunique():
                return _renamed(labeled, holdout, name, label)
        elif _agrees(labeled, name, label):
            return _mapped(labeled, holdout, name, label)
        elif name == holdout.columns[-1]:
            return Target(name, holdout, f"the shared column {name!r}, since the holdout has no {label!r}")
    raise ColumnError(
        f"The holdout has no column {label!r}, and none that stands for it; add one with labels like those trained on.",
        column=label,
    )


def _agrees(labeled: pd.DataFrame, name: str, label: str) -> bool:
    counts = pd.crosstab(labeled[name], labeled[label])
    return bool(
        counts.to_numpy().size
        and counts.max(axis=1).sum() / counts.to_numpy().sum() >= _SAME
        and counts.idxmax(axis=1).nunique() == labeled[label].nunique()
    )


def _mapped(labeled: pd.DataFrame, holdout: pd.DataFrame, name: str, label: str) -> Target:
    label_of = pd.crosstab(labeled[name], labeled[label]).idxmax(axis=1).to_dict()
    found = holdout.assign(**{label: holdout[name].map(label_of)})
    found = found[found[label].notna()].reset_index(drop=True)
    return Target(label, found, f"{name!r} of the holdout, which agrees with {label!r} in the labeled table")


def _renamed(labeled: pd.DataFrame, holdout: pd.DataFrame, name: str, label: str) -> Target:
    """A column that only the holdout has: its sorted values are the sorted labels, or backwards if that fits better."""
    labels, values = sorted(labeled[label].dropna().unique()), sorted(holdout[name].dropna().unique(), key=str)
    found = holdout[holdout[name].notna()].reset_index(drop=True)
    if len(labels) == 2 and _backwards(labeled, found, found[name] == values[1], labels[1], label):
        labels = labels[::-1]
    found = found.assign(**{label: found[name].map(dict(zip(values, labels, strict=True)))}).drop(columns=name)
    return Target(label, found, f"{name!r} of the holdout, read as {label!r}")


def _backwards(labeled: pd.DataFrame, holdout: pd.DataFrame, second: pd.Series, value: object, label: str) -> bool:
    """Whether what the labeled rows teach says the opposite of the holdout's column."""
    rows = labeled[labeled[label].notna()].head(_CHECKED_ROWS)
    shared = [name for name in labeled.columns if name in holdout.columns and is_feature(name, label)]
    features = TreeFeatures.learnt(rows, shared)
    truth = (rows[label] == value).to_numpy(dtype=int)
    trees = classifier(truth, features, 0).fit(features.matrix(rows), truth)
    scores = trees.predict_proba(features.matrix(holdout))[:, 1]
    ranks = pd.Series(scores).rank().to_numpy()
    positive = second.to_numpy(dtype=bool)
    auc = (ranks[positive].mean() - (positive.sum() + 1) / 2) / max(1, (~positive).sum())
    return bool(auc < 0.5)


def halves(holdout: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The part that decides, and the part that no decision sees."""
    order = rng.permutation(len(holdout))
    middle = len(order) // 2
    one, other = (holdout.iloc[np.sort(part)].reset_index(drop=True) for part in (order[:middle], order[middle:]))
    return one, other
