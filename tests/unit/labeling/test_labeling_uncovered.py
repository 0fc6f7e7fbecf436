"""`predict_uncovered` of create-labels: rows without a vote get what a classifier says, marked and measured."""

import json

import numpy as np
import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.errors import ColumnError, RequestError

GENERATOR = np.random.default_rng(0)
ROWS = 600
FRAME = pd.DataFrame(
    {
        "size": GENERATOR.normal(size=ROWS).round(3),
        "colour": GENERATOR.choice(["red", "green", "blue"], ROWS),
        "mail": [f"person{number}@example.org" for number in range(ROWS)],
    }
)
TRUTH = (FRAME["size"] > 0).astype(int)
SILENT = FRAME["size"].abs() <= 0.8


def lf(name, body):
    return {"name": name, "code": f"def {name}(x):\n    {body}"}


HIGH, LOW = lf("high", "return 1 if x['size'] > 0.8 else -1"), lf("low", "return 0 if x['size'] < -0.8 else -1")


@pytest.fixture
def label(root):
    def run(functions=(HIGH, LOW), frame=FRAME, **more):
        frame.to_parquet(root / "in.parquet")
        answer = labeler.create_labels(
            *(str(root / "in.parquet"), list(functions), str(root / "out.parquet")),
            **{"seed": 1, "predict_uncovered": True, **more},
        )
        json.dumps(answer, allow_nan=False)
        return answer, pd.read_parquet(root / "out.parquet")

    return run


def test_rows_without_a_vote_get_a_marked_prediction_and_others_stay_as_they_are(label):
    answer, table = label()
    _, without = label(predict_uncovered=False)
    assert list(table.columns) == [*without.columns, "label_predicted"]
    assert table["label_predicted"].dtype == bool
    assert (table["label_predicted"] == SILENT).all()
    assert (table["label"][SILENT] == TRUTH[SILENT]).mean() > 0.95
    assert ((table["label_probability"] > 0.5) == table["label"])[SILENT].all()
    pd.testing.assert_frame_equal(table[~SILENT].drop(columns="label_predicted"), without[~SILENT])
    predicted = answer["predicted"]
    assert (predicted["rows"], predicted["column"], predicted["measured"]) == (SILENT.sum(), "label_predicted", False)
    assert "Nothing has measured" in predicted["note"]
    assert predicted["rows_with_votes"] == (~SILENT).sum()
    assert answer["num_labeled"] == table["label"].notna().sum() == ROWS


def test_keys_and_personal_columns_are_no_features(label):
    answer, _ = label()
    assert answer["predicted"]["features"] == ["size", "colour"]
    assert answer["predicted"]["no_features"] == {"mail": "personal (email)"}


def test_quality_is_measured_on_hand_labeled_rows_without_a_vote(label, root):
    FRAME[:120].assign(label=TRUTH).to_parquet(root / "hand.parquet")
    answer, _ = label(hand_labeled_examples_path=str(root / "hand.parquet"))
    predicted = answer["predicted"]
    assert predicted["measured"] and predicted["hand_labeled_rows"] == SILENT[:120].sum()
    assert predicted["accuracy"] > 0.9 and predicted["accuracy_interval"][0] < predicted["accuracy"]
    turned = FRAME[:120].assign(label=TRUTH.where(~SILENT, 1 - TRUTH))  # the measure looks at these labels
    turned.to_parquet(root / "hand.parquet")
    answer, _ = label(hand_labeled_examples_path=str(root / "hand.parquet"), aggregator="majority_vote")
    assert answer["predicted"]["accuracy"] < 0.5


def test_the_same_seed_gives_the_same_bytes(label, root):
    def written():
        label()
        return (root / "out.parquet").read_bytes()

    assert written() == written()


def test_one_class_predicts_nothing_and_says_so(label):
    answer, table = label([HIGH, lf("higher", "return 1 if x['size'] > 1 else -1")])
    assert not table["label_predicted"].any() and table["label"].isna().sum() == (FRAME["size"] <= 0.8).sum()
    assert answer["predicted"]["rows"] == 0
    assert any("nothing was predicted" in each for each in answer["warnings"])


def test_three_classes_and_csv(label, root):
    frame = FRAME[["size", "colour"]]
    functions = [HIGH, LOW, lf("middle", "return 2 if -0.2 < x['size'] < 0.2 and x['colour'] == 'red' else -1")]
    frame.to_csv(root / "in.csv", index=False)
    answer = labeler.create_labels(
        str(root / "in.csv"), functions, str(root / "out.csv"), seed=1, predict_uncovered=True
    )
    table = pd.read_csv(root / "out.csv")
    shares = table[[f"label_probability_{label}" for label in range(3)]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert answer["predicted"]["rows"] == table["label_predicted"].sum() > 0


def test_what_cannot_be_is_refused(label):
    with pytest.raises(ColumnError, match="label_predicted"):
        label(frame=FRAME.assign(label_predicted=1))
    with pytest.raises(RequestError, match="give one of them"):
        label(default_label=0)
    with pytest.raises(RequestError, match="true or false"):
        label(predict_uncovered="yes")


def test_hand_labeled_rows_of_other_types_leave_the_column_out(label, root):
    hand = FRAME[:100].assign(label=TRUTH, colour=range(100))
    hand.to_parquet(root / "hand.parquet")
    answer, _ = label(hand_labeled_examples_path=str(root / "hand.parquet"), aggregator="majority_vote")
    assert answer["predicted"]["features"] == ["size"] and "colour" in answer["predicted"]["no_features"]
