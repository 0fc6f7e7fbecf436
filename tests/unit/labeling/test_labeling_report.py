"""What a labeler sees: analysis, warnings, examples, the page."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.errors import ColumnError, LabelingFunctionError
from DataFoundry.near_names import nearest

FRAME = pd.DataFrame({"capital-gain": [0, 9000, 20, 7000], "t": ["<b>x", "y", "x", "y"], "age": [20, 30, 40, 50]})


def lf(name, body):
    return {"name": name, "code": f"def {name}(x):\n    {body}"}


GAIN = lf("gain", "return 1 if x['capital-gain'] > 5000 else 0")
YOUNG = lf("young", "return 0 if x['age'] < 35 else -1")


@pytest.fixture
def label(root):
    FRAME.to_parquet(root / "in.parquet")

    def run(functions, **more):
        return labeler.create_labels(str(root / "in.parquet"), functions, str(root / "out.parquet"), seed=0, **more)

    return run


def test_analysis_by_hand(label):
    gain, young = label([GAIN, YOUNG])["lf_analysis"]
    assert (gain["polarity"], gain["votes"], gain["coverage"]) == ([0, 1], {"0": 2, "1": 2}, 1.0)
    assert (gain["overlaps"], gain["conflicts"]) == (0.5, 0.25)
    assert (young["polarity"], young["coverage"], young["overlaps"], young["conflicts"]) == ([0], 0.5, 0.5, 0.25)


def test_accuracy_on_hand_labels_with_its_interval(label, root):
    FRAME.assign(label=[0, 1, 1, 1]).to_parquet(root / "hand.parquet")
    response = label([GAIN, YOUNG], hand_labeled_examples_path=str(root / "hand.parquet"))
    gain = response["lf_analysis"][0]
    assert (gain["accuracy"], gain["hand_labeled_votes"]) == (0.75, 4)
    assert gain["accuracy_interval"] == pytest.approx([0.3006, 0.9544], abs=1e-4)
    assert response["hand_labels"] == {"rows": 4, "column": "label", "classes": {"0": 0, "1": 1}}


def test_hand_labels_may_stand_in_any_column(label, root):
    FRAME.assign(truth=[0, 1, 1, 1], who="me").to_csv(root / "hand.csv", index=False)
    response = label([GAIN], hand_labeled_examples_path=str(root / "hand.csv"), label_column="truth")
    assert response["hand_labels"] == {"rows": 4, "column": "truth", "classes": {"0": 0, "1": 1}}
    with pytest.raises(ColumnError, match="candidates: truth, who"):
        label([GAIN], hand_labeled_examples_path=str(root / "hand.csv"))


def test_conflicting_pairs_and_example_rows(label):
    response = label([GAIN, YOUNG])
    assert response["conflicts"] == [{"functions": ["gain", "young"], "both_vote": 2, "disagree": 1, "share": 0.5}]
    assert response["examples"] == [{"row": 1, "votes": [1, 0], "values": {"capital-gain": 9000, "age": 30}}]


@pytest.mark.parametrize(
    ("functions", "warning"),
    [
        ([lf("a", "return 1 if x.get('capital_gain', 0) > 5 else 0")], "did you mean 'capital-gain'"),
        ([lf("a", "return -1")], "a never votes"),
        ([lf("a", "return 1 if x['age'] > 35 else None")], "a returned None on 2 rows"),
        ([GAIN, lf("same", "return int(x['capital-gain'] > 5000)")], "gain and same always agree"),
        ([YOUNG], "All functions vote for class 0"),
        ([GAIN, YOUNG], "On 1 rows the classes tie"),
    ],
)
def test_warnings_that_a_person_wants(label, functions, warning):
    assert any(warning in each for each in label(functions)["warnings"])


def test_nothing_to_warn_of(label):
    assert label([GAIN])["warnings"] == []


def test_a_function_that_is_mostly_wrong_is_told(label, root):
    pd.concat([FRAME] * 5).assign(label=[1, 0, 1, 0] * 5).to_parquet(root / "hand.parquet")
    warnings = label([GAIN], hand_labeled_examples_path=str(root / "hand.parquet"))["warnings"]
    assert any("gain is right on only 0 of the 20 hand-labeled rows" in each for each in warnings)


def test_a_key_that_is_no_column_is_a_fault_with_the_nearest_name(label):
    with pytest.raises(Exception, match="did you mean 'capital-gain'"):
        label([lf("a", "return 1 if x['capital_gain'] > 5 else 0")])


def test_nearest_names():
    assert nearest("capital_gain", ["age", "capital-loss", "capital-gain"])[0] == "capital-gain"
    assert nearest("zzz", ["age", "capital-gain"]) == []


def test_a_regular_expression_that_is_short_work_runs_on_whole_columns(label):
    regex = {"name": "regex", "code": "import re\ndef regex(x):\n    return 1 if re.search('y', x['t']) else -1"}
    assert label([regex])["explain"] == [{"name": "regex", "columns": ["t"], "way": "on whole columns"}]


def test_explain_tells_the_way_and_why(label):
    impure = {"name": "counts", "code": "SEEN = []\ndef counts(x):\n    SEEN.append(1)\n    return len(SEEN) % 2"}
    regex = {"name": "regex", "code": "import re\ndef regex(x):\n    return 1 if re.sub('y', '', x['t']) else -1"}
    response = label([GAIN, regex, impure])
    gain, regex, counts = response["explain"]
    assert (gain["way"], gain["columns"]) == ("on whole columns", ["capital-gain"])
    assert regex["way"].startswith("in the sandbox, once for each distinct")
    assert regex["not_on_whole_columns"]
    assert counts["way"].startswith("in the sandbox, for each row in order")


def test_the_page_is_whole_and_escapes_what_tables_hold(label):
    response = label([GAIN, YOUNG, lf("third", "return 1 if x['t'] == 'y' else 0")])
    path = Path(response["report_path"])
    assert path.parent == Path(response["output_path"]).parent
    text = path.read_text()
    assert text.startswith("<!doctype html>")
    assert text.count("<figure") >= 4
    assert "<b>x" not in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert all(name in text for name in ("gain", "young", "third", "Rows where functions disagree"))


def test_a_column_that_is_not_there_is_a_fault_also_where_nothing_else_is_read(root):
    (root / "one.csv").write_text("a,b\n1,2\n")
    with pytest.raises(LabelingFunctionError, match="zz"):
        labeler.create_labels(str(root / "one.csv"), [lf("f", "return x['zz'] % 2")], str(root / "out.csv"))


def test_the_response_is_json(label):
    json.dumps(label([GAIN, YOUNG]), allow_nan=False)


def test_functions_that_keep_something_between_calls_run_in_order_across_blocks(root):
    rows = 200_005  # more than one block
    pd.DataFrame({"a": np.zeros(rows, dtype=np.int64)}).to_parquet(root / "in.parquet")
    code = "COUNT = [0]\ndef lf(x):\n    COUNT[0] += 1\n    return 1 if COUNT[0] > 200002 else 0"
    labeler.create_labels(str(root / "in.parquet"), [{"name": "lf", "code": code}], str(root / "out.parquet"))
    assert pd.read_parquet(root / "out.parquet")["label"].sum() == 3
