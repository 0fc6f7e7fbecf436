"""Mining, measuring and combining, with numbers worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from agents.labeling.combiner import Encoder, fit, vote_columns
from agents.labeling.diagnosis import correction, diagnose
from agents.labeling.measure import Measure, auc_of, cross_fitted, interval_of
from DataFoundry.errors import ColumnError, ImpossibleError
from DataFoundry.labeling.aggregation.hand_labels import label_column_of
from DataFoundry.labeling.execution.apply import Applier
from DataFoundry.labeling.functions.reading import read_functions
from DataFoundry.labeling.suggesting.examples import Examples, read_examples
from DataFoundry.labeling.suggesting.mining import Recipe, mine
from DataFoundry.labeling.suggesting.rules import Predicate, Rule, votes_of

RNG = np.random.default_rng


@pytest.fixture
def telling() -> Examples:
    """60 rows: class 1 exactly where `size` is above 40, with a colour that tells nothing and some missing sizes."""
    size = np.array([*range(60)], dtype=float)
    frame = pd.DataFrame({"size": size, "colour": ["red", "blue", "green"] * 20})
    frame.loc[[5, 45], "size"] = np.nan
    return Examples(frame, (size > 40).astype(np.int64), (0, 1), "label")


def test_class_numbers_of_numbers_are_the_numbers_and_of_texts_the_places_in_the_alphabet() -> None:
    hand = pd.DataFrame({"a": range(12), "label": [1.0, 0.0] * 6})
    assert read_examples(hand, "label", ["a"], RNG(0)).labels.tolist() == [1, 0] * 6
    hand["label"] = ["no", "yes"] * 6
    examples = read_examples(hand, "label", ["a"], RNG(0))
    assert examples.labels.tolist() == [0, 1] * 6
    assert examples.classes == ("no", "yes")


def test_the_label_may_be_the_one_named_or_the_one_column_that_the_raw_table_lacks() -> None:
    hand = pd.DataFrame({"a": range(12), "b": range(12), "income": ["<=50K", ">50K"] * 6})
    assert label_column_of(hand.columns, ["a", "b"], "h.csv") == "income"
    assert label_column_of(hand.columns, ["a", "b"], "h.csv", "b") == "b"
    examples = read_examples(hand, "income", ["a", "b"], RNG(0))
    assert examples.column == "income"
    assert examples.frame.columns.tolist() == ["a", "b"]
    with pytest.raises(ColumnError, match="label_column .candidates: b, income"):
        label_column_of(hand.columns, ["a"], "h.csv")
    with pytest.raises(ColumnError, match="no column 'incme'; it has a, b, income"):
        label_column_of(hand.columns, ["a", "b"], "h.csv", "incme")


def test_rows_without_a_label_are_left_out_and_too_few_are_refused() -> None:
    hand = pd.DataFrame({"a": range(13), "label": [1, 0] * 6 + [None]})
    assert len(read_examples(hand, "label", ["a"], RNG(0)).labels) == 12
    with pytest.raises(ImpossibleError, match="hand-labeled rows"):
        read_examples(hand.head(8), "label", ["a"], RNG(0))
    with pytest.raises(ImpossibleError, match="two of each|two rows of each"):
        read_examples(hand.head(12).assign(label=[1] + [0] * 11), "label", ["a"], RNG(0))


def test_mining_finds_the_cut_that_tells_and_no_colour(telling: Examples) -> None:
    harvest = mine(telling, Recipe())
    columns = {predicate.column for rule in harvest.rules for predicate in rule.predicates}
    assert columns == {"size"}
    best = harvest.rules[1]  # of class 1: classes take turns, 0 first
    votes = best.mask(telling.frame)
    assert telling.labels[votes].mean() > 0.9
    assert harvest.dropped["lift"] > 0


def test_a_function_votes_in_the_sandbox_as_its_rule_does_also_on_missing_values(telling: Examples) -> None:
    rules = [
        Rule((Predicate("size", ">", 40), Predicate("colour", "==", "red")), 1),
        Rule((Predicate("size", "<=", 10.5),), 0),
        Rule((Predicate("colour", "==", 'it\'s "odd"\n'),), 1),
    ]
    functions = read_functions([rule.named(place).as_request() for place, rule in enumerate(rules)])
    with Applier(functions, ["size", "colour"]) as applier:
        votes = applier.votes(telling.frame)
    assert (votes == votes_of(rules, telling.frame)).all()
    assert (votes[:, 0] == 1).sum() == 5  # rows 42, 48, 51, 54 and 57; the size of 45 is missing
    assert votes[45].tolist() == [-1, -1, -1]


def test_filters_drop_what_overlaps_and_what_covers_little(telling: Examples) -> None:
    loose, strict = mine(telling, Recipe(overlap=1.0)), mine(telling, Recipe(overlap=0.3))
    assert len(strict.rules) < len(loose.rules)
    assert not mine(telling, Recipe(coverage=0.99)).rules


def test_area_under_the_curve_and_its_interval_by_hand() -> None:
    labels = np.array([0, 0, 1, 1])
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]])
    assert auc_of(labels, scores) == 0.75  # three of four pairs in order
    # Hanley and McNeil for .75 with 2 and 2: Q1 = .6, Q2 = 9/14; variance = (.1875 + .0375 + .0803571)/4
    low, high = interval_of(0.75, labels, 2)
    spread = math.sqrt((0.1875 + (0.6 - 0.5625) + (9 / 14 - 0.5625)) / 4) / 0.1875
    centre = math.log(3)
    assert low == pytest.approx(1 / (1 + math.exp(-(centre - 1.959964 * spread))))
    assert high == pytest.approx(1 / (1 + math.exp(-(centre + 1.959964 * spread))))


def test_fewer_rows_give_a_wider_interval() -> None:
    few, many = np.array([0, 1] * 20), np.array([0, 1] * 200)
    assert np.ptp(interval_of(0.8, few, 2)) > 2 * np.ptp(interval_of(0.8, many, 2))


def test_cross_fitting_does_not_believe_in_noise() -> None:
    rng = RNG(3)
    frame = pd.DataFrame({f"c{number}": rng.normal(size=120) for number in range(12)})
    noise = Examples(frame, rng.integers(0, 2, 120), (0, 1), "label")
    encoder = Encoder.learnt(frame)
    measure = cross_fitted(noise, Recipe(), encoder, RNG(0))
    assert measure.interval[0] < 0.5 < measure.interval[1]
    rules = mine(noise, Recipe()).rules
    on_itself = fit(votes_of(rules, noise.frame), frame, noise.labels, 2, encoder, RNG(0))
    assert (
        auc_of(noise.labels, on_itself.predict_proba(votes_of(rules, noise.frame), frame)) > 0.9
    )  # what would be claimed


def test_the_combiner_knows_rows_that_it_has_not_seen_and_a_row_scores_alone_as_in_a_batch(telling: Examples) -> None:
    rules = mine(telling, Recipe()).rules
    combiner = fit(
        votes_of(rules, telling.frame), telling.frame, telling.labels, 2, Encoder.learnt(telling.frame), RNG(0)
    )
    new = Examples(pd.DataFrame({"size": [3.5, 55.5], "colour": ["mauve", None]}), np.array([0, 1]), (0, 1), "label")
    together = combiner.predict_proba(votes_of(rules, new.frame), new.frame)
    assert together[0, 1] < 0.3 < 0.7 < together[1, 1]
    assert together.sum(axis=1) == pytest.approx([1, 1])
    alone = combiner.predict_proba(votes_of(rules, new.frame)[1:], new.frame.iloc[1:])
    assert alone == pytest.approx(together[1:])


def test_vote_columns_by_hand() -> None:
    votes = np.array([[1, -1], [0, 1]], dtype=np.int8)
    assert vote_columns(votes, 2).tolist() == [[0, 0, 1, 0], [1, 0, 0, 1]]


def test_a_correction_changes_one_thing_and_is_not_repeated(telling: Examples) -> None:
    harvest = mine(telling, Recipe())
    votes = votes_of(harvest.rules, telling.frame)
    scores = np.stack([1 - telling.labels, telling.labels], axis=1) * 0.8 + 0.1
    scores[:6] = scores[:6, ::-1]  # six wrong rows, all of them small
    measure = Measure(0.8, (0.7, 0.9), scores, (votes >= 0).sum(axis=1).astype(float))
    diagnosis = diagnose(telling, measure, harvest, votes, [str(rule) for rule in harvest.rules])
    assert diagnosis.error_rate == pytest.approx(0.1)
    assert str(diagnosis.segments[0]["segment"]).startswith("size <=")
    tried: set[str] = set()
    recipe = Recipe()
    while change := correction(diagnosis, recipe, tried):
        name, why, changed = change
        assert name not in tried and why
        assert changed != recipe
        tried.add(name)
    assert {"focus", "thresholds", "more"} <= tried
