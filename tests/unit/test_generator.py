from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from company_tables import members, stays
from DataFoundry import generator, trainer
from DataFoundry.errors import ImpossibleError, RequestError, TooLargeError, UnknownLabelError

SMALL = {"latent_dim": 2, "encoder_hidden_layers": [8], "decoder_hidden_layers": [16]}


@pytest.fixture(scope="module")
def trained(adult, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))
        adult.head(500).rename(columns={"income": "label"}).to_csv(folder / "t.csv", index=False)
        made = trainer.create_config(
            str(folder / "t.csv"), str(folder), "tabular_cvae", SMALL, {"epochs": 1, "seed": 1}
        )
        told = trainer.train_model(made["config_path"])
    return folder, told["model_path"], told["config_path"]


@pytest.fixture
def draw(trained, monkeypatch):
    folder, model, config = trained
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))

    def drawn(name="out.parquet", **arguments):
        told = generator.generate_data(model, config, output_path=str(folder / name), **arguments)
        return told, folder / name

    return drawn


def test_exactly_the_rows_asked_for_in_each_format(draw):
    told, path = draw(label=">50K", num_to_generate=37, seed=5)
    table = pd.read_parquet(path)
    assert len(table) == 37 == told["num_generated"]
    assert told["output_path"] == str(path) and told["label"] == ">50K" and told["seed"] == 5
    assert set(table["label"]) == {">50K"}
    assert list(table.columns)[0] == "age" and list(table.columns)[-1] == "label"

    _, path = draw("out.csv", label=">50K", num_to_generate=37, seed=5, output_format="csv")
    pd.testing.assert_frame_equal(pd.read_csv(path), table)

    _, path = draw("out.pt", label=">50K", num_to_generate=37, seed=5, output_format="pt")
    content = torch.load(path, weights_only=True)
    assert content["columns"] == list(table.columns)
    assert content["tensors"]["age"].tolist() == table["age"].tolist()
    assert [content["categories"]["sex"][i] for i in content["tensors"]["sex"]] == table["sex"].tolist()


def test_the_suffix_tells_the_format_where_none_is_asked_for(draw):
    _, path = draw("plain.csv", num_to_generate=5)
    assert len(pd.read_csv(path)) == 5


def test_without_a_label_labels_come_as_often_as_in_training(draw):
    _, path = draw(num_to_generate=1000, seed=1)
    counts = pd.read_parquet(path)["label"].value_counts()
    training = pd.read_csv(path.parent / "t.csv")["label"].value_counts()
    assert abs(counts[">50K"] / 1000 - training[">50K"] / 500) <= 0.001


def test_a_seed_gives_the_same_bytes_and_none_gives_others(draw):
    files = [draw(num_to_generate=50, seed=seed)[1].read_bytes() for seed in (7, 7, 8, None, None)]
    assert files[0] == files[1]
    assert len(set(files[1:])) == 4


def test_the_table_does_not_depend_on_how_many_chunks_make_a_block(draw, monkeypatch):
    monkeypatch.setattr("DataFoundry.models.sampling.CHUNK_ROWS", 100)
    whole = pd.read_parquet(draw(num_to_generate=950, seed=3)[1])
    monkeypatch.setattr("DataFoundry.generator._CHUNKS_IN_BLOCK", 1)
    pd.testing.assert_frame_equal(pd.read_parquet(draw(num_to_generate=950, seed=3)[1]), whole)


def test_an_unknown_label_writes_nothing(draw):
    with pytest.raises(UnknownLabelError, match="'<=50K', '>50K'"):
        draw("none.parquet", label=2.0)
    assert not (draw(num_to_generate=1)[1].parent / "none.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"num_to_generate": 0}, RequestError),
        ({"num_to_generate": 10**12}, TooLargeError),
        ({"output_format": "xlsx"}, RequestError),
        ({"output_format": "csv"}, RequestError),
    ],
)
def test_what_cannot_be_is_refused(draw, arguments, error):
    with pytest.raises(error):
        draw(**arguments)


@pytest.mark.parametrize(
    "conditions",
    [
        {"sex": "Female"},
        {"sex": "Female", "age": {"min": 30, "max": 40}},
        {"education": ["Bachelors", "Masters"], "hours-per-week": {"min": 45}},
        {"fnlwgt": {"min": 100_000, "max": 140_000}},
        {"native-country": "Mexico"},
    ],
)
def test_every_row_meets_the_conditions(draw, conditions):
    _, path = draw(num_to_generate=300, seed=1, conditions=conditions)
    table = pd.read_parquet(path)
    assert len(table) == 300
    for name, wanted in conditions.items():
        if isinstance(wanted, dict):
            assert table[name].between(wanted.get("min", -1e9), wanted.get("max", 1e9)).all()
        else:
            assert table[name].isin(wanted if isinstance(wanted, list) else [wanted]).all()
    assert table["occupation"].nunique() > 3 or "native-country" in conditions


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ({"height": 3}, "no column 'height'"),
        ({"sex": "Other"}, "'Male'"),
        ({"sex": {"min": 1}}, "category"),
        ({"age": {"min": 500}}, "from 17 to"),
        ({"age": "old"}, "number"),
        ({"age": {"least": 3}}, "'min'"),
        ({"age": []}, "at least one"),
    ],
)
def test_a_condition_that_cannot_be_met_is_told(draw, conditions, word):
    with pytest.raises(RequestError, match=word):
        draw("none.parquet", conditions=conditions)


