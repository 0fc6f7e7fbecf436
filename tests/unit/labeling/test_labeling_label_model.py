"""The label model fitted from counts is Snorkel's, but for its troubles."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from snorkel.labeling.model import LabelModel

from DataFoundry.labeling.aggregation import label_model
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of


def votes_of(rows, functions, seed, coverage=0.6, classes=2):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, rows)
    right = generator.random((rows, functions)) < generator.uniform(0.6, 0.95, functions)
    votes = np.where(right, truth[:, None], (truth[:, None] + 1) % classes)
    return np.where(generator.random((rows, functions)) < coverage, votes, -1).astype(np.int8), truth


def fitted(votes, seed=0, classes=2):
    return label_model.fit(VoteSummary.of(patterns_of(votes), classes), seed)


@pytest.mark.parametrize(("functions", "classes"), [(3, 2), (10, 2), (6, 3)])
def test_posteriors_equal_snorkels(functions, classes):
    votes, _ = votes_of(2000, functions, seed=functions, classes=classes)
    theirs = LabelModel(cardinality=classes, verbose=False)
    theirs.fit(votes.astype(int), seed=5, progress_bar=False)
    ours = fitted(votes, seed=5, classes=classes).predict_proba(votes)
    assert np.abs(ours - theirs.predict_proba(votes.astype(int))).max() < 1e-5


def test_no_global_generator_is_touched():
    votes, _ = votes_of(200, 4, seed=1)
    before = random.getstate(), np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()
    fitted(votes)
    assert before == (random.getstate(), np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes())


def test_threads_do_not_disturb_each_other():
    votes, _ = votes_of(500, 5, seed=2)
    alone = fitted(votes, seed=7).log_mu
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: fitted(votes, seed=seed).log_mu, [7, 1, 7, 2, 7, 3]))
    assert all(np.array_equal(together[place], alone) for place in (0, 2, 4))


def test_another_seed_starts_elsewhere():
    votes, _ = votes_of(500, 5, seed=2)
    assert not np.array_equal(fitted(votes, seed=1).log_mu, fitted(votes, seed=2).log_mu)


def test_never_nan_where_snorkel_diverges():
    votes, truth = votes_of(3000, 160, seed=3, coverage=1.0)
    theirs = LabelModel(cardinality=2, verbose=False)
    with pytest.raises(Exception, match="Loss is NaN"):
        theirs.fit(votes.astype(int), seed=0, progress_bar=False)
    model = fitted(votes)
    assert model.diverged_first
    probabilities = model.predict_proba(votes)
    assert np.isfinite(probabilities).all()
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert (probabilities.argmax(axis=1) == truth).mean() > 0.95


def test_abstains_get_the_class_balance_and_no_function_that_never_votes_breaks_it():
    votes, _ = votes_of(500, 4, seed=4)
    votes[:, 3] = -1
    votes[0] = -1
    probabilities = fitted(votes).predict_proba(votes)
    assert probabilities[0] == pytest.approx([0.5, 0.5])
    assert np.isfinite(probabilities).all()
