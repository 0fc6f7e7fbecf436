"""The evaluator's entry points on real files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from DataFoundry.errors import (
    ArtifactError,
    ColumnError,
    IncompatibleArtifactError,
    MissingFileError,
    OutsideDataRootsError,
    UnsupportedModelError,
)
from DataFoundry.evaluator import describe_dataset, detect_anomalies, evaluate_synthetic
from DataFoundry.settings import TESTING_FOLDER
from DataFoundry.storage.artifacts import load_model, save_model
from DataFoundry.trainer import create_config, train_model

ADULT = "backend/testing_data/adult.csv"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    return tmp_path


def test_adult_is_described() -> None:
    found = describe_dataset(ADULT)

    assert (found["num_rows"], found["num_columns"]) == (32_561, 15)
    assert found["sample_data"][0]["workclass"] == "State-gov"
    assert found["numeric_summary"]["age"]["max"] == 90
    assert found["categorical_summary"]["sex"]["distinct"] == 2


def test_a_folder_of_parquet_files_is_described_as_one_table(folder: Path) -> None:
    parts = folder / "parts"
    parts.mkdir()
    for number in range(2):
        pd.DataFrame({"a": [number, number + 1]}).to_parquet(parts / f"{number}.parquet")

    found = describe_dataset(str(parts))

    assert found["num_rows"] == 4
    assert [row["a"] for row in found["sample_data"]] == [0, 1, 1, 2]


def test_bad_paths_are_refused(folder: Path) -> None:
    with pytest.raises(MissingFileError, match="data_path"):
        describe_dataset(str(folder / "nowhere.csv"))
    with pytest.raises(OutsideDataRootsError):
        describe_dataset("/etc/passwd")


def written(folder: Path, **tables: pd.DataFrame) -> dict[str, str]:
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return {f"{name}_path": str(folder / f"{name}.csv") for name in tables}


def halves(rows: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    sample = pd.read_csv(TESTING_FOLDER / "adult.csv", nrows=3 * rows)
    sample = sample[["age", "sex", "capital-gain", "income"]].rename(columns={"income": "label"})
    return tuple(sample.iloc[start : start + rows] for start in range(0, 3 * rows, rows))


def test_a_synthetic_table_is_judged_and_the_report_written(folder: Path) -> None:
    real, synthetic, holdout = halves(150)
    paths = written(folder, real=real, synthetic=synthetic, holdout=holdout)

    found = evaluate_synthetic(**paths, output_path=str(folder / "out" / "quality.json"))

    told = json.loads((folder / "out" / "quality.json").read_text())
    assert told == {name: value for name, value in found.items() if name not in ("output_path", "report_path")}
    assert 0.8 < found["scores"]["utility"]["synthetic"] < 1.2
    assert Path(found["report_path"]) == folder / "out" / "quality.html"
    assert "<svg" in Path(found["report_path"]).read_text()
    assert evaluate_synthetic(**paths, output_path=str(folder / "again.json"))["scores"] == found["scores"]


def test_a_missing_label_column_leaves_no_file(folder: Path) -> None:
    real, synthetic, _ = halves(30)

    with pytest.raises(ColumnError, match="income"):
        paths = written(folder, real=real, synthetic=synthetic)
        evaluate_synthetic(**paths, label_column="income", output_path=str(folder / "quality.json"))

    assert sorted(each.name for each in folder.iterdir()) == ["real.csv", "synthetic.csv"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Paths of a small model of 400 rows of Adult, its own data root, and the table."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))
        sample = pd.read_csv(TESTING_FOLDER / "adult.csv", nrows=400)
        sample = sample[["age", "sex", "capital-gain", "income"]].rename(columns={"income": "label"})
        sample.to_csv(folder / "adult.csv", index=False)
        small = {"latent_dim": 2, "encoder_hidden_layers": [8], "decoder_hidden_layers": [8]}
        few = {"epochs": 1, "seed": 0}
        config = create_config(str(folder / "adult.csv"), str(folder), "tabular_cvae", small, few)["config_path"]
        files = train_model(config)
        names = ("config_path", "model_path", "preprocessor_path")
        yield {"data_to_scan_path": str(folder / "adult.csv"), **{name: files[name] for name in names}}


def test_a_scan_answers_what_the_contract_says(folder: Path, trained: dict[str, str], monkeypatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", f"{folder}:{Path(trained['config_path']).parent}")

    found = detect_anomalies(**trained, output_path=str(folder / "report.parquet"))

    report = pd.read_parquet(found["output_path"])
    scores = report["anomaly_score"]
    assert found["num_samples_scanned"] == len(report) == 400
    assert found["anomaly_score_range"] == [scores.min(), scores.max()]
    assert found["mean_anomaly_score"] == pytest.approx(scores.mean())
    assert found["num_flagged"] == report["is_anomaly"].sum()
    assert found["threshold_method"] == "false_alarm_rate"
    assert "<svg" in Path(found["report_path"]).read_text()
    assert list(pd.read_csv(found["suggested_fixes_path"]).columns) == [
        "row",
        "column",
        "found",
        "expected",
        "confidence",
    ]
    json.dumps(found, allow_nan=False)
    again = detect_anomalies(**trained, output_path=str(folder / "again.parquet"))
    assert Path(again["output_path"]).read_bytes() == Path(found["output_path"]).read_bytes()


def test_a_gan_is_told_which_types_can_find_anomalies(folder: Path, trained: dict[str, str], monkeypatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", f"{folder}:{Path(trained['config_path']).parent}")
    config = json.loads(Path(trained["config_path"]).read_text()) | {"model_type": "tabular_ctgan"}
    (folder / "config.json").write_text(json.dumps(config))

    with pytest.raises(UnsupportedModelError, match="tabular_cvae, mixed_data_cvae, tabular_vae_gmm"):
        detect_anomalies(**trained | {"config_path": str(folder / "config.json")})


def test_a_missing_or_damaged_detector_is_told(folder: Path, trained: dict[str, str], monkeypatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", f"{folder}:{Path(trained['config_path']).parent}")
    payload = load_model(Path(trained["model_path"]))
    for damage, kind in ((None, IncompatibleArtifactError), ({"cells": {}}, ArtifactError)):
        save_model(folder / "model.pth", payload | {"detector": damage})

        with pytest.raises(kind):
            detect_anomalies(**trained | {"model_path": str(folder / "model.pth")}, output_path=str(folder / "r.csv"))

    assert [path.name for path in folder.iterdir()] == ["model.pth"]
