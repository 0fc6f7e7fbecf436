"""What the answer says of labels that votes alone cannot justify, and what settles it."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.errors import RequestError
from DataFoundry.labeling.aggregation import calibration, selection
from DataFoundry.labeling.aggregation.aggregators import Choice, MajorityVote
from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.aggregation.selection import Wish
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of
from DataFoundry.labeling.analysis import label_warnings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    return tmp_path


def labeled(folder, votes, **more):
    """The response and the labeled table, for functions that vote as the columns of `votes` say."""
    frame = pd.DataFrame(votes, columns=[f"v{place}" for place in range(votes.shape[1])])
    frame.to_parquet(folder / "in.parquet")
    functions = [{"name": f"f_{name}", "code": f"def f_{name}(x):\n    return x['{name}']"} for name in frame.columns]
    response = labeler.create_labels(
        str(folder / "in.parquet"), functions, str(folder / "out.parquet"), **{"seed": 1, **more}
    )
    return response, pd.read_parquet(folder / "out.parquet")


def said(response, words):
    return any(words in warning for warning in response["warnings"])


def one_sided(rows=3000, seed=0):
    """Truth, and three functions that vote for class 1 only."""
    generator = np.random.default_rng(seed)
    truth = (generator.random(rows) < 0.3).astype(int)
    return truth, np.where(generator.random((rows, 3)) < np.where(truth[:, None] == 1, 0.7, 0.1), 1, -1)


def broad_and_narrow(rate, rows=4000, seed=0):
    """One function that votes 0 or 1 on every row, and two that vote 1 on 62 % of them."""
    generator = np.random.default_rng(seed)
    truth = (generator.random(rows) < rate).astype(int)
    broad = np.where(generator.random(rows) < 0.85, truth, 1 - truth)
    return np.c_[broad, np.where(generator.random((rows, 2)) < 0.62, 1, -1)]


def test_functions_for_one_class_are_told_and_each_cure_settles_it(folder):
    truth, votes = one_sided()
    response, table = labeled(folder, votes)
    assert said(response, "All functions vote for class 1")
    for cure in ("class_balance", "hand-labeled rows", "default_label", "a function for another class"):
        assert said(response, cure)
    response, table = labeled(folder, votes, default_label=0)
    assert not said(response, "All functions vote")
    silent = (votes < 0).all(axis=1)
    assert (table["label"][silent] == 0).all()
    assert (table["label_probability"][silent] == 0).all()
    assert response["num_labeled"] == len(votes)
    response, table = labeled(folder, votes, class_balance=[0.7, 0.3])
    assert not said(response, "All functions vote")
    voted = ~silent
    assert (table["label"][voted] == truth[voted]).mean() > 0.8
    assert response["class_balance"] == {"0": 0.7, "1": 0.3}
    assert response["class_balance_from"] == "request"


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5])
def test_one_broad_and_two_narrow_functions_give_both_classes_or_say_why_not(folder, rate):
    response, _ = labeled(folder, broad_and_narrow(rate))
    both = all(response["label_distribution"].values())
    assert both or said(response, "Functions vote for class 0, but every label is 1")
    assert both or said(response, "give class_balance or hand-labeled rows")


def test_an_estimate_that_hangs_on_the_start_is_told(folder):
    response, _ = labeled(folder, broad_and_narrow(0.2))
    assert said(response, "two readings equally well")


def test_missing_labels_by_hand():
    votes = np.array([[0, 1, 1], [-1, 1, 1]], dtype=np.int8)
    summary = VoteSummary.of(patterns_of(votes), 2)
    assert (
        "Functions vote for class 0, but every label is 1"
        in label_warnings.on_missing_labels(summary, np.array([0, 2]))[0]
    )
    assert label_warnings.on_missing_labels(summary, np.array([1, 1])) == []


def test_a_label_that_rests_on_one_function_is_told():
    votes = np.array([[0, -1], [1, 1], [1, 1]], dtype=np.int8)
    summary = VoteSummary.of(patterns_of(votes), 2)
    found = label_warnings.on_single_votes(["alone", "other"], summary, MajorityVote(2))
    assert len(found) == 1
    assert "33% of the rows" in found[0]
    assert "(alone)" in found[0]
    agreed = VoteSummary.of(patterns_of(votes[1:]), 2)
    assert label_warnings.on_single_votes(["alone", "other"], agreed, MajorityVote(2)) == []


def test_plain_votes_bring_no_doubt(folder):
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, 3000)
    votes = np.where(generator.random((3000, 4)) < 0.85, truth[:, None], 1 - truth[:, None])
    response, _ = labeled(folder, votes)
    assert response["warnings"] == []
    assert response["calibration"]["measured"] is False
    assert response["class_balance"]["1"] == pytest.approx(truth.mean(), abs=0.02)
    assert response["class_balance_from"] == "votes"


@pytest.mark.parametrize(
    "given",
    [[0.5], [0.5, 0.6], [1.0, 0.0], ["a", 0.5], [0.2, 0.3, 0.5]],
    ids=["one", "sum", "zero", "text", "more than cardinality"],
)
def test_an_impossible_class_balance_is_refused(folder, given):
    with pytest.raises(RequestError, match="class_balance") as caught:
        labeled(folder, np.ones((3, 2), dtype=int), class_balance=given, cardinality=2)
    assert caught.value.details["field"] == "class_balance"


def test_a_default_label_beyond_the_classes_is_refused_or_makes_room(folder):
    votes = np.array([[0, 1], [-1, -1]])
    with pytest.raises(RequestError, match="default_label"):
        labeled(folder, votes, default_label=2, cardinality=2)
    _, table = labeled(folder, votes, default_label=2)
    assert table["label"].tolist() == pytest.approx([np.nan, 2.0], nan_ok=True)
    assert table["label_probability_2"].tolist() == [0.0, 1.0]


def test_calibration_by_hand():
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.35, 0.65], [0.35, 0.65]])
    found = calibration.measured(probabilities, np.array([0, 0, 1, 0]))
    assert found["expected_calibration_error"] == pytest.approx((0.05 + 0.15) / 2)
    assert [each["right"] for each in found["bins"]] == [0.5, 1.0]
    assert found["brier_score"] == pytest.approx((2 * 0.005 + 2 * 0.35**2 + 2 * 0.65**2) / 4)


def test_few_hand_labels_are_used_and_measure_the_probabilities():
    generator = np.random.default_rng(0)
    truth = (generator.random(4000) < 0.2).astype(np.int64)
    votes = np.where(generator.random((4000, 4)) < 0.8, truth[:, None], 1 - truth[:, None]).astype(np.int8)
    hand = HandLabels(pd.DataFrame(index=range(30)), truth[:30], votes[:30], {}, "label")
    chosen = selection.choose(Wish(hand=hand), VoteSummary.of(patterns_of(votes), 2))
    assert chosen.aggregator.name == "latent_class"
    assert chosen.held_out is not None
    assert len(chosen.held_out[1]) == 30
    found = calibration.measured(*chosen.held_out)
    assert found["brier_score"] < 0.35
    assert "30 rows tell little" in str(found["note"])


def test_a_choice_without_a_default_leaves_silent_rows_unlabeled():
    votes = np.array([[-1, -1], [1, -1]], dtype=np.int8)
    assert Choice(MajorityVote(2), "").labels(votes)[0].tolist() == pytest.approx([np.nan, 1.0], nan_ok=True)


def test_labels_that_hide_a_class_which_the_probabilities_know_are_told() -> None:
    (said,) = label_warnings.on_rare_labels(np.array([996, 4]), np.array([900.0, 100.0]), ["label_probability"])
    assert said.startswith("Class 1 is the label of 4 rows, though the probabilities add up to 100")
    assert "with the greatest label_probability" in said
    (said,) = label_warnings.on_rare_labels(np.array([0, 10]), np.array([4.0, 6.0]), ["label_probability"])
    assert said.startswith("Class 0") and "with the smallest label_probability" in said
    names = ["label_probability_0", "label_probability_1", "label_probability_2"]
    (said,) = label_warnings.on_rare_labels(np.array([60, 40, 0]), np.array([50.0, 40.0, 10.0]), names)
    assert said.startswith("Class 2 is the label of 0 rows") and "label_probability_2" in said
    assert label_warnings.on_rare_labels(np.array([975, 25]), np.array([900.0, 100.0]), names[:1]) == []
    assert label_warnings.on_rare_labels(np.array([1_000, 0]), np.array([995.0, 5.0]), names[:1]) == []  # hardly a row
    assert label_warnings.on_rare_labels(np.array([0, 0]), np.array([0.0, 0.0]), names[:1]) == []  # no row at all


def test_a_comparison_of_dates_that_do_not_sort_as_time_does_is_told(folder):
    days = pd.date_range("2020-01-01", periods=60, freq="17D")
    pd.DataFrame({"begin": days.strftime("%d.%m.%Y"), "end": days.strftime("%Y-%m-%d")}).to_csv(folder / "d.csv")
    codes = {name: f"return 1 if x['{name}'] > '2021-01-01' else 0" for name in ("begin", "end")}
    functions = [{"name": f"late_{name}", "code": f"def f(x):\n    {code}"} for name, code in codes.items()]
    for answer in (
        labeler.create_labels(str(folder / "d.csv"), functions, str(folder / "o.parquet")),
        labeler.try_functions(str(folder / "d.csv"), functions),
    ):
        [told] = [each for each in answer["warnings"] if "ISO date" in each]
        assert told.startswith("late_begin holds an ISO date") and "'01.01.2020'" in told


def test_a_class_that_hardly_a_row_is_labeled_though_it_is_frequent_is_told(folder):
    generator = np.random.default_rng(0)
    hints = [np.where(generator.random(3000) < share, 1, -1) for share in (0.2, 0.2)]
    usual = [np.where(generator.random(3000) < share, 0, -1) for share in (0.95, 0.5)]
    response, _ = labeled(folder, np.column_stack([*hints, *usual]))
    assert response["label_distribution"]["1"] < 0.2 * response["class_balance"]["1"] * response["num_labeled"]
    assert said(response, "though the probabilities add up to")
