"""Hand labels read, and the combiner that learns from them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from DataFoundry.errors import ColumnError, ImpossibleError
from DataFoundry.labeling import choice, supervised
from DataFoundry.labeling.aggregators import MajorityVote
from DataFoundry.labeling.features import FeatureSpace
from DataFoundry.labeling.functions import read_functions
from DataFoundry.labeling.hand_labels import HandLabels, read_hand_labels
from DataFoundry.labeling.intervals import roc_auc, wilson
from DataFoundry.labeling.likelihood import mean_log_likelihood
from DataFoundry.labeling.naive_bayes import VoteBayes
from DataFoundry.labeling.summary import VoteSummary, patterns_of
from DataFoundry.sources.opening import open_table

FUNCTIONS = read_functions([{"name": "lf", "code": "def lf(x):\n    return 1 if x['a'] > 2 else 0"}])


def world(rows, seed=0):
    """A truth that a number and a word tell of, and four functions that see some of it."""
    generator = np.random.default_rng(seed)
    truth = (generator.random(rows) < 0.3).astype(np.int64)
    frame = pd.DataFrame(
        {
            "number": truth + generator.normal(0, 1, rows),
            "word": np.where(generator.random(rows) < 0.75, np.where(truth == 1, "yes", "no"), "perhaps"),
        }
    )
    right = generator.random((rows, 4)) < 0.8
    votes = np.where(right, truth[:, None], 1 - truth[:, None])
    return frame, truth, np.where(generator.random((rows, 4)) < 0.3, votes, -1).astype(np.int8)


def fitted(rows=200, seed=0):
    frame, truth, votes = world(3000, seed)
    hand = HandLabels(frame[:rows].reset_index(drop=True), truth[:rows], votes[:rows], {}, "label")
    model = supervised.fit(hand, VoteSummary.of(patterns_of(votes), 2), list(frame.columns), seed=1)
    return model, frame[rows:], truth[rows:], votes[rows:]


def hand_file(root, frame):
    frame.to_parquet(root / "hand.parquet")
    return open_table(root / "hand.parquet")


def test_numbers_stand_for_themselves_and_words_are_sorted(root):
    numbers = read_hand_labels(hand_file(root, pd.DataFrame({"a": [1, 5], "label": [0.0, 1.0]})), FUNCTIONS, ["a"])
    assert numbers.labels.tolist() == [0, 1]
    words = read_hand_labels(
        hand_file(root, pd.DataFrame({"a": [1, 5, 9], "label": ["no", "a", "no"]})), FUNCTIONS, ["a"]
    )
    assert words.labels.tolist() == [1, 0, 1]
    assert words.mapping == {"a": 0, "no": 1}
    assert words.votes.tolist() == [[0], [1], [1]]


def test_the_one_column_of_its_own_is_the_label_and_unlabeled_rows_are_left_out(root):
    hand = read_hand_labels(hand_file(root, pd.DataFrame({"a": [1, 5, 9], "truth": [1, None, 0]})), FUNCTIONS, ["a"])
    assert (hand.column, hand.labels.tolist(), hand.frame["a"].tolist()) == ("truth", [1, 0], [1, 9])


def test_what_hand_labels_lack_is_named(root):
    with pytest.raises(ColumnError, match="no column 'label'"):
        read_hand_labels(hand_file(root, pd.DataFrame({"a": [1], "b": [1], "c": [1]})), FUNCTIONS, ["a"])
    with pytest.raises(ColumnError, match="lacks the column 'a'"):
        read_hand_labels(hand_file(root, pd.DataFrame({"b": [1], "label": [1]})), FUNCTIONS, ["a", "b"])
    with pytest.raises(ImpossibleError, match="no row"):
        read_hand_labels(hand_file(root, pd.DataFrame({"a": [1], "label": [None]})), FUNCTIONS, ["a"])


def test_bayes_by_hand():
    votes = np.array([[1], [1], [-1], [0]], dtype=np.int8)
    labels = np.array([1, 1, 1, 0])
    rates = np.array([[0.5, 0.25, 0.25]])
    model = VoteBayes.fit(votes, labels, rates)
    # P(vote 1 | 1) = (2 + 3/4) / (3 + 3), P(vote 1 | 0) = (0 + 3/4) / (1 + 3), priors 4/6 and 2/6
    one, zero = 4 / 6 * 2.75 / 6, 2 / 6 * 0.75 / 4
    assert model.predict_proba(np.array([[1]], dtype=np.int8))[0, 1] == pytest.approx(one / (one + zero))


def test_the_combiner_beats_either_half_of_what_it_sees():
    model, frame, truth, votes = fitted()
    area = roc_auc_score(truth, model.predict_proba(votes, frame)[:, 1])
    share = (votes == 1).sum(axis=1) - (votes == 0).sum(axis=1)
    assert area > roc_auc_score(truth, share) + 0.05
    assert area > roc_auc_score(truth, frame["number"]) + 0.05
    assert set(model.losses) == {supervised.AVERAGE, supervised.VOTES, supervised.FEATURES, supervised.BOTH}


def test_a_row_alone_gets_what_it_gets_among_others():
    model, frame, _, votes = fitted()
    together = model.predict_proba(votes[:50], frame[:50])
    alone = np.concatenate([model.predict_proba(votes[row : row + 1], frame[row : row + 1]) for row in range(50)])
    assert together == pytest.approx(alone)


def test_the_held_out_figure_is_near_the_truth():
    model, frame, truth, votes = fitted(rows=1000)
    rows, said = model.held_out
    _, labels, _ = world(3000)
    measured = roc_auc_score(labels[rows], said[:, 1])
    assert measured == pytest.approx(roc_auc_score(truth, model.predict_proba(votes, frame)[:, 1]), abs=0.03)


def test_the_same_seed_fits_the_same():
    first, frame, _, votes = fitted()
    assert np.array_equal(first.predict_proba(votes, frame), fitted()[0].predict_proba(votes, frame))


def test_features_survive_what_tables_hold():
    learnt = pd.DataFrame(
        {
            "n": [1.0, None, 3.0, float("inf")],
            "constant": [1, 1, 1, 1],
            "word": ["a", "a", "b", None],
            "flag": [True, False, True, True],
            "empty": [None, None, None, None],
        }
    )
    space = FeatureSpace.of(learnt, list(learnt.columns))
    assert space.columns == ("n", "word", "flag")
    new = pd.DataFrame({"n": [None, 1e308], "word": ["unseen", "a"], "flag": [None, True]})
    numbers = space.transform(new)
    assert np.isfinite(numbers).all()
    assert numbers[0].tolist() == [0.0, 0.0, 0.0, 0.0]
    assert numbers[1, 2:].tolist() == [1.0, 1.0]


def test_choice_by_what_is_known():
    frame, truth, votes = world(400)
    summary = VoteSummary.of(patterns_of(votes), 2)
    few = HandLabels(frame[:20], truth[:20], votes[:20], {}, "label")
    enough = HandLabels(frame[:100], truth[:100], votes[:100], {}, "label")
    columns = list(frame.columns)
    assert choice.choose("auto", summary, 0).aggregator.name == "label_model"
    assert choice.choose("auto", summary, 0, enough, columns).aggregator.name == "supervised"
    unused = choice.choose("auto", summary, 0, few, columns)
    assert unused.aggregator.name == "label_model"
    assert "20 hand-labeled rows, and it takes 50" in unused.why
    with pytest.raises(ImpossibleError, match="it takes 50"):
        choice.choose("supervised", summary, 0, few, columns)
    with pytest.raises(ImpossibleError, match="hand_labeled_examples_path"):
        choice.choose("supervised", summary, 0)


def test_auto_leaves_a_diverging_label_model_to_majority_vote():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 2000)
    votes = np.where(generator.random((2000, 160)) < 0.85, truth[:, None], 1 - truth[:, None]).astype(np.int8)
    chosen = choice.choose("auto", VoteSummary.of(patterns_of(votes), 2), 0)
    assert chosen.aggregator.name == "majority_vote"
    assert "diverges" in chosen.why


def test_intervals_by_hand():
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # Wilson (1927), as in any table of it
    area, low, high = roc_auc(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.4, 0.8]))
    assert area == pytest.approx(3.5 / 4)
    assert low < area < high <= 1
    assert roc_auc(np.array([True, True]), np.array([0.1, 0.2])) is None


def test_auto_leaves_a_label_model_that_explains_the_votes_worse():
    generator = np.random.default_rng(0)
    truth = (generator.random(5000) < 0.24).astype(int)
    right = generator.random((5000, 10)) < generator.uniform(0.55, 0.95, 10)
    votes = np.where(right, truth[:, None], 1 - truth[:, None]).astype(np.int8)
    summary = VoteSummary.of(patterns_of(votes), 2)
    model, chosen = choice.choose("label_model", summary, 0), choice.choose("auto", summary, 0)
    assert chosen.aggregator.name == "majority_vote"
    assert "astray" in chosen.why
    accuracies = [(each.aggregator.predict_proba(votes).argmax(axis=1) == truth).mean() for each in (model, chosen)]
    assert accuracies[1] > accuracies[0] + 0.1


def test_likelihood_by_hand():
    # Two functions that always agree, on half the rows for each class: within a class nothing is left to chance.
    votes = np.array([[0, 0], [1, 1]], dtype=np.int8)
    found = mean_log_likelihood(MajorityVote(2), VoteSummary.of(patterns_of(votes), 2))
    assert found == pytest.approx(np.log(0.5), abs=0.01)
