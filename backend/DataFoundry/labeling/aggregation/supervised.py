"""Votes and features combined by what hand-labeled rows teach, the way of combining chosen by cross-validation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.labeling.aggregation import vote_model
from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.aggregation.latent_class import Known
from DataFoundry.labeling.aggregation.vote_model import VoteModel
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary
from DataFoundry.labeling.prediction.features import FeatureSpace

MIN_ROWS = 50
MIN_ROWS_OF_A_CLASS = 5
AVERAGE = "average of votes and features"
VOTES = "latent class model of the votes"
FEATURES = "logistic regression on the features"
BOTH = "logistic regression on votes and features"
_FOLDS, _REPEATS = 5, 2
_STRENGTHS = (0.1, 0.3, 1.0)  # C of the logistic regressions, chosen with the rest
_MOST_ROWS = 2_000  # of the cross-validation; the fit itself uses all
_ROWS_AT_ONCE = 16_384  # indicators of more rows would take much memory
_LEAST = 1e-6  # probability, for the log loss


@dataclass(frozen=True)
class Supervised:
    """The fitted combiner.

    Attributes
    ----------
    way
        Which combination won.
    losses
        {combination: mean log loss on rows that were held out}.
    held_out
        (h',) rows of the hand labels in the cross-validation, and (h', k) what the winner said of them unseen.
    """

    way: str
    losses: dict[str, float]
    held_out: tuple[np.ndarray, np.ndarray]
    features: tuple[str, ...]
    _model: "_Combination"
    name: str = "supervised"

    def predict_proba(self, votes: np.ndarray, frame: pd.DataFrame | None = None) -> np.ndarray:
        """(n, k) class probabilities from (n, m) votes and the n rows' `features`."""
        given = pd.DataFrame(index=range(len(votes))) if frame is None else frame
        starts = range(0, max(len(votes), 1), _ROWS_AT_ONCE)
        return np.concatenate(
            [self._model(votes[at : at + _ROWS_AT_ONCE], given.iloc[at : at + _ROWS_AT_ONCE]) for at in starts]
        )


@dataclass(frozen=True)
class _VotesAlone:
    """What is known without hand labels: the votes, the model of them, and the (k,) class balance if it was given."""

    summary: VoteSummary
    model: VoteModel
    balance: np.ndarray | None


_Combination = Callable[[np.ndarray, pd.DataFrame], np.ndarray]


def fit(
    hand: HandLabels, summary: VoteSummary, columns: list[str], seed: int, balance: np.ndarray | None = None
) -> Supervised:
    """Fit every combination and keep the best.

    The best has the least log loss on held-out rows. Unless it beats the average of votes and features by two standard
    errors, the average is taken: with few labels differences are mostly chance, and two halves that err differently
    are safer.

    Parameters
    ----------
    hand
        At least `MIN_ROWS` rows, with `MIN_ROWS_OF_A_CLASS` of two classes or more.
    summary
        Of the votes on the whole table, at least one row; what they tell without labels is learnt first.
    columns
        Of the table, as features; those that the hand-labeled rows lack are left out.
    seed
        Of the folds.
    balance
        (k,) the class balance of the table, if it is known.
    """
    by_votes = _VotesAlone(summary, vote_model.fit(summary, Known(balance)), balance)
    usable = [name for name in columns if name in hand.frame.columns]
    rows = _some_rows(hand.labels, np.random.default_rng(seed))
    losses, said = _cross_validated(hand, by_votes, usable, rows, seed)
    best, strength = _choose(losses)
    fitted = _combinations(hand, np.arange(len(hand.labels)), by_votes, usable, [strength])
    means = {way: float(np.mean(losses[way, strength])) for way in (AVERAGE, VOTES, FEATURES, BOTH)}
    space = FeatureSpace.of(hand.frame, usable)
    features = () if best == VOTES else space.columns
    return Supervised(best, means, (rows, said[best, strength]), features, fitted[best, strength])