def test_rules_of_the_table_are_kept_and_told(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    columns = ["city", "country", "arrived", "left", "nights", "price", "guests", "total", "shown", "status", "paid_on"]
    frame = stays(600)[columns].assign(label=lambda each: np.where(each["guests"] > 4, "many", "few"))
    frame.to_csv(tmp_path / "t.csv", index=False)
    made = trainer.create_config(
        str(tmp_path / "t.csv"), str(tmp_path), "tabular_cvae", SMALL, {"epochs": 1, "seed": 1}
    )
    told = trainer.train_model(made["config_path"])

    def drawn(**arguments):
        answer = generator.generate_data(
            told["model_path"], made["config_path"], output_path=str(tmp_path / "s.parquet"), seed=1, **arguments
        )
        return answer, pd.read_parquet(tmp_path / "s.parquet")

    answer, table = drawn(num_to_generate=5000)
    assert list(table.columns) == [*columns, "label"]
    kept = {(rule["kind"], *rule["columns"]) for rule in answer["rules_kept"]}
    assert {("determines", "city", "country"), ("formula", "guests", "price", "total")} <= kept
    assert answer["warnings"] == [] and len(kept) == len([r for r in made["config"]["rules"] if not r["exceptions"]])
    assert np.allclose(table["total"], np.round(table["guests"] * table["price"], 2))
    assert (table["paid_on"].notna() == (table["status"] == "paid")).all()
    assert (table["guests"] > 4).eq(table["label"] == "many").all()  # a label that follows from a feature

    answer, table = drawn(num_to_generate=300, conditions={"country": "GB", "total": {"min": 200}})
    assert len(table) == 300 and set(table["country"]) == {"GB"} and table["total"].min() >= 200
    with pytest.raises(ImpossibleError, match="too rare"):
        drawn(num_to_generate=5, conditions={"total": {"min": 10**9}})
    with pytest.raises(RequestError, match="no training row"):
        drawn(num_to_generate=5, conditions={"country": "Mars"})


def test_who_somebody_is_is_made_anew_and_told(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    real = members()
    real.to_csv(tmp_path / "t.csv", index=False)
    made = trainer.create_config(
        str(tmp_path / "t.csv"), str(tmp_path), "tabular_cvae", SMALL, {"epochs": 1, "seed": 1}
    )
    features = made["config"]["model_params"]["feature_cols"]
    assert features["made_cols"] == ["member_id", "name", "email", "phone", "note"] and made["warnings"] == []
    told = trainer.train_model(made["config_path"])

    def drawn(**arguments):
        answer = generator.generate_data(
            told["model_path"], made["config_path"], output_path=str(tmp_path / "s.parquet"), **arguments
        )
        return answer, pd.read_parquet(tmp_path / "s.parquet")

    answer, table = drawn(num_to_generate=5000, seed=1)
    assert list(table.columns) == list(real.columns) and list(answer["replaced"]) == features["made_cols"]
    assert answer["warnings"] == [] and table["member_id"].is_unique and table["email"].is_unique
    for name in features["made_cols"]:
        assert not set(table[name]) & set(real[name])
    assert table["member_id"].str.fullmatch(r"M-\d{5}").all()
    assert table["phone"].str.fullmatch(r"\+44 \d{3} \d{6}").all()
    gloomy = table["note"].str.contains("cold|crowded|noisy")
    assert gloomy[table["label"] == "leaves"].mean() > 0.9 and gloomy[table["label"] == "stays"].mean() < 0.1
    for path in (told["model_path"], told["preprocessor_path"]):
        content = Path(path).read_bytes()
        assert not any(value.encode() in content for name in ("email", "phone") for value in real[name])

    again = drawn(num_to_generate=5000, seed=1)[1]
    pd.testing.assert_frame_equal(again, table)
    assert not set(drawn(num_to_generate=300)[1]["name"]) >= set(table["name"])
    with pytest.raises(RequestError, match="made anew"):
        drawn(num_to_generate=5, conditions={"email": "a@b.c"})


def test_a_column_is_copied_only_where_somebody_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    real = members(300)
    real.to_csv(tmp_path / "t.csv", index=False)
    said = {"name": {"kind": "category"}}
    made = trainer.create_config(
        str(tmp_path / "t.csv"), str(tmp_path), "tabular_cvae", SMALL, {"epochs": 1, "seed": 1}, columns=said
    )
    assert "name" in made["config"]["model_params"]["feature_cols"]["categorical_cols"]
    told = trainer.train_model(made["config_path"])
    answer = generator.generate_data(told["model_path"], made["config_path"], output_path=str(tmp_path / "s.csv"))
    assert "name" not in answer["replaced"]
    assert set(pd.read_csv(tmp_path / "s.csv")["name"]) <= {*real["name"], "(rare)"}


def test_rules_that_somebody_says_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    frame = members(400)[["branch", "mark", "label"]]
    frame = frame[(frame["branch"] != "west") | (frame["mark"] > 3)]
    frame.to_csv(tmp_path / "t.csv", index=False)
    allowed = frame[["branch", "mark"]].drop_duplicates().to_numpy().tolist()
    said = [
        {"kind": "combinations", "columns": ["branch", "mark"], "details": {"values": allowed}},
        {"kind": "range", "columns": ["mark"], "details": {"low": 1, "high": 2}},
    ]
    made = trainer.create_config(
        str(tmp_path / "t.csv"), str(tmp_path), "tabular_cvae", SMALL, {"epochs": 1, "seed": 1}, rules=said
    )
    told = trainer.train_model(made["config_path"])
    assert any("range of mark" in each for each in told["warnings"])  # the table itself breaks it
    answer = generator.generate_data(
        told["model_path"], made["config_path"], num_to_generate=2000, output_path=str(tmp_path / "s.parquet")
    )
    assert [rule["kind"] for rule in answer["rules_kept"]] == ["combinations"]
    rows = pd.read_parquet(tmp_path / "s.parquet")
    assert (rows["mark"][rows["branch"] == "west"] > 3).all()
