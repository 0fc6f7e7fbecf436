"""A latent class model of votes: the class is never seen, and each function votes by its own rates within each class.

Dawid and Skene (1979, https://doi.org/10.2307/2346806) with two changes. An abstain is an outcome like a vote, since a
function that votes for one class only tells by its silence, too. And a function may depend on one other beyond what
the class explains, as in the tree-augmented naive Bayes of Friedman et al. (1997,
https://doi.org/10.1023/A:1007465528199), so that functions that copy each other count once:

    P(votes) = sum_y P(y) prod_j P(vote_j | vote_parent(j), y)

The model is fitted by expectation-maximisation on the distinct rows of votes, so its cost does not depend on the
number of rows. Squared extrapolation (Varadhan and Roland 2008, https://doi.org/10.1111/j.1467-9469.2007.00585.x)
takes the place of hundreds of plain steps.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

_OUTCOMES = 129  # -1 to 127: what an int8 vote can be
_FAINT = 0.1  # rows added to each count, so that no rate is 0
_MOST_LEAPS = 60  # of three steps each
_SETTLED = 1e-6  # nats a row


@dataclass(frozen=True)
class Layout:
    """Where each function's rates stand in one table of s rows: a row for each vote given each vote of its parent.

    Attributes
    ----------
    parents
        (m,) the function that each one depends on, or -1.
    places
        (m, 129) the number of each outcome (vote + 1) among those that the function has, or -1.
    sizes
        (m,) how many outcomes each function has.
    starts
        (m,) first row of each function.
    contexts
        (s,) which rows belong to one distribution; ascending.
    """

    parents: tuple[int, ...]
    places: np.ndarray
    sizes: np.ndarray
    starts: np.ndarray
    contexts: np.ndarray

    @classmethod
    def of(cls, votes: np.ndarray, parents: tuple[int, ...]) -> "Layout":
        """The layout for the outcomes that occur in (p, m) int8 `votes`."""
        m = votes.shape[1]
        places = np.full((m, _OUTCOMES), -1)
        sizes = np.zeros(m, dtype=np.int64)
        for j in range(m):
            seen = np.unique(votes[:, j].astype(np.int64) + 1)
            places[j, seen], sizes[j] = np.arange(len(seen)), len(seen)
        blocks = np.array([1 if parent < 0 else sizes[parent] for parent in parents])
        starts = np.concatenate([[0], np.cumsum(blocks * sizes)[:-1]]).astype(np.int64)
        contexts = np.repeat(np.arange(blocks.sum()), np.repeat(sizes, blocks))
        return cls(parents, places, sizes, starts, contexts)

    def rows_of(self, votes: np.ndarray) -> np.ndarray:
        """(p, m) the row of each vote; one beyond the last for a vote that the layout does not know."""
        found = np.empty(votes.shape, dtype=np.int64)
        for j, parent in enumerate(self.parents):
            own = self.places[j, votes[:, j].astype(np.int64) + 1]
            given = np.zeros(len(votes), dtype=np.int64)
            if parent >= 0:
                given = self.places[parent, votes[:, parent].astype(np.int64) + 1]
            row = self.starts[j] + given * self.sizes[j] + own
            found[:, j] = np.where((own < 0) | (given < 0), len(self.contexts), row)
        return found


@dataclass(frozen=True)
class LatentClass:
    """A fitted model.

    Attributes
    ----------
    layout
        Of `log_rates`.
    log_balance
        (k,) log P(Y = y).
    log_rates
        (s, k) log P(vote | parent's vote, Y = y).
    log_likelihood
        Of the votes that it was fitted on, in nats.
    log_prior
        Of the rates and the balance, by what was believed beforehand, in nats but for a constant of the layout.
    size
        How many numbers were learnt.
    tied
        Whether rates were tied, see `tied_cells`.
    """

    layout: Layout
    log_balance: np.ndarray
    log_rates: np.ndarray
    log_likelihood: float
    log_prior: float
    size: int
    tied: bool

    def evidence(self, votes: np.ndarray) -> np.ndarray:
        """(n, k) log P(votes | Y = y) for (n, m) votes; a vote that the fit never saw is no evidence."""
        rates = np.vstack([self.log_rates, np.zeros(self.log_rates.shape[1])])
        rows = self.layout.rows_of(votes)
        total = np.zeros((len(votes), self.log_rates.shape[1]))
        for j in range(votes.shape[1]):
            total += rates[rows[:, j]]
        return total

    def tables(self) -> list[np.ndarray]:
        """For each function (outcomes of its parent or 1, outcomes, k) P(vote | parent's vote, Y = y)."""
        layout, found = self.layout, []
        for j, parent in enumerate(layout.parents):
            blocks = 1 if parent < 0 else layout.sizes[parent]
            rows = slice(layout.starts[j], layout.starts[j] + blocks * layout.sizes[j])
            found.append(np.exp(self.log_rates[rows]).reshape(blocks, layout.sizes[j], -1))
        return found

    def predict_proba(self, votes: np.ndarray) -> np.ndarray:
        """(n, k) P(Y = y | votes) for (n, m) votes."""
        return _posterior(self.log_balance + self.evidence(votes))[0]


@dataclass(frozen=True)
class Known:
    """What is known besides the votes of the table.

    Attributes
    ----------
    balance
        (k,) the class balance, none of it 0; estimated if None.
    votes, labels
        (h, m) int8 and (h,) of rows whose class is known.
    """

    balance: np.ndarray | None = None
    votes: np.ndarray | None = None
    labels: np.ndarray | None = None


@dataclass(frozen=True)
class Anchor:
    """What is believed before the model is fitted.

    Attributes
    ----------
    belief
        (p, k) class probabilities of the distinct rows of votes.
    rows
        The weight of that belief, in rows.
    hand_weight
        The weight of one hand-labeled row, in rows.
    """

    belief: np.ndarray
    rows: float
    hand_weight: float = 1.0


NOTHING = Known()


def fit(
    votes: np.ndarray,
    counts: np.ndarray,
    parents: tuple[int, ...],
    start: np.ndarray,
    anchor: Anchor,
    known: Known = NOTHING,
    tied: bool = False,
) -> LatentClass:
    """Fit by expectation-maximisation (maximum a posteriori).

    Parameters
    ----------
    votes, counts
        (p, m) int8 distinct rows of votes, and (p,) float64 how often each occurs.
    parents
        (m,) the function that each one depends on, or -1; a forest.
    start
        (p, k) class probabilities to start from.
    tied
        Whether rates are tied, see `tied_cells`: fewer numbers to learn.
    """
    layout = Layout.of(votes, parents)
    steps = _Steps(layout, votes, counts, anchor, known, tied)
    found, value = steps.run(start)
    size = _free(layout, steps.cells, start.shape[1]) + start.shape[1] - 1
    return LatentClass(layout, found[0], found[1:], value, float((steps.prior * found).sum()), size, tied)


class _Steps:
    """The steps of one fit; parameters are (1+s, k) logs, the balance first."""

    def __init__(
        self, layout: Layout, votes: np.ndarray, counts: np.ndarray, anchor: Anchor, known: Known, tied: bool
    ) -> None:
        self.layout, self.counts = layout, counts
        k = anchor.belief.shape[1]
        self.shown = _indicators(layout, votes)
        self.contexts = np.flatnonzero(np.diff(layout.contexts, prepend=-1))
        self.prior = _believed(self.shown, counts, anchor)
        if known.labels is not None and known.votes is not None:
            certain = np.eye(k)[known.labels] * anchor.hand_weight
            seen = _indicators(layout, known.votes)
            self.prior += np.vstack([certain.sum(axis=0), seen.T @ certain])
        self.cells = tied_cells(layout, k) if tied else None
        self.sharing = None if self.cells is None else np.bincount(self.cells.ravel())
        self.balance = None if known.balance is None else np.log(known.balance)

    def run(self, belief: np.ndarray) -> tuple[np.ndarray, float]:
        """(1+s, k) parameters and the log-likelihood at the end."""
        here, before = self._maximised(belief), -np.inf
        for _ in range(_MOST_LEAPS):
            first, _ = self._step(here)
            second, value = self._step(first)
            if value - before < _SETTLED * self.counts.sum():
                break
            before = value
            there = self._normalised(_leap(here, first, second))
            landed, there_value = self._step(there)
            here = landed if there_value > value else second
        _, likelihood = _posterior(here[0] + self.shown @ here[1:])
        return here, float(likelihood @ self.counts)

    def _step(self, parameters: np.ndarray) -> tuple[np.ndarray, float]:
        """The parameters after one step, and the log posterior before it."""
        belief, likelihood = _posterior(parameters[0] + self.shown @ parameters[1:])
        return self._maximised(belief), float(likelihood @ self.counts + (self.prior * parameters).sum())

    def _maximised(self, belief: np.ndarray) -> np.ndarray:
        weights = belief * self.counts[:, None]
        seen = np.vstack([weights.sum(axis=0), self.shown.T @ weights]) + self.prior
        if self.cells is not None and self.sharing is not None:
            seen[1:] = (np.bincount(self.cells.ravel(), weights=seen[1:].ravel()) / self.sharing)[self.cells]
        return self._normalised(np.log(seen))

    def _normalised(self, logs: np.ndarray) -> np.ndarray:
        rates = np.exp(logs[1:] - logs[1:].max(axis=0))
        total = np.log(np.add.reduceat(rates, self.contexts, axis=0))[self.layout.contexts] + logs[1:].max(axis=0)
        share = np.exp(logs[0] - logs[0].max())
        balance = logs[0] - logs[0].max() - np.log(share.sum()) if self.balance is None else self.balance
        return np.vstack([balance, logs[1:] - total])


def _leap(start: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two plain steps lead when they are extrapolated (equation 8 and step length S3 of Varadhan and Roland)."""
    change, bend = first - start, second - 2 * first + start
    length = np.linalg.norm(bend)
    reach = 1.0 if length < 1e-12 else max(1.0, float(np.linalg.norm(change) / length))
    return start + 2 * reach * change + reach**2 * bend


def tied_cells(layout: Layout, k: int) -> np.ndarray:
    """(s, k) which rates are the same number in the tied model.

    A function is as often right, wrong and silent in every class that it votes for, spreads its errors evenly, and is
    as often silent in all classes that it never votes for; one that depends on another does so alike in every class.
    """
    found = np.empty((len(layout.contexts), k), dtype=np.int64)
    free = 0
    for j, parent in enumerate(layout.parents):
        size = layout.sizes[j]
        if parent >= 0:
            blocks = layout.sizes[parent] * size
            rows = slice(layout.starts[j], layout.starts[j] + blocks)
            found[rows] = free + np.arange(blocks)[:, None]
            free += blocks
            continue
        outcomes = np.flatnonzero(layout.places[j] >= 0)[:, None] - 1
        classes = np.arange(k)
        own = np.isin(classes, outcomes)
        kind = np.where(outcomes < 0, 0, np.where(outcomes == classes, 1, 2)) + 3 * ~own
        found[layout.starts[j] : layout.starts[j] + size] = free + kind
        free += 6
    return np.unique(found, return_inverse=True)[1].reshape(found.shape)


def _free(layout: Layout, cells: np.ndarray | None, k: int) -> int:
    """How many rates are free: the different ones less one for each different distribution."""
    if cells is None:
        return k * (len(layout.contexts) - int(layout.contexts[-1]) - 1)
    edges = np.flatnonzero(np.diff(layout.contexts, prepend=-1))
    lowest = np.minimum.reduceat(cells, edges, axis=0)  # a distribution is known by the least of its cells
    return int(cells.max()) + 1 - len(np.unique(lowest))


def _posterior(logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(p, k) probabilities and (p,) log of their normaliser."""
    highest = logs.max(axis=1, keepdims=True)
    shares = np.exp(logs - highest)
    total = shares.sum(axis=1, keepdims=True)
    return shares / total, (highest + np.log(total))[:, 0]


def _indicators(layout: Layout, votes: np.ndarray) -> csr_matrix:
    """(p, s) 1.0 where the row of votes has that outcome."""
    rows = layout.rows_of(votes)
    p, m = rows.shape
    width = len(layout.contexts)
    data = np.ones(p * m)
    return csr_matrix((data, rows.ravel(), np.arange(0, p * m + 1, m)), shape=(p, width + 1))[:, :width]


def _believed(shown: csr_matrix, counts: np.ndarray, anchor: Anchor) -> np.ndarray:
    """(1+s, k) rows believed beforehand: the table's own rows as the anchor labels them, scaled to its weight."""
    share = anchor.belief * (counts / counts.sum())[:, None]
    return anchor.rows * np.vstack([share.sum(axis=0), shown.T @ share]) + _FAINT
