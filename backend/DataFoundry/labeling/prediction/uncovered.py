"""Labels for rows on which no function votes, learnt from the rows on which functions do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.labeling.aggregation import calibration
from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.aggregation.intervals import roc_auc, wilson
from DataFoundry.labeling.prediction.features import FeatureSpace
from DataFoundry.labeling.prediction.table_features import feature_columns

COLUMN = "label_predicted"
SAMPLE_ROWS = 10_000  # of those with votes; more teach a linear model nothing
_MOST_CELLS = 2**24  # of the features of the sample: 128 MiB
_FOLDS = 5
_STRENGTH = 0.1  # C of the logistic regression
_HAND_WEIGHT = 3.0  # of a hand-labeled row, in rows whose label is only probable
_LEAST_SHARE = 0.01  # of a second class; with less of it every row would get the first one
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Covered:
    """A sample of the rows on which functions vote.

    Attributes
    ----------
    frame
        (s rows) their columns.
    probabilities
        (s, k) what the aggregator says of them.
    rows
        Of the table with a vote, of which these are a uniform sample.
    """

    frame: pd.DataFrame
    probabilities: np.ndarray
    rows: int


@dataclass(frozen=True)
class Predictor:
    """The fitted classifiers, one for each fold that it left out; together they say what a row is.

    Attributes
    ----------
    columns
        Of the table that it looks at.
    told
        What the answer says about it: how it was made and how good it is.
    """

    columns: list[str]
    told: dict[str, object]
    _space: FeatureSpace
    _models: Sequence["_Linear"]

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, k) class probabilities of the rows of `frame`, which has the `columns`."""
        starts = range(0, max(len(frame), 1), _ROWS_AT_ONCE)
        return np.concatenate([self._part(frame.iloc[at : at + _ROWS_AT_ONCE]) for at in starts])

    def _part(self, frame: pd.DataFrame) -> np.ndarray:
        given = self._space.transform(frame)
        return np.mean([model.predict_proba(given) for model in self._models], axis=0)


@dataclass(frozen=True)
class _Linear:
    """Multinomial logistic regression: (d, k) weights and (k,) intercepts."""

    weights: np.ndarray
    intercept: np.ndarray

    def predict_proba(self, given: np.ndarray) -> np.ndarray:
        scores = given @ self.weights + self.intercept
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)


def fit(covered: Covered, hand: HandLabels | None, columns: Sequence[str], seed: int) -> Predictor | str:
    """Fit the classifiers, or say in a sentence why that makes no sense.

    They learn the probabilities of the rows with votes and the labels of the hand-labeled rows, each model without one
    of five folds (cross-fitting, Chernozhukov et al. 2018, https://doi.org/10.1111/ectj.12097), so that each of those
    rows is also judged by a model that did not see it.

    Parameters
    ----------
    columns
        Of the table, of which those that are features are taken.
    seed
        Of the folds.
    """
    k = covered.probabilities.shape[1]
    if not covered.rows:
        return "No function votes on any row, so there is nothing to learn from."
    taught = np.zeros(k) if hand is None else np.bincount(hand.labels, minlength=k) / len(hand.labels)
    shares = np.maximum(covered.probabilities.mean(axis=0), taught)
    if (shares >= _LEAST_SHARE).sum() < 2:
        return (
            f"The votes say class {int(shares.argmax())} of nearly every row that they label, so every other row would "
            "get it, too; add functions for another class, or give hand-labeled rows."
        )
    features, others = feature_columns(covered.frame, columns, None if hand is None else hand.frame)
    space = FeatureSpace.of(covered.frame, features)
    if not space.parts:
        return "No column of the table can be a feature (keys, personal columns and free texts are none)."
    return _fitted(_Lesson.of(covered, hand, space), space, others, covered.rows, seed)


