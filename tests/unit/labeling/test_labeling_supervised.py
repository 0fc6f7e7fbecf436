"""Hand labels read, and the combiner that learns from them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from DataFoundry.errors import ColumnError, ImpossibleError
from DataFoundry.labeling.aggregation import selection, supervised
from DataFoundry.labeling.aggregation.hand_labels import HandLabels, read_hand_labels
from DataFoundry.labeling.aggregation.intervals import roc_auc, wilson
from DataFoundry.labeling.aggregation.selection import Wish
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of
from DataFoundry.labeling.functions.reading import read_functions
from DataFoundry.labeling.prediction.features import FeatureSpace
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


def test_a_known_class_balance_is_kept_by_the_combiner():
    frame, truth, votes = world(3000)
    some = np.concatenate([np.flatnonzero(truth == label)[:100] for label in (0, 1)])  # half and half, unlike the table
    hand = HandLabels(frame.iloc[some].reset_index(drop=True), truth[some], votes[some], {}, "label")
    summary = VoteSummary.of(patterns_of(votes), 2)
    means = [
        supervised.fit(hand, summary, list(frame.columns), 1, balance).predict_proba(votes, frame)[:, 1].mean()
        for balance in (np.array([0.7, 0.3]), np.array([0.9, 0.1]))
    ]
    assert means[0] == pytest.approx(0.3, abs=0.03)
    assert means[1] < means[0] - 0.06


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
    assert selection.choose(Wish(), summary).aggregator.name == "latent_class"
    assert selection.choose(Wish(hand=enough, columns=columns), summary).aggregator.name == "supervised"
    assert selection.choose(Wish(hand=few, columns=columns), summary).aggregator.name == "latent_class"
    with pytest.raises(ImpossibleError, match="it takes 50"):
        selection.choose(Wish("supervised", hand=few, columns=columns), summary)
    with pytest.raises(ImpossibleError, match="hand_labeled_examples_path"):
        selection.choose(Wish("supervised"), summary)


def test_intervals_by_hand():
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # Wilson (1927), as in any table of it
    area, low, high = roc_auc(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.4, 0.8]))
    assert area == pytest.approx(3.5 / 4)
    assert low < area < high <= 1
    assert roc_auc(np.array([True, True]), np.array([0.1, 0.2])) is None
