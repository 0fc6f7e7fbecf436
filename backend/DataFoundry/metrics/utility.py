"""Utility: what a learner trained on synthetic rows is worth on real ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from DataFoundry.errors import ColumnError
from DataFoundry.metrics.features import TreeFeatures, as_numbers, as_text, is_number

FITS = 3
_MOST_ROWS = 50_000
_MOST_CLASSES = 20  # a numeric label with more distinct values is a quantity
_ROWS_TO_STOP_EARLY = 200


@dataclass(frozen=True)
class UtilityResult:
    """How boosted trees do on the holdout, trained on synthetic rows (TSTR) and on real rows (TRTR).

    Attributes
    ----------
    ratio
        `tstr` over `trtr`; 1 is as good as real rows, above 1 can happen.
    tstr, trtr
        Means over `fits` seeds of the measure.
    measure
        `auroc` (two classes), `macro_f1` (more), or `r2` (a numeric label with over 20 values).
    corrected
        The same ratio of what lies above chance (.5 for `auroc`, 0 for the others): more honest, since a plain ratio of
        areas under the curve never falls much below .5. None if the real rows are no better than chance.
    """

    ratio: float
    tstr: float
    trtr: float
    measure: str
    corrected: float | None
    fits: int


def utility(
    synthetic: pd.DataFrame, real: pd.DataFrame, holdout: pd.DataFrame, label: str, seed: int = 0, fits: int = FITS
) -> UtilityResult:
    """Train on synthetic, test on real, beside train on real, test on real.

    Parameters
    ----------
    synthetic, real, holdout
        Tables; features are the columns of `real` that the other two have, less `label` and its probabilities. Rows
        without a label are left out; of more than 50,000 rows a sample is taken.
    label
        The column to predict.
    seed
        Of the learners and samples; the same gives the same result.
    fits
        Learners on each side, of which the mean is taken.

    Raises
    ------
    ColumnError
        If a table has no such column, no labeled rows, or the real rows have a single label.
    """
    for name, frame in (("synthetic", synthetic), ("real", real), ("holdout", holdout)):
        if label not in frame.columns or frame[label].isna().all():
            raise ColumnError(f"The {name} table has no values in the label column {label!r}.", column=label)
    tables = [_sample(frame.dropna(subset=[label]), seed) for frame in (synthetic, real, holdout)]
    task = _task(*(table[label] for table in tables))
    shared = [name for name in real.columns if name in synthetic.columns and name in holdout.columns]
    features = TreeFeatures.learnt(tables[1], [name for name in shared if not _tells_label(name, label)])
    fake, train, test = (features.matrix(table) for table in tables)
    seeds = [seed + number for number in range(fits)]
    tstr = float(np.mean([task.score(fake, task.synthetic, test, features, each) for each in seeds]))
    trtr = float(np.mean([task.score(train, task.real, test, features, each) for each in seeds]))
    above = trtr - task.chance
    return UtilityResult(
        ratio=tstr / trtr if trtr > 0 else float("nan"),
        tstr=tstr,
        trtr=trtr,
        measure=task.measure,
        corrected=(tstr - task.chance) / above if above > 0 else None,
        fits=fits,
    )


def _sample(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    return frame.sample(_MOST_ROWS, random_state=seed) if len(frame) > _MOST_ROWS else frame


def _tells_label(name: str, label: str) -> bool:
    return name == label or name == f"{label}_probability" or name.startswith(f"{label}_probability_")


@dataclass(frozen=True)
class _Task:
    """A measure with the labels of the three tables as numbers."""

    measure: str
    chance: float
    synthetic: np.ndarray
    real: np.ndarray
    holdout: np.ndarray

    def score(self, rows: np.ndarray, labels: np.ndarray, test: np.ndarray, features: TreeFeatures, seed: int) -> float:
        if self.measure == "r2":
            early = len(labels) >= _ROWS_TO_STOP_EARLY
            trees = HistGradientBoostingRegressor(
                random_state=seed, categorical_features=features.is_categorical, early_stopping=early
            )
            return float(r2_score(self.holdout, trees.fit(rows, labels).predict(test)))
        if len(np.unique(labels)) < 2:  # nothing can be learnt: one answer for all
            return 0.5 if self.measure == "auroc" else self._macro_f1(np.full(len(self.holdout), labels[0]))
        fitted = classifier(labels, features, seed).fit(rows, labels)
        if self.measure == "macro_f1":
            return self._macro_f1(fitted.predict(test))
        second = fitted.predict_proba(test)[:, fitted.classes_ == 1].sum(axis=1)  # zeros if it was never seen
        return float(roc_auc_score(self.holdout, second))

    def _macro_f1(self, guesses: np.ndarray) -> float:
        return float(f1_score(self.holdout, guesses, average="macro", labels=np.unique(self.holdout), zero_division=0))


def classifier(labels: np.ndarray, features: TreeFeatures, seed: int) -> HistGradientBoostingClassifier:
    """Boosted trees; they stop early where there are rows enough to tell."""
    enough = len(labels) >= _ROWS_TO_STOP_EARLY and np.unique(labels, return_counts=True)[1].min() >= 10
    return HistGradientBoostingClassifier(
        random_state=seed, categorical_features=features.is_categorical, early_stopping=bool(enough)
    )


def _task(synthetic: pd.Series, real: pd.Series, holdout: pd.Series) -> _Task:
    numeric = is_number(real) and not pd.api.types.is_bool_dtype(real.dtype)
    if numeric and real.nunique() > _MOST_CLASSES:
        fake, train, test = (as_numbers(column) for column in (synthetic, real, holdout))
        return _Task("r2", 0.0, np.nan_to_num(fake, nan=float(np.nanmean(train))), train, test)
    texts = [as_text(column) for column in (synthetic, real, holdout)]
    classes = pd.Index(sorted(set(texts[1])))
    if len(classes) < 2 or texts[2].nunique() < 2:
        raise ColumnError(f"The label column {real.name!r} holds a single value; utility needs two.", column=real.name)
    # A label that the real rows do not have is a class of its own: wrong wherever it is guessed.
    fake, train, test = (np.where((codes := classes.get_indexer(text)) < 0, len(classes), codes) for text in texts)
    if len(classes) == 2 and test.max() < 2:
        return _Task("auroc", 0.5, fake, train, test)
    return _Task("macro_f1", 0.0, fake, train, test)
