"""The latent class model of votes: by hand, beside majority vote, and with functions that copy or err."""

import numpy as np
import pytest

from DataFoundry.labeling.aggregation import dependence, latent_class, selection, vote_model
from DataFoundry.labeling.aggregation.aggregators import MajorityVote
from DataFoundry.labeling.aggregation.bivariate_residuals import misfit
from DataFoundry.labeling.aggregation.latent_class import Anchor, Known
from DataFoundry.labeling.aggregation.selection import Wish
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of


def simulated(rows, balance, functions, seed=0, twins=0):
    """Truth and votes of functions (coverage, accuracy, only class or None); twins repeat 95 % of the first's votes."""
    generator = np.random.default_rng(seed)
    k = len(balance)
    truth = generator.choice(k, rows, p=balance)
    columns = []
    for coverage, accuracy, only in functions:
        wrong = (truth + generator.integers(1, k, rows)) % k
        vote = np.where(generator.random(rows) < accuracy, truth, wrong)
        silent = generator.random(rows) >= coverage
        columns.append(np.where(silent | ((vote != only) if only is not None else False), -1, vote))
    columns += [np.where(generator.random(rows) < 0.95, columns[0], -1) for _ in range(twins)]
    return truth, np.stack(columns, axis=1).astype(np.int8)


def summary_of(votes, k=2):
    return VoteSummary.of(patterns_of(votes), k)


def judged(probabilities, truth, votes):
    """Accuracy and Brier score on rows with a vote."""
    some = (votes >= 0).any(axis=1)
    errors = ((probabilities - np.eye(probabilities.shape[1])[truth]) ** 2).sum(axis=1)
    return (probabilities.argmax(axis=1) == truth)[some].mean(), errors[some].mean()


CASES = {
    "rare class": ([0.95, 0.05], [(0.9, 0.9, 1), (0.8, 0.85, 1), (1, 0.9, 0), (0.5, 0.95, 1), (0.6, 0.8, None)], 0),
    "copies of a bad function": (
        [0.6, 0.4],
        [(0.7, 0.6, None), (0.6, 0.85, None), (0.6, 0.85, None), (0.5, 0.8, None)],
        4,
    ),
    "worse than chance": ([0.5, 0.5], [(0.9, 0.85, None), (0.9, 0.8, None), (0.9, 0.3, None), (0.9, 0.75, None)], 0),
    "many classes": ([0.1] * 10, [(0.6, 0.7, None), (0.5, 0.6, None), (0.7, 0.65, None), (0.4, 0.8, None)], 0),
}


@pytest.mark.parametrize("name", CASES)
def test_better_than_majority_vote(name):
    balance, functions, twins = CASES[name]
    truth, votes = simulated(5000, balance, functions, seed=1, twins=twins)
    k = len(balance)
    found = selection.choose(Wish(), summary_of(votes, k)).aggregator.predict_proba(votes)
    accuracy, brier = judged(found, truth, votes)
    least, most = judged(MajorityVote(k).predict_proba(votes), truth, votes)
    assert accuracy > least + 0.02
    assert brier < most - 0.03
    some = (votes >= 0).any(axis=1)
    confidence, right = found.max(axis=1)[some], (found.argmax(axis=1) == truth)[some]
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.02)


def test_no_worse_than_majority_vote_on_few_rows():
    balance, functions = [0.7, 0.3], [(0.6, 0.8, None), (0.7, 0.75, None), (0.5, 0.85, 0), (0.4, 0.9, 1)]
    ours, theirs = [], []
    for seed in range(12):
        truth, votes = simulated(150, balance, functions, seed=seed)
        ours.append(judged(vote_model.fit(summary_of(votes)).model.predict_proba(votes), truth, votes))
        said = MajorityVote(2).predict_proba(votes)
        some = (votes >= 0).any(axis=1)
        by_chance = said[np.arange(150), truth][some].mean()  # ties are broken by chance, not for class 0
        theirs.append((by_chance, judged(said, truth, votes)[1]))
    accuracy, brier = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    assert accuracy > -0.005
    assert brier < -0.02


def test_copies_are_one_group_and_the_reason_names_them():
    balance, functions, twins = CASES["copies of a bad function"]
    _, votes = simulated(5000, balance, functions, twins=twins)
    chosen = selection.choose(
        Wish(names=["bad", "b", "c", "d", *[f"copy{i}" for i in range(twins)]]), summary_of(votes)
    )
    assert chosen.figures["dependent_functions"] == [["bad", "copy0", "copy1", "copy2", "copy3"]]
    assert "bad, copy0, copy1" in chosen.why


def test_dependence_that_is_not_explained_makes_votes_count():
    generator = np.random.default_rng(0)
    hidden = generator.integers(0, 2, (4000, 2))  # two things that functions see, and a third of each is noise
    seen = np.concatenate([hidden, hidden, hidden, hidden[:, :1] ^ hidden[:, 1:]], axis=1)
    votes = np.where(generator.random(seen.shape) < 0.9, seen, 1 - seen).astype(np.int8)
    fitted = vote_model.fit(summary_of(votes))
    assert fitted.counted
    assert "mostly counted" in selection.choose(Wish(), summary_of(votes)).why


def test_the_same_summary_in_any_order_gives_the_same_model():
    _, votes = simulated(2000, *CASES["rare class"][:2])
    one, other = summary_of(votes), summary_of(votes[1000:]) + summary_of(votes[:1000])
    assert np.array_equal(vote_model.fit(one).model.log_rates, vote_model.fit(other).model.log_rates)