@dataclass(frozen=True)
class _Lesson:
    """What the classifiers learn from: (n, d) features, (n, k) targets, (n,) weights; the hand-labeled rows last.

    Attributes
    ----------
    silent
        (n,) hand-labeled rows on which no function votes: the ones that tell how good the predictions are.
    """

    given: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    by_hand: int
    silent: np.ndarray

    @classmethod
    def of(cls, covered: Covered, hand: HandLabels | None, space: FeatureSpace) -> "_Lesson":
        width = max(1, space.transform(covered.frame.iloc[:1]).shape[1])
        rows = min(len(covered.frame), max(1, _MOST_CELLS // width))  # any first rows of a shuffled sample are one
        given, targets = space.transform(covered.frame.iloc[:rows]), covered.probabilities[:rows]
        silent = np.zeros(rows, dtype=bool)
        if hand is None:
            return cls(given, targets, np.ones(rows), 0, silent)
        some = slice(0, max(1, _MOST_CELLS // width))
        labels = hand.labels[some]
        return cls(
            np.concatenate([given, space.transform(hand.frame.iloc[some])]),
            np.concatenate([targets, np.eye(targets.shape[1])[labels]]),
            np.concatenate([np.ones(rows), np.full(len(labels), _HAND_WEIGHT)]),
            len(labels),
            np.concatenate([silent, (hand.votes[some] < 0).all(axis=1)]),
        )


def _fitted(lesson: _Lesson, space: FeatureSpace, others: dict[str, str], rows: int, seed: int) -> Predictor:
    n = len(lesson.given)
    fold = np.random.default_rng(seed).permutation(n) % _FOLDS
    models, said = [], np.zeros_like(lesson.targets)
    for number in range(_FOLDS):
        learn = (fold != number) | (n < _FOLDS)
        model = _logistic(lesson.given[learn], lesson.targets[learn], lesson.weights[learn])
        models.append(model)
        said[fold == number] = model.predict_proba(lesson.given[fold == number])
    told: dict[str, object] = {
        "classifier": "multinomial logistic regression, the mean of five that each left out a fifth of the rows",
        "features": list(space.columns),
        "no_features": dict(sorted(others.items())),
        "rows_with_votes": rows,
        "rows_learnt_from": n,
        **_quality(lesson, said),
    }
    return Predictor(list(space.columns), told, space, models)


def _logistic(given: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> _Linear:
    """Fitted on probable labels: each row once for each class that it may be of, weighted by how probable that is."""
    from sklearn.linear_model import LogisticRegression  # scikit-learn takes a second to import

    k = targets.shape[1]
    rows, labels = np.nonzero(targets > 1e-3)
    fitted = LogisticRegression(C=_STRENGTH, max_iter=300)
    if len(np.unique(labels)) < 2:
        return _Linear(np.zeros((given.shape[1], k)), np.where(np.arange(k) == labels[0], 0.0, -30.0))
    fitted.fit(given[rows], labels, sample_weight=targets[rows, labels] * weights[rows])
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # scikit-learn keeps the second class's log odds only
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercepts = np.append(0.0, intercepts)
    found, start = np.zeros((given.shape[1], k)), np.full(k, -30.0)  # a class that is never seen is never said
    found[:, fitted.classes_], start[fitted.classes_] = coefficients.T, intercepts
    return _Linear(found, start)


def _quality(lesson: _Lesson, said: np.ndarray) -> dict[str, object]:
    """How good the predictions are, on rows that each model did not see."""
    n = len(said) - lesson.by_hand
    agreed = float((said[:n].argmax(axis=1) == lesson.targets[:n].argmax(axis=1)).mean())
    truth, judged = lesson.targets[lesson.silent].argmax(axis=1), said[lesson.silent]
    if not len(truth):
        return {
            "agreement_with_votes": agreed,
            "measured": False,
            "note": f"Nothing has measured these predictions: {_lacking(lesson)}. On rows that it did not see, the "
            f"classifier says what the votes say on {agreed:.0%}, which tells whether the columns can say what votes "
            "say, not whether either is right; and rows on which nobody votes may be of another sort.",
        }
    right = int((judged.argmax(axis=1) == truth).sum())
    area = roc_auc(truth == 1, judged[:, 1]) if said.shape[1] == 2 else None
    return {
        "agreement_with_votes": agreed,
        "measured": True,
        "hand_labeled_rows": len(truth),
        "accuracy": right / len(truth),
        "accuracy_interval": list(wilson(right, len(truth))),
        **({} if area is None else {"auc": area[0], "auc_interval": list(area[1:])}),
        "calibration": calibration.measured(judged, truth),
        "note": f"Measured on the {len(truth)} hand-labeled rows on which no function votes, each by a classifier that "
        "did not see it.",
    }


def _lacking(lesson: _Lesson) -> str:
    if lesson.by_hand:
        return "functions vote on every hand-labeled row, so that none of them is of the rows that were predicted"
    return "there are no hand-labeled rows; give some on which no function votes in hand_labeled_examples_path"
