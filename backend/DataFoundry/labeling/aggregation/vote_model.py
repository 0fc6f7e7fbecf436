"""The latent class model of a table's votes: which functions depend on each other, and how far the fit is believed.

Candidates are compared by the Bayesian information criterion (Schwarz 1978, https://doi.org/10.1214/aos/1176344136):
with and without dependence between functions, and with rates that are tied (a function is as often right in every
class) or free. The winner is believed as far as it fits. Every fit starts from and is pulled towards a smoothed
majority vote, which weighs 20 rows where the model explains the votes and more than the table itself where pairs of
functions depend on each other in ways that it does not explain: then the class it finds need not be the one meant.
"""

from dataclasses import dataclass

import numpy as np

from DataFoundry.labeling.aggregation import dependence, latent_class
from DataFoundry.labeling.aggregation.bivariate_residuals import misfit
from DataFoundry.labeling.aggregation.latent_class import NOTHING, Known, LatentClass
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary

_ANCHOR_ROWS = 20.0  # weight of the smoothed vote where the model fits, in rows
_DISTRUST = 2000.0  # its weight for each unit of misfit, in tables
_HAND_ROWS = 200.0  # hand-labeled rows that are worth as much as the smoothed vote
_PSEUDO_VOTES = 1.0  # of the class balance, beside the votes of a row
_ROUNDS = 6  # of the search for dependence
_MOST_PATTERNS = 20_000  # distinct rows of votes; of more, as many rows are drawn
_TILT = 4.0  # how much likelier a class is made in the starts that test whether the fit depends on its start
_AS_GOOD = 3.0  # nats; fits this close explain the votes equally well
_SAME_LABELS = 0.05  # share of rows whose label may differ between fits that are the same for people


@dataclass(frozen=True)
class VoteModel:
    """The fitted model and how it came about.

    Attributes
    ----------
    model
        What gives the probabilities.
    anchor_rows
        Weight of the smoothed vote, in rows; above the number of rows the votes are mostly counted.
    misfit
        Of the model before the smoothed vote was given more weight, from 0; see `misfit`.
    unstable
        Share of the rows that get another label from another start that explains the votes as well; 0 where there is
        none.
    """

    model: LatentClass
    anchor_rows: float
    misfit: float
    unstable: float

    @property
    def groups(self) -> list[list[int]]:
        """The functions that depend on each other, two or more a group, as numbers."""
        parents = self.model.layout.parents
        found: dict[int, list[int]] = {}
        for j in range(len(parents)):
            root = j
            while parents[root] >= 0:
                root = parents[root]
            found.setdefault(root, []).append(j)
        return [group for group in found.values() if len(group) > 1]

    @property
    def counted(self) -> bool:
        """Whether the smoothed vote weighs more than the table, because the model does not explain it."""
        return self.anchor_rows > 2 * _ANCHOR_ROWS

    def refitted(self, summary: VoteSummary, known: Known) -> LatentClass:
        """The same dependence and the same belief in the fit, fitted with other hand-labeled rows."""
        search = _Search(*_patterns(summary), summary.cardinality, known, self.anchor_rows)
        model = self.model
        return search.fit(model.layout.parents, model.predict_proba(search.votes), model.tied)


def fit(summary: VoteSummary, known: Known = NOTHING) -> VoteModel:
    """Fit the model; the same summary gives the same model.

    Parameters
    ----------
    summary
        Of at least one row.
    """
    search = _Search(*_patterns(summary), summary.cardinality, known, _ANCHOR_ROWS)
    best = search.tied()
    best = search.better(best, search.fit(best.layout.parents, best.predict_proba(search.votes)))
    best, unstable = search.from_other_starts(best)
    distance = misfit(best, search.votes, search.counts)
    search.anchor_rows += _DISTRUST * distance * summary.rows
    if search.anchor_rows > 2 * _ANCHOR_ROWS:
        parents = search.forest(search.anchor) if search.anchor_rows > summary.rows else best.layout.parents
        best, unstable = search.fit(parents, search.anchor), 0.0
    return VoteModel(best, search.anchor_rows, distance, unstable)


def smoothed_vote(
    votes: np.ndarray, counts: np.ndarray, weights: np.ndarray, cardinality: int, balance: np.ndarray | None = None
) -> np.ndarray:
    """(p, k) share of each class among the weighted votes of each row and one more vote, that of the class balance.

    Parameters
    ----------
    weights
        (m,) what a vote of each function counts.
    balance
        (k,) of the classes; if None the one that the shares themselves give.
    """
    score = np.zeros((len(votes), cardinality))
    for j, column in enumerate(votes.T):
        voted = np.flatnonzero(column >= 0)
        score[voted, column[voted]] += weights[j]
    share = np.full(cardinality, 1 / cardinality) if balance is None else balance
    while True:
        belief = score + _PSEUDO_VOTES * share
        belief /= belief.sum(axis=1, keepdims=True)
        new = counts @ belief / counts.sum()
        if balance is not None or np.abs(new - share).max() < 1e-4:  # shrinks by a fixed factor each time
            return belief
        share = new


