"""`labeler.try_functions`: what functions do on the first rows, whatever one of them is like."""

import json

import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.errors import RequestError
from DataFoundry.offered import TRIED_ROWS
from DataFoundry.sources.table import BLOCK_ROWS

FRAME = pd.DataFrame({"a": [1, 5, 9, 5], "t": ["x", "y", None, "y"]})


def lf(name, body):
    return {"name": name, "code": f"def {name}(x):\n    {body}"}


LOW, FIVE = lf("low", "return 0 if x['a'] < 6 else -1"), lf("five", "return 1 if x['a'] == 5 else -1")
BROKEN = {"name": "broken", "code": "def broken(x):\n    return 1 if x['a' > 3"}


@pytest.fixture
def tried(root):
    FRAME.to_parquet(root / "in.parquet")

    def run(functions, **more):
        answer = labeler.try_functions(str(root / "in.parquet"), functions, **more)
        json.dumps(answer, allow_nan=False)
        return answer

    return run


def test_figures_and_examples_by_hand(tried, root):
    before = sorted(root.iterdir())
    answer = tried([LOW, FIVE], max_rows=3)
    low, five = answer["lf_analysis"]
    assert (answer["num_rows_tried"], answer["num_rows"]) == (3, 4)
    assert (answer["num_covered"], answer["num_conflicted"]) == (2, 1)
    assert (low["coverage"], low["conflicts"], low["votes"]) == (2 / 3, 1 / 3, {"0": 2, "1": 0})
    assert low["examples"] == [
        {"row": 0, "vote": 0, "values": {"a": 1}},
        {"row": 1, "vote": 0, "values": {"a": 5}},
    ]
    assert five["examples"] == [{"row": 1, "vote": 1, "values": {"a": 5}}]
    assert answer["examples"] == [{"row": 1, "votes": {"low": 0, "five": 1}, "values": {"a": 5}}]
    assert "first 3 rows" in answer["warnings"][-1]
    assert sorted(root.iterdir()) == before


@pytest.mark.parametrize(
    ("bad", "line", "row", "words"),
    [
        (BROKEN, 2, None, "not valid Python"),
        ({"name": "broken", "code": ""}, None, None, "defines no function"),
        (lf("broken", "return 1 if x['t'].upper() == 'Y' else -1"), 2, 2, "None"),
        (lf("broken", "return 7"), 2, 0, "cardinality is 2"),
        (lf("broken", "return 1 if x['b'] else -1"), 2, 0, "'b'"),
    ],
)
def test_a_function_that_fails_spoils_nothing_of_the_others(tried, bad, line, row, words):
    alone, beside = tried([LOW, FIVE], cardinality=2), tried([LOW, bad, FIVE], cardinality=2)
    assert [beside["lf_analysis"][0], beside["lf_analysis"][2]] == alone["lf_analysis"]
    assert beside["conflicts"] == alone["conflicts"] and beside["num_covered"] == alone["num_covered"]
    assert beside["warnings"] == alone["warnings"]
    error = beside["lf_analysis"][1]["error"]
    assert (error["line"], error["row"]) == (line, row) and words in error["message"]
    assert beside["num_failed"] == 1


def test_a_function_without_end_is_stopped_soon(tried):
    answer = tried([lf("endless", "while True: pass"), LOW])
    assert "within 1 seconds" in answer["lf_analysis"][0]["error"]["message"]
    assert answer["lf_analysis"][1]["coverage"] == 3 / 4


def test_hand_labels_tell_accuracy_and_a_function_that_fails_on_them_says_so(tried, root):
    FRAME[:2].assign(t=["x", "y"], label=[0, 1]).to_parquet(root / "hand.parquet")
    seven = lf("seven", "return 1 if 10 // (x['a'] - 7) else -1")
    pd.DataFrame({"a": [1, 7], "t": ["x", "y"], "label": [0, 0]}).to_parquet(root / "hand.parquet")
    low, failed = tried([LOW, seven], hand_labeled_examples_path=str(root / "hand.parquet"))["lf_analysis"]
    assert (low["accuracy"], low["hand_labeled_votes"]) == (1.0, 1)
    assert failed["error"]["message"].startswith("On the hand-labeled rows: ") and failed["error"]["row"] == 1


def test_what_no_trial_can_do_is_refused(tried):
    for rows in (0, 200_001, True, 1.5):
        with pytest.raises(RequestError, match="max_rows"):
            tried([LOW], max_rows=rows)
    with pytest.raises(RequestError, match="empty"):
        tried([])


def test_over_http(server):
    FRAME.to_csv(server.root / "tried.csv", index=False)
    body = {"data_path": str(server.root / "tried.csv"), "labeling_functions": [LOW, BROKEN], "max_rows": 4}
    answer = server.post("/api/labeling/try-functions", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["lf_analysis"][0]["coverage"] == 3 / 4
    assert answer.json()["message"] == "2 functions tried on 4 rows, 1 of them failed."


def test_a_function_that_fails_is_not_told_to_abstain_whatever_its_name(tried):
    broken = {"name": "my bad one", "code": "def f(x):\n    return x['a'] / 0"}
    answer = tried([broken, LOW])
    assert answer["lf_analysis"][0]["error"]
    assert not any("my bad" in each for each in answer["warnings"])


def test_no_more_rows_are_tried_than_one_block_has() -> None:
    assert TRIED_ROWS.most <= BLOCK_ROWS
