"""From votes to class probabilities: the aggregators behind one interface, and which of them to take."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from DataFoundry.errors import RequestError
from DataFoundry.labeling.aggregation import label_model
from DataFoundry.labeling.aggregation.latent_class import LatentClass
from DataFoundry.offered import AGGREGATORS

_TIE = 1e-5  # probabilities this close are equal, as in Snorkel


class Aggregator(Protocol):
    """A fitted aggregator.

    Attributes
    ----------
    name
        As the request's `aggregator` calls it.
    features
        Columns of the table that it looks at besides the votes.
    """

    @property
    def name(self) -> str: ...

    @property
    def features(self) -> tuple[str, ...]: ...

    def predict_proba(self, votes: np.ndarray, frame: pd.DataFrame | None = None) -> np.ndarray:
        """(n, k) class probabilities, never NaN.

        Parameters
        ----------
        votes
            (n, m) int8.
        frame
            The n rows' `features`; not needed where there are none.
        """


@dataclass(frozen=True)
class MajorityVote:
    """The class with the most votes gets 1; classes that tie share it, and so do all classes where every function
    abstains.

    The probabilities of Snorkel's MajorityLabelVoter.
    """

    cardinality: int
    name: str = "majority_vote"
    features: tuple[str, ...] = ()

    def predict_proba(self, votes: np.ndarray, frame: pd.DataFrame | None = None) -> np.ndarray:
        counts = np.stack([(votes == label).sum(axis=1) for label in range(self.cardinality)], axis=1)
        first = counts == counts.max(axis=1, keepdims=True)
        return first / first.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class LabelModelAggregator:
    """Snorkel's LabelModel: functions that agree with the others more than chance weigh more."""

    fitted: label_model.FittedLabelModel
    name: str = "label_model"
    features: tuple[str, ...] = ()

    def predict_proba(self, votes: np.ndarray, frame: pd.DataFrame | None = None) -> np.ndarray:
        return self.fitted.predict_proba(votes)


@dataclass(frozen=True)
class LatentClassAggregator:
    """The latent class model of the votes: functions weigh by how well they tell the classes apart, copies once."""

    fitted: LatentClass
    name: str = "latent_class"
    features: tuple[str, ...] = ()

    def predict_proba(self, votes: np.ndarray, frame: pd.DataFrame | None = None) -> np.ndarray:
        return self.fitted.predict_proba(votes)


@dataclass(frozen=True)
class Choice:
    """A fitted aggregator and what is known about it.

    Attributes
    ----------
    why
        It was taken, for people.
    figures
        Of its fit, JSON-able.
    warnings
        About it.
    held_out
        (h, k) probabilities of the hand-labeled rows and (h,) their labels, as far as the fit did not see them.
    default_label
        What a row is when every function abstains; without one it stays unlabeled.
    """

    aggregator: Aggregator
    why: str
    figures: dict[str, object] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    held_out: tuple[np.ndarray, np.ndarray] | None = None
    default_label: int | None = None

    def labels(self, votes: np.ndarray, frame: pd.DataFrame | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(n,) labels, NaN where there is none, and (n, k) probabilities; see `predict_proba`."""
        probabilities = self.aggregator.predict_proba(votes, frame)
        labels = hard_labels(probabilities, votes)
        if self.default_label is not None:
            silent = votes.max(axis=1, initial=-1) < 0
            labels[silent] = self.default_label
            probabilities = np.where(silent[:, None], np.eye(probabilities.shape[1])[self.default_label], probabilities)
        return labels, probabilities


def hard_labels(probabilities: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """(n,) float64 labels; NaN where every function abstains and where the best classes tie."""
    labels = probabilities.argmax(axis=1).astype(np.float64)
    labels[tied(probabilities) | (votes < 0).all(axis=1)] = np.nan
    return labels


def tied(probabilities: np.ndarray) -> np.ndarray:
    """(n,) whether the best class shares its probability with another, to 1e-5."""
    best = probabilities.max(axis=1, keepdims=True)
    return (best - probabilities < _TIE).sum(axis=1) > 1


def refuse_unknown(name: str) -> None:
    """Raise RequestError unless `name` is an aggregator that a request may name."""
    if name not in AGGREGATORS:
        raise RequestError(
            f"aggregator: there is no {name[:100]!r}; choose one of {', '.join(AGGREGATORS)}.", field="aggregator"
        )