def _patterns(summary: VoteSummary) -> tuple[np.ndarray, np.ndarray]:
    """(p, m) int8 distinct rows of votes and (p,) float64 rows; a systematic sample where there are very many."""
    keys = sorted(summary.patterns)
    votes = np.frombuffer(b"".join(keys), dtype=np.int8).reshape(len(keys), summary.functions)
    counts = np.array([summary.patterns[key] for key in keys], dtype=np.float64)
    if len(keys) > _MOST_PATTERNS:
        spots = (np.arange(_MOST_PATTERNS) + 0.5) * counts.sum() / _MOST_PATTERNS
        drawn = np.bincount(np.searchsorted(np.cumsum(counts), spots), minlength=len(keys))
        votes, counts = votes[drawn > 0], drawn[drawn > 0].astype(np.float64)
    return votes, counts


class _Search:
    """Fits on one set of votes."""

    def __init__(
        self, votes: np.ndarray, counts: np.ndarray, cardinality: int, known: Known, anchor_rows: float
    ) -> None:
        self.votes, self.counts, self.known, self.anchor_rows = votes, counts, known, anchor_rows
        self.cardinality = cardinality
        weights = dependence.shares(votes, counts)
        self.anchor = smoothed_vote(votes, counts, weights, cardinality, known.balance)
        used = np.array([len(np.unique(column)) - 1 for column in votes.T])
        self.penalty = 0.5 * np.log(counts.sum()) * np.outer(used, used) * cardinality  # BIC of one more dependence

    def fit(self, parents: tuple[int, ...], belief: np.ndarray, tied: bool = False) -> LatentClass:
        """Fit with this dependence, starting from these (p, k) class probabilities."""
        prior = latent_class.Anchor(self.anchor, self.anchor_rows, 1 + self.anchor_rows / _HAND_ROWS)
        return latent_class.fit(self.votes, self.counts, parents, belief, prior, self.known, tied)

    def forest(self, belief: np.ndarray) -> tuple[int, ...]:
        """The dependence that these class probabilities leave unexplained."""
        information = dependence.conditional_information(self.votes, self.counts, belief)
        return dependence.forest(information - self.penalty)

    def score(self, model: LatentClass) -> float:
        """Minus half the Bayesian information criterion, in nats."""
        return model.log_likelihood - 0.5 * float(np.log(self.counts.sum())) * model.size

    def better(self, *models: LatentClass) -> LatentClass:
        """The best of them; the first where they are equal."""
        return max(models, key=self.score)

    def tied(self) -> LatentClass:
        """The best model with tied rates."""
        alone = self.fit((-1,) * self.votes.shape[1], self.anchor, tied=True)
        found = [alone, *self._dependent(self.anchor), *self._dependent(alone.predict_proba(self.votes))]
        return self._pruned(self.better(*found))

    def _dependent(self, belief: np.ndarray) -> list[LatentClass]:
        """Models of the dependence that remains, once more of that which remains then, and so on until it is stable."""
        found: list[LatentClass] = []
        parents: tuple[int, ...] | None = None
        for _ in range(_ROUNDS):
            before, parents = parents, self.forest(belief)
            if parents == before or max(parents) < 0:
                break
            found.append(self.fit(parents, belief, tied=True))
            belief = found[-1].predict_proba(self.votes)
        return found

    def _pruned(self, model: LatentClass) -> LatentClass:
        """The model without the dependences that do not pay."""
        for j in range(self.votes.shape[1]):
            parents = model.layout.parents
            if parents[j] >= 0:
                fewer = (*parents[:j], -1, *parents[j + 1 :])
                model = self.better(model, self.fit(fewer, model.predict_proba(self.votes), tied=True))
        return model

    def from_other_starts(self, model: LatentClass) -> tuple[LatentClass, float]:
        """The most probable model from starts where one class is likelier, and how many labels hang on the start."""
        fits = [model]
        for label in range(min(self.cardinality, 4)):
            start = self.anchor * np.where(np.arange(self.cardinality) == label, _TILT, 1.0)
            fits.append(self.fit(model.layout.parents, start / start.sum(axis=1, keepdims=True), model.tied))
        best = max(fits, key=lambda each: each.log_likelihood + each.log_prior)
        said = self._labels(best)
        equals = [each for each in fits if each.log_likelihood > best.log_likelihood - _AS_GOOD]
        return best, max([0.0, *(self._differing(self._labels(each), said) for each in equals)])

    def _labels(self, model: LatentClass) -> np.ndarray:
        return model.predict_proba(self.votes).argmax(axis=1)

    def _differing(self, one: np.ndarray, other: np.ndarray) -> float:
        """Share of the rows that have another label, 0 where few have or only the names of the classes changed places.

        Turned round, so that every function is worse than chance, a model is as likely; nobody means it.
        """
        table = np.zeros((self.cardinality, self.cardinality))
        np.add.at(table, (one, other), self.counts / self.counts.sum())
        alike = min(table.max(axis=0).sum(), table.max(axis=1).sum())
        return 0.0 if alike > 1 - _SAME_LABELS else 1 - float(np.trace(table))