def test_a_row_alone_gets_what_it_gets_among_others_and_unseen_votes_are_no_evidence():
    _, votes = simulated(2000, *CASES["rare class"][:2])
    model = vote_model.fit(summary_of(votes)).model
    assert model.predict_proba(votes[7:8])[0] == pytest.approx(model.predict_proba(votes)[7])
    unseen = np.full((1, 5), -1, dtype=np.int8)
    unseen[0, 0] = 0  # the first function votes for class 1 only
    without = np.exp(model.log_balance + model.evidence(unseen))[0]
    assert np.isfinite(without).all()
    assert model.evidence(np.full((1, 5), 100, dtype=np.int8)) == pytest.approx(np.zeros((1, 2)))


def test_a_known_class_balance_stays_and_hand_labels_move_the_fit():
    truth, votes = simulated(3000, *CASES["rare class"][:2])
    fixed = vote_model.fit(summary_of(votes), Known(np.array([0.8, 0.2]))).model
    assert np.exp(fixed.log_balance) == pytest.approx([0.8, 0.2])
    plain = vote_model.fit(summary_of(votes)).model
    opposite = vote_model.fit(summary_of(votes), Known(votes=votes[:2000], labels=1 - truth[:2000])).model
    assert np.exp(opposite.log_balance)[1] > np.exp(plain.log_balance)[1] + 0.2


def test_one_step_by_hand():
    # One function votes 1 on the row that is surely of class 1 and 0 on the two that are surely of class 0.
    votes, counts = np.array([[0], [1]], dtype=np.int8), np.array([2.0, 1.0])
    belief = np.eye(2)
    steps = latent_class._Steps(
        latent_class.Layout.of(votes, (-1,)), votes, counts, Anchor(belief, 3.0), Known(), tied=False
    )
    found = np.exp(steps._maximised(belief))
    faint = latent_class._FAINT
    # The anchor's three rows are the table's own: every count is doubled, and `faint` rows are added to each.
    assert found[0] == pytest.approx([(4 + faint) / (6 + 2 * faint), (2 + faint) / (6 + 2 * faint)])
    assert found[1, 0] == pytest.approx((4 + faint) / (4 + 2 * faint))
    assert found[2, 1] == pytest.approx((2 + faint) / (2 + 2 * faint))


def test_tied_rates_by_hand():
    votes = np.array([[-1], [0], [1]], dtype=np.int8)
    layout = latent_class.Layout.of(votes, (-1,))
    silent, zero, one = latent_class.tied_cells(layout, 3)
    assert silent[0] == silent[1] != silent[2]  # it never votes for class 2
    assert zero[0] == one[1] != zero[1] == one[0]
    assert zero[2] == one[2] not in (zero[0], zero[1])


def test_every_step_explains_the_votes_better():
    _, votes = simulated(1000, *CASES["rare class"][:2])
    found = patterns_of(votes)
    counts = found.counts.astype(np.float64)
    belief = vote_model.smoothed_vote(found.votes, counts, np.ones(5), 2)
    layout = latent_class.Layout.of(found.votes, (-1,) * 5)
    steps = latent_class._Steps(layout, found.votes, counts, Anchor(belief, 20.0), Known(), tied=True)
    here, values = steps._maximised(belief), []
    for _ in range(20):
        here, value = steps._step(here)
        values.append(value)
    assert (np.diff(values) > -1e-6).all()
    assert values[-1] > values[0] + 1


def test_the_smoothed_vote_by_hand():
    votes = np.array([[1, 1], [0, 1], [-1, -1]], dtype=np.int8)
    found = vote_model.smoothed_vote(votes, np.ones(3), np.array([1.0, 2.0]), 2, np.array([0.75, 0.25]))
    assert found == pytest.approx(np.array([[0.75 / 4, 3.25 / 4], [1.75 / 4, 2.25 / 4], [0.75, 0.25]]))


def test_information_by_hand():
    votes = np.array([[0, 0], [1, 1]], dtype=np.int8)
    counts = np.array([4.0, 4.0])
    unexplained = dependence.conditional_information(votes, counts, np.full((2, 1), 1.0))
    assert unexplained[0, 1] == pytest.approx(8 * np.log(2))
    assert dependence.conditional_information(votes, counts, np.eye(2)) == pytest.approx(np.zeros((2, 2)))
    assert dependence.shares(votes, counts) == pytest.approx([0.5, 0.5])


def test_the_forest_is_that_of_the_greatest_gain():
    gain = np.array([[0, 5, 4, 0], [5, 0, 3, 0], [4, 3, 0, -1], [0, 0, -1, 0.0]])
    assert dependence.forest(gain) == (-1, 0, 0, -1)


def test_a_model_fits_votes_that_are_drawn_from_it_and_not_those_of_copies():
    _, votes = simulated(5000, *CASES["worse than chance"][:2])
    found = patterns_of(votes)
    assert misfit(vote_model.fit(summary_of(votes)).model, found.votes, found.counts) < 1e-4
    _, twins = simulated(5000, *CASES["copies of a bad function"][:2], twins=3)
    found = patterns_of(twins)
    alone = latent_class.fit(
        found.votes, found.counts.astype(float), (-1,) * 7, np.full((len(found.votes), 2), 0.5),
        Anchor(vote_model.smoothed_vote(found.votes, found.counts, np.ones(7), 2), 20.0),
    )  # fmt: skip
    assert misfit(alone, found.votes, found.counts) > 0.01