def _some_rows(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """At most 2,000 rows, without those of classes that are too rare to be held out."""
    counts = np.bincount(labels)
    rows = np.flatnonzero(counts[labels] >= MIN_ROWS_OF_A_CLASS)
    return np.sort(generator.choice(rows, min(len(rows), _MOST_ROWS), replace=False))


def _cross_validated(
    hand: HandLabels, by_votes: _VotesAlone, columns: list[str], rows: np.ndarray, seed: int
) -> tuple[dict[tuple[str, float], np.ndarray], dict[tuple[str, float], np.ndarray]]:
    """(h',) log losses of each combination on held-out rows, and (h', k) the probabilities, means over the repeats."""
    k = by_votes.summary.cardinality
    truth = hand.labels[rows]
    said: dict[tuple[str, float], np.ndarray] = {}
    for learn, test in _folds(truth, seed):
        fitted = _combinations(hand, rows[learn], by_votes, columns, _STRENGTHS)
        for key, model in fitted.items():
            part = said.setdefault(key, np.zeros((len(rows), k)))
            part[test] += model(hand.votes[rows[test]], hand.frame.iloc[rows[test]]) / _REPEATS
    own = np.arange(len(rows)), truth
    return {key: -np.log(np.maximum(part[own], _LEAST)) for key, part in said.items()}, said


def _folds(truth: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import StratifiedKFold  # scikit-learn takes a second to import

    for repeat in range(_REPEATS):
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=(seed + repeat) % 2**32)
        yield from folds.split(truth, truth)


def _choose(losses: dict[tuple[str, float], np.ndarray]) -> tuple[str, float]:
    best = min(losses, key=lambda key: losses[key].mean())
    strength = min(_STRENGTHS, key=lambda each: losses[AVERAGE, each].mean())
    difference = losses[AVERAGE, strength] - losses[best]
    if difference.mean() <= 2 * difference.std() / np.sqrt(len(difference)):
        return AVERAGE, strength
    return best


def _combinations(
    hand: HandLabels, rows: np.ndarray, by_votes: _VotesAlone, columns: list[str], strengths: Any
) -> dict[tuple[str, float], _Combination]:
    """Every combination, fitted on `rows` of the hand labels."""
    k = by_votes.summary.cardinality
    labels, votes, frame = hand.labels[rows], hand.votes[rows], hand.frame.iloc[rows]
    space = FeatureSpace.of(frame, columns)
    taught = by_votes.model.refitted(by_votes.summary, Known(by_votes.balance, votes, labels))

    def features(_votes: np.ndarray, given: pd.DataFrame) -> np.ndarray:
        return space.transform(given)

    def both(given_votes: np.ndarray, given: pd.DataFrame) -> np.ndarray:
        return np.concatenate([space.transform(given), _indicators(given_votes, k)], axis=1)

    ratio = np.exp(taught.log_balance) / _shares(labels, k)
    found: dict[tuple[str, float], _Combination] = {}
    for strength in strengths:
        by_features = _logistic(features, votes, frame, labels, k, strength)
        found[VOTES, strength] = lambda given_votes, _given: taught.predict_proba(given_votes)
        by_both = _logistic(both, votes, frame, labels, k, strength)
        shifted = _rebalanced(by_features, ratio)
        known = by_votes.balance is not None
        found[FEATURES, strength] = shifted if known else by_features
        found[BOTH, strength] = _rebalanced(by_both, ratio) if known else by_both
        found[AVERAGE, strength] = _mean(found[VOTES, strength], shifted)
    return found


def _mean(one: _Combination, other: _Combination) -> _Combination:
    return lambda votes, frame: (one(votes, frame) + other(votes, frame)) / 2


def _rebalanced(learnt: _Combination, ratio: np.ndarray) -> _Combination:
    """The same for a class balance that is (k,) `ratio` times that of the hand labels, which is mostly chance.

    P(y | x) is multiplied by the new over the old P(y), as in Saerens et al. (2002,
    https://doi.org/10.1162/089976602753284446), equation 4.
    """

    def predict(votes: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
        shares = learnt(votes, frame) * ratio
        return shares / shares.sum(axis=1, keepdims=True)

    return predict


def _shares(labels: np.ndarray, k: int) -> np.ndarray:
    """(k,) how frequent each class is among hand labels, none of it 0."""
    return (np.bincount(labels, minlength=k) + 1.0) / (len(labels) + k)


def _logistic(
    inputs: _Combination, votes: np.ndarray, frame: pd.DataFrame, labels: np.ndarray, k: int, strength: float
) -> _Combination:
    from sklearn.linear_model import LogisticRegression

    given = inputs(votes, frame)
    if given.shape[1] == 0:  # nothing to look at: the classes' shares
        return lambda votes, _frame: np.tile(_shares(labels, k), (len(votes), 1))
    model = LogisticRegression(C=strength, max_iter=500).fit(given, labels)

    def predict(some_votes: np.ndarray, some: pd.DataFrame) -> np.ndarray:
        probabilities = np.zeros((len(some_votes), k))
        probabilities[:, model.classes_] = model.predict_proba(inputs(some_votes, some)) if len(some_votes) else 0
        return probabilities

    return predict


def _indicators(votes: np.ndarray, k: int) -> np.ndarray:
    """(n, m*k) 1.0 where the function votes for the class."""
    return (votes[:, :, None] == np.arange(k)).reshape(len(votes), -1).astype(np.float64)
