"""`labeler.create_labels` on real files."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from snorkel.labeling.model import LabelModel, MajorityLabelVoter

from DataFoundry import labeler
from DataFoundry.errors import (
    ColumnError,
    ImpossibleError,
    LabelingFunctionError,
    OutputBusyError,
    OutputIsInputError,
    RequestError,
)
from DataFoundry.storage.files import claim_output

ADULT = "backend/testing_data/adult.csv"
SPECIFIED = [
    {
        "name": "lf_high_capital_gain",
        "code": "def lf_high_capital_gain(x):\n    return 1 if x.get('capital-gain', 0) > 5000 else 0",
    },
    {"name": "lf_educated", "code": "def lf_educated(x):\n    return 1 if x.get('education-num', 0) >= 13 else 0"},
]
FRAME = pd.DataFrame({"a": [1, 5, 9, 5], "t": ["x", "y", None, "y"]})


def lf(name, body):
    return {"name": name, "code": f"def {name}(x):\n    {body}"}


ABSTAINS_AND_TIES = [
    lf("low", "return 0 if x['a'] < 6 else -1"),
    lf("five", "return 1 if x['a'] == 5 else -1"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    FRAME.to_parquet(tmp_path / "in.parquet")
    return tmp_path


def labeled(folder, functions, **more):
    response = labeler.create_labels(
        str(folder / "in.parquet"), functions, str(folder / "out.parquet"), **{"seed": 1, **more}
    )
    json.dumps(response, allow_nan=False)
    return response, pd.read_parquet(folder / "out.parquet")


def test_the_specifications_example(folder):
    path = folder / "adult.parquet"
    response = labeler.create_labels(ADULT, SPECIFIED, str(path))
    table = pd.read_parquet(path)
    given = pd.read_csv("backend/testing_data/adult.csv")
    votes = np.stack([given["capital-gain"] > 5000, given["education-num"] >= 13], axis=1).astype(int)
    expected = MajorityLabelVoter(cardinality=2).predict_proba(votes)
    assert table["label_probability"].to_numpy() == pytest.approx(expected[:, 1])
    labels = np.where(votes[:, 0] == votes[:, 1], votes[:, 0], np.nan)
    assert table["label"].to_numpy() == pytest.approx(labels, nan_ok=True)
    assert list(table.columns) == [*given.columns, "label", "label_probability"]
    assert response["output_path"] == str(path)
    assert response["num_rows"] == 32_561
    assert response["num_labeled"] == sum(response["label_distribution"].values()) == table["label"].notna().sum()
    assert response["num_ties"] == (votes[:, 0] != votes[:, 1]).sum()
    assert response["aggregator"]["name"] == "majority_vote"


def test_abstains_and_ties_stay_null(folder):
    response, table = labeled(folder, ABSTAINS_AND_TIES)
    assert table["label"].tolist() == pytest.approx([0.0, np.nan, np.nan, np.nan], nan_ok=True)
    assert table["label_probability"].tolist() == [0.0, 0.5, 0.5, 0.5]
    assert (response["num_labeled"], response["num_ties"]) == (1, 2)
    pd.testing.assert_frame_equal(table[["a", "t"]], FRAME)


def test_snorkels_label_model_stays_to_choose_from(folder):
    frame = pd.DataFrame(np.random.default_rng(0).integers(0, 10, (400, 3)), columns=["a", "b", "c"])
    frame.to_parquet(folder / "in.parquet")
    functions = [lf(f"lf_{name}", f"return 1 if x['{name}'] > 6 else 0 if x['{name}'] < 5 else -1") for name in "abc"]
    response, table = labeled(folder, functions, seed=3, aggregator="label_model")
    votes = np.select([frame > 6, frame < 5], [1, 0], -1)
    model = LabelModel(cardinality=2, verbose=False)
    model.fit(votes, seed=3, progress_bar=False)
    assert response["aggregator"]["name"] == "label_model"
    assert table["label_probability"].to_numpy() == pytest.approx(model.predict_proba(votes)[:, 1], abs=1e-5)
    assert table["label"].isna()[(votes < 0).all(axis=1)].all()
    assert (table["label"] == model.predict(votes))[table["label"].notna()].all()


def test_more_than_two_classes_get_a_column_each(folder):
    response, table = labeled(folder, [lf("three", "return {1: 0, 5: 2}.get(x['a'], -1)")])
    assert table["label"].tolist() == pytest.approx([0.0, 2.0, np.nan, 2.0], nan_ok=True)
    assert table[[f"label_probability_{label}" for label in range(3)]].iloc[1].tolist() == [0.0, 0.0, 1.0]
    assert response["label_distribution"] == {"0": 1, "1": 0, "2": 2}


def test_cardinality_is_a_bound(folder):
    with pytest.raises(LabelingFunctionError, match="returned 2, but cardinality is 2") as caught:
        labeled(folder, [lf("two", "return 2 if x['a'] == 9 else 0")], cardinality=2)
    assert (caught.value.details["function"], caught.value.details["row"]) == ("two", 2)


def test_a_fault_names_function_line_row_and_reason_and_nothing_is_written(folder):
    functions = [ABSTAINS_AND_TIES[0], lf("bad", "return 1 if x['t'].startswith('y') else 0")]
    with pytest.raises(LabelingFunctionError) as caught:
        labeled(folder, functions)
    details = caught.value.details
    assert (details["function"], details["line"], details["row"]) == ("bad", 2, 2)
    assert "'NoneType'" in details["reason"]
    assert sorted(path.name for path in folder.iterdir()) == ["in.parquet"]


def test_the_first_faulty_row_is_named_also_in_later_blocks(folder):
    pd.DataFrame({"a": [1] * 250_000 + [0] + [1] * 100}).to_parquet(folder / "in.parquet")
    with pytest.raises(LabelingFunctionError) as caught:
        labeled(folder, [lf("divides", "return 1 // x['a']")])
    assert caught.value.details["row"] == 250_000


def test_an_earlier_output_survives_a_fault(folder):
    labeled(folder, ABSTAINS_AND_TIES)
    before = (folder / "out.parquet").read_bytes()
    with pytest.raises(LabelingFunctionError):
        labeled(folder, [lf("bad", "return 1 / 0")])
    assert (folder / "out.parquet").read_bytes() == before


@pytest.mark.parametrize("name", ["label", "label_probability"])
def test_a_label_column_in_the_input_is_refused(folder, name):
    FRAME.assign(**{name: 1}).to_parquet(folder / "in.parquet")
    with pytest.raises(ColumnError, match=name):
        labeled(folder, ABSTAINS_AND_TIES)


def test_the_input_is_not_overwritten(folder):
    with pytest.raises(OutputIsInputError):
        labeler.create_labels(str(folder / "in.parquet"), ABSTAINS_AND_TIES, str(folder / "in.parquet"))


def test_an_output_in_work_is_refused(folder):
    with claim_output(folder / "out.parquet"), pytest.raises(OutputBusyError):
        labeled(folder, ABSTAINS_AND_TIES)


@pytest.mark.parametrize(
    ("more", "field"),
    [({"cardinality": 1}, "cardinality"), ({"seed": -1}, "seed"), ({"aggregator": "magic"}, "aggregator")],
)
def test_impossible_parameters_are_refused(folder, more, field):
    with pytest.raises(RequestError) as caught:
        labeled(folder, ABSTAINS_AND_TIES, **more)
    assert caught.value.details["field"] == field


def test_label_model_of_two_functions_is_refused(folder):
    with pytest.raises(ImpossibleError, match="3 or more"):
        labeled(folder, ABSTAINS_AND_TIES, aggregator="label_model")


def test_the_same_seed_gives_the_same_bytes(folder):
    frame = pd.DataFrame(np.random.default_rng(0).integers(0, 10, (400, 3)), columns=["a", "b", "c"])
    frame.to_parquet(folder / "in.parquet")
    functions = [lf(f"lf_{name}", f"return 1 if x['{name}'] > 6 else 0 if x['{name}'] < 5 else -1") for name in "abc"]
    written = []
    for seed in (3, 3, 4):
        labeled(folder, functions, seed=seed, aggregator="label_model")
        written.append((folder / "out.parquet").read_bytes())
    assert written[0] == written[1] != written[2]


def test_votes_made_again_in_the_second_pass_give_the_same_bytes(folder, monkeypatch):
    pd.DataFrame(np.random.default_rng(0).integers(0, 10, (400, 3)), columns=["a", "b", "c"]).to_parquet(
        folder / "in.parquet"
    )
    functions = [lf(f"lf_{name}", f"return 1 if x['{name}'] > 6 else 0 if x['{name}'] < 5 else -1") for name in "abc"]
    labeled(folder, functions)
    kept = (folder / "out.parquet").read_bytes()
    monkeypatch.setattr("DataFoundry.labeling.labeling_run._KEPT_VOTES_BYTES", 0)
    labeled(folder, functions)
    assert (folder / "out.parquet").read_bytes() == kept


def test_threads_label_without_disturbing_each_other(folder):
    pd.DataFrame(np.random.default_rng(0).integers(0, 10, (400, 3)), columns=["a", "b", "c"]).to_parquet(
        folder / "in.parquet"
    )
    functions = [lf(f"lf_{name}", f"return len(str(x['{name}'])) if x['{name}'] > 6 else 0") for name in "abc"]

    def run(number):
        path = folder / f"out{number}.parquet"
        labeler.create_labels(str(folder / "in.parquet"), functions, str(path), seed=7)
        return path.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(run, range(6)))) == 1


def test_an_empty_table_stays_empty(folder):
    FRAME.iloc[:0].to_parquet(folder / "in.parquet")
    response, table = labeled(folder, ABSTAINS_AND_TIES)
    assert (response["num_rows"], len(table)) == (0, 0)


def test_csv_in_and_out(folder):
    FRAME.to_csv(folder / "in.csv", index=False)
    labeler.create_labels(str(folder / "in.csv"), ABSTAINS_AND_TIES, str(folder / "out.csv"))
    table = pd.read_csv(folder / "out.csv")
    assert table["label"].tolist() == pytest.approx([0.0, np.nan, np.nan, np.nan], nan_ok=True)
