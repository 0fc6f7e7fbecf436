"""The specification's own examples, copied as they stand; only the base URL differs."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
import torch

TEXT = (Path(__file__).parents[1] / "data" / "specification.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
WORKFLOW = next(block for block in PYTHON if "Complete workflow" in block)
PROMISED = {
    "/api/labeling/create-labels": {"output_path"},
    "/api/labeling/run-pipeline": {"output_path", "auc", "auc_interval", "target_reached", "attempts"},
    "/api/training/create-config": {"config_path", "config"},
    "/api/training/train-model": {"model_path", "preprocessor_path", "config_path"},
    "/api/training/run-pipeline": {"config_path", "model_path", "preprocessor_path", "utility_pct", "target_reached"},
    "/api/generation/generate-data": {"output_path", "num_generated", "label"},
    "/api/cleaning/detect-anomalies": {
        "num_samples_scanned",
        "anomaly_score_range",
        "mean_anomaly_score",
        "output_path",
    },
}


def json_example(path: str) -> dict[str, Any]:
    """The JSON body that the specification shows for a route."""
    found = re.search(rf"POST {path}\nContent-Type: application/json\n\n(\{{.*?\n\}})", TEXT, re.DOTALL)
    assert found, path
    body: dict[str, Any] = json.loads(found[1])
    return body


def python_example(route: str) -> str:
    """The Python block that the specification shows for a route."""
    return next(block for block in PYTHON if route in block and block is not WORKFLOW)


def run(block: str, server: Any) -> str:
    """Run a Python block as a program, in the folder above `backend/`; its output."""
    program = block.replace("http://localhost:5000", server.url)
    folder = server.backend.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def workflow(server: Any) -> str:
    """The complete workflow, run once; what it printed."""
    return run(WORKFLOW, server)


def test_the_demo_runs_the_workflow_as_it_is_written() -> None:
    script = Path(__file__).parents[2] / "backend" / "examples" / "complete_workflow.py"
    assert script.read_text() == WORKFLOW


def test_health_is_as_specified(server: Any) -> None:
    shown = json.loads(re.search(r"Response:\n```json\n(.*?)```", TEXT, re.DOTALL)[1])  # type: ignore[index]
    assert server.get("/health").json() == shown


def test_the_complete_workflow_finishes(workflow: str, server: Any) -> None:
    assert "Complete workflow finished successfully" in workflow
    output = server.backend / "output_data"
    labeled = pd.read_parquet(output / "adult_labeled.parquet")
    assert len(labeled) == 32_561 and list(labeled)[-2:] == ["label", "label_probability"]
    synthetic = pd.read_parquet(output / "synthetic_data.parquet")
    features = [name for name in labeled if not name.startswith("label")]
    assert list(synthetic) == [*features, "label"]
    assert len(synthetic) == 1000 and set(synthetic["label"]) == {1.0}
    assert (synthetic[features].dtypes == labeled[features].dtypes).all()
    for name in labeled[features].select_dtypes("object"):
        assert set(synthetic[name]) <= set(labeled[name])
    report = pd.read_parquet(output / "anomalies.parquet")
    assert sorted(report["row_index"]) == list(range(32_561))
    assert report["anomaly_score"].is_monotonic_decreasing and report["anomaly_score"].nunique() > 1000


def test_the_artifacts_open_plainly(workflow: str, server: Any) -> None:
    models = server.backend / "output_data" / "models"
    assert torch.load(models / "model.pth", weights_only=True)
    assert joblib.load(models / "preprocessor.joblib")
    assert json.loads((models / "history.json").read_text())


@pytest.mark.parametrize("route", ["/api/generation/generate-data", "/api/cleaning/detect-anomalies"])
def test_python_examples_on_a_trained_model(workflow: str, server: Any, route: str) -> None:
    printed = run(python_example(route), server)
    if route.endswith("generate-data"):
        assert printed.count("'success': True") == 2
        for name, label in (("high", 1.0), ("low", 0.0)):
            rows = pd.read_parquet(server.backend / "output_data" / f"synthetic_{name}_income.parquet")
            assert len(rows) == 1000 and set(rows["label"]) == {label}
    else:
        assert "Scanned 32561 samples" in printed and "Top 10 anomalies" in printed


def test_python_examples_of_labeling_and_training(workflow: str, server: Any) -> None:
    assert "'success': True" in run(python_example("/api/labeling/create-labels"), server)
    assert "Config created: /" in run(python_example("/api/training/create-config"), server)
    config = server.backend / "output_data" / "models" / "config.json"
    assert '"epochs": 50' in config.read_text()
    config.write_text(config.read_text().replace('"epochs": 50', '"epochs": 1'))  # the workflow has trained in full
    assert "Model trained: /" in run(python_example("/api/training/train-model"), server)


@pytest.fixture(scope="module")
def placeholders(service_code: Path, adult: pd.DataFrame) -> Path:
    """`backend/path/to/`, which the JSON examples name, with small tables in it."""
    folder = service_code / "path" / "to"
    folder.mkdir(parents=True)
    rows = adult.sample(2000, random_state=0)
    label = (rows["income"] == ">50K").astype(float)
    unlabeled = rows.drop(columns="income")
    unlabeled.to_csv(folder / "unlabeled.csv", index=False)
    unlabeled.to_parquet(folder / "unlabeled.parquet")
    unlabeled.assign(label=label).head(200).to_parquet(folder / "ground_truth.parquet")
    unlabeled.assign(label=label).head(1500).to_parquet(folder / "labeled_data.parquet")
    unlabeled.assign(label=label).tail(500).to_parquet(folder / "test_data.parquet")
    unlabeled.to_parquet(folder / "data.parquet")
    return folder


def test_json_examples_as_they_stand(start_server: Callable[..., Any], placeholders: Path) -> None:
    """In the order of the work; between create-config and train-model the paths become those of the next examples.

    Requests write into `backend/` where a data root says so.
    """
    server = start_server("--data-root", str(placeholders))
    answers = {}
    for path in list(PROMISED)[:3]:
        answers[path] = server.post(path, json_example(path))
        assert answers[path].status_code == 200, (path, answers[path].text)
    config = json.loads((placeholders / "output" / "config.json").read_text())
    config |= {"output_model_path": "path/to/model.pth", "preprocessor_path": "path/to/preprocessor.joblib"}
    config["training_params"]["epochs"] = 2
    (placeholders / "config.json").write_text(json.dumps(config))
    for path in list(PROMISED)[3:]:
        answers[path] = server.post(path, json_example(path))
    for path, answer in answers.items():
        assert answer.status_code == 200, (path, answer.text)
        body = answer.json()
        assert body["success"] is True and isinstance(body["message"], str)
        assert PROMISED[path] <= set(body), path
        for field in [name for name in body if name.endswith("_path") and body[name]]:
            assert Path(body[field]).is_absolute() and Path(body[field]).is_file(), field


def test_health_answers_while_a_model_trains(server: Any, small_model: Any) -> None:
    config = json.loads(small_model.config.read_text())
    config["data_path"] = "testing_data/adult.csv"
    config["model_params"] |= {"condition_cols": [], "decoder_hidden_layers": [64]}
    config["training_params"] |= {"epochs": 1, "batch_size": 512}
    config["output_model_path"] = str(server.root / "busy" / "model.pth")
    config["preprocessor_path"] = str(server.root / "busy" / "preprocessor.joblib")
    path = server.root / "busy" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps(config))
    answers: list[Any] = []
    training = threading.Thread(
        target=lambda: answers.append(server.post("/api/training/train-model", {"config_path": str(path)}))
    )
    training.start()
    answered_meanwhile = 0
    while training.is_alive():
        assert server.get("/health").status_code == 200
        answered_meanwhile += training.is_alive()
        time.sleep(0.05)
    training.join()
    assert answers[0].status_code == 200, answers[0].text
    assert answered_meanwhile >= 5
