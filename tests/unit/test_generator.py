import pandas as pd
import pytest
import torch

from DataFoundry import generator, trainer
from DataFoundry.errors import RequestError, TooLargeError, UnknownLabelError

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
