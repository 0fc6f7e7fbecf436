"""Naive Bayes on votes: how often each function votes what, among the hand-labeled rows of each class.

An abstain is an outcome like a vote: a function that votes for one class only tells by its silence, too, and models
that take abstains as missing collapse on such functions.
"""

from dataclasses import dataclass

import numpy as np

_PRIOR_ROWS = 3.0  # weight of the overall rates, in rows


@dataclass(frozen=True)
class VoteBayes:
    """Fitted naive Bayes.

    Attributes
    ----------
    log_prior
        (k,) log P(Y = y).
    log_outcome
        (m, k+1, k) log P(function votes a | Y = y) at [i, a+1, y]; a = -1 is an abstain.
    """

    log_prior: np.ndarray
    log_outcome: np.ndarray

    @classmethod
    def fit(cls, votes: np.ndarray, labels: np.ndarray, rates: np.ndarray) -> "VoteBayes":
        """Fit on hand-labeled rows.

        Parameters
        ----------
        votes
            (h, m) int8.
        labels
            (h,) class numbers.
        rates
            (m, k+1) how often each function abstains or votes for each class overall, each row summing to 1; what is
            believed of every class before a label is seen.
        """
        m, outcomes = rates.shape
        k = outcomes - 1
        counts = np.zeros((m, outcomes, k))
        for label in range(k):
            of_class = votes[labels == label] + 1
            counts[:, :, label] = (of_class[:, :, None] == np.arange(outcomes)).sum(axis=0)
        believed = np.maximum(rates, 1e-6)[:, :, None] * _PRIOR_ROWS
        probability = (counts + believed) / (counts + believed).sum(axis=1, keepdims=True)
        prior = np.bincount(labels, minlength=k) + 1.0
        return cls(np.log(prior / prior.sum()), np.log(probability))

    def predict_proba(self, votes: np.ndarray) -> np.ndarray:
        """(n, k) for (n, m) votes."""
        total = np.tile(self.log_prior, (len(votes), 1))
        for place in range(votes.shape[1]):
            total += self.log_outcome[place, votes[:, place] + 1]
        likelihood = np.exp(total - total.max(axis=1, keepdims=True))
        return likelihood / likelihood.sum(axis=1, keepdims=True)
