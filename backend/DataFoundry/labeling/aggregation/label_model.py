"""Snorkel's LabelModel, fitted from a summary of votes instead of the votes.

The model (Ratner et al., AAAI 2019, https://arxiv.org/abs/1810.02840) learns mu[i*k+a, y] = P(function i votes a | Y
= y) by making mu P mu' match the co-occurrence of votes. It needs the votes only through that co-occurrence and their
number. The loss, its optimiser and the choice among symmetric solutions are Snorkel's own code; what is ours is that
no global random generator is seeded or drawn from, that a fit that diverges is repeated with smaller steps, and that
the posterior is taken in log space, so that no number of functions makes it NaN.
"""

from dataclasses import dataclass

import numpy as np

from DataFoundry.errors import DataFoundryError
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary

MIN_FUNCTIONS = 3  # with fewer the co-occurrences do not determine the accuracies
_STEPS = (
    (0.01, 100),
    (0.001, 500),
    (0.0001, 2000),
    (0.00001, 5000),
)  # (learning rate, epochs); the first is Snorkel's default


@dataclass(frozen=True)
class FittedLabelModel:
    """What the fit learnt.

    Attributes
    ----------
    log_mu
        (m, k, k) log P(function i votes a | Y = y), at [i, a, y].
    balance
        (k,) P(Y = y).
    learning_rate
        The one that converged.
    """

    log_mu: np.ndarray
    balance: np.ndarray
    learning_rate: float

    @property
    def diverged_first(self) -> bool:
        """Whether Snorkel's default settings diverge on these votes."""
        return self.learning_rate != _STEPS[0][0]

    def predict_proba(self, votes: np.ndarray) -> np.ndarray:
        """(n, k) P(Y = y | votes) for (n, m) votes; an abstain is no evidence, a row of abstains gets the balance."""
        total = np.tile(np.log(self.balance), (len(votes), 1))
        for place in range(votes.shape[1]):
            voted = votes[:, place] >= 0
            total[voted] += self.log_mu[place, votes[voted, place]]
        total -= total.max(axis=1, keepdims=True)
        likelihood = np.exp(total)
        return likelihood / likelihood.sum(axis=1, keepdims=True)


def fit(summary: VoteSummary, seed: int, balance: np.ndarray | None = None) -> FittedLabelModel:
    """Fit the label model.

    Parameters
    ----------
    summary
        Of at least 3 functions and one row.
    seed
        As Snorkel's `fit(seed=...)`: the same seed gives Snorkel's posteriors to 1e-5 wherever Snorkel converges.
    balance
        (k,) class balance, none of it 0; uniform if None, as in Snorkel.
    """
    scale = np.random.RandomState(
        seed % 2**32
    ).random_sample()  # the one draw that Snorkel takes, from a private generator
    if balance is None:
        balance = np.full(summary.cardinality, 1 / summary.cardinality)
    for rate, epochs in _STEPS:
        mu = _fitted_mu(summary, balance, scale, rate, epochs)
        if mu is not None:
            shape = (summary.functions, summary.cardinality, summary.cardinality)
            return FittedLabelModel(np.log(mu.astype(np.float64)).reshape(shape), balance, rate)
    raise DataFoundryError("The label model diverges even with the smallest steps; take majority_vote.")


def _fitted_mu(summary: VoteSummary, balance: np.ndarray, scale: float, rate: float, epochs: int) -> np.ndarray | None:
    """(m*k, k) float32 mu, or None where the fit diverges."""
    import torch  # both take seconds to import, and majority vote needs neither
    from snorkel.labeling.model.label_model import LabelModel, TrainConfig

    model = LabelModel(cardinality=summary.cardinality, verbose=False)
    model.train_config = TrainConfig(lr=rate, n_epochs=epochs, seed=0)
    model.n, model.m, model.t = summary.rows, summary.functions, 1
    model.d = summary.functions * summary.cardinality
    model._set_class_balance(list(balance))
    model.O = torch.from_numpy(summary.together / summary.rows).float()
    blocks = torch.block_diag(*[torch.ones(summary.cardinality, summary.cardinality)] * summary.functions)
    model.mask = blocks == 0
    model.mu_init = _initial_mu(model, balance)
    model.mu = torch.nn.Parameter(model.mu_init * scale)
    model._set_optimizer()
    for _ in range(epochs):
        model.optimizer.zero_grad()
        loss = model._loss_mu()
        if not torch.isfinite(loss):
            return None
        loss.backward()
        model.optimizer.step()
    if not torch.isfinite(model.mu).all():
        return None
    model._clamp_params()
    model._break_col_permutation_symmetry()
    return model.mu.detach().numpy()


def _initial_mu(model, balance: np.ndarray):  # type: ignore[no-untyped-def]
    """(m*k, k): P(vote a) * .7 / P(Y = a) where a is the class, 0 elsewhere, as Snorkel's `_init_params`."""
    import torch

    shares = torch.diag(model.O)
    precision = model.train_config.prec_init
    initial = torch.zeros(model.d, model.cardinality)
    for row in range(model.d):
        label = row % model.cardinality
        initial[row, label] = torch.clamp(shares[row] * precision / balance[label], 0, 1)
    return initial
