"""The Python client and the command with `--url` against a running service."""

import inspect
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from company_tables import stays
from datafoundry import Client, JobProgress, ServiceError
from jobs.operations import OPERATIONS

BACKEND = Path(__file__).resolve().parents[2] / "backend"


def lf_dear(x: Any) -> int:
    return 1 if x.total > 150 else -1


def lf_cheap(x: Any) -> int:
    return 0 if x["total"] < 100 else -1


SMALL = {"latent_dim": 4, "encoder_hidden_layers": [16], "decoder_hidden_layers": [16]}  # learns nothing, quickly
METHODS = {
    "dataset.info": "info",
    "generation.evaluate": "evaluate",
    "labeling.run_pipeline": "run_labeling_pipeline",
    "training.run_pipeline": "run_training_pipeline",
    "cleaning.run_pipeline": "run_cleaning_pipeline",
    "generation.run_pipeline": "run_sharing_pipeline",
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_is_a_method_with_the_arguments_of_the_library(operation: str) -> None:
    method = getattr(Client, METHODS.get(operation, operation.partition(".")[2]))
    theirs = inspect.signature(OPERATIONS[operation].load()).parameters
    ours = inspect.signature(method).parameters
    assert [name for name in ours if name != "self"] == list(theirs)
    for name, parameter in theirs.items():
        required = parameter.default is inspect.Parameter.empty
        assert required == (ours[name].default is inspect.Parameter.empty), name


@pytest.fixture(scope="module")
def client(server: Any) -> Client:
    return Client(server.url)


@pytest.mark.slow
def test_the_whole_workflow_with_dataframes(client: Client, tmp_path: Path) -> None:
    frame = stays(300)
    labeled = client.create_labels(frame, [lf_dear, lf_cheap])
    rows = labeled.table()
    assert len(rows) == 300 and {"label", "label_probability"} <= set(rows)
    config = client.create_config(rows.dropna(subset=["label"]), model_params=SMALL, training_params={"epochs": 1})
    seen: list[JobProgress] = []
    client.on_progress = seen.append
    model = client.train_model(config["config_path"])
    assert any(each["unit"] == "epochs" or each["doing"] for each in seen)
    made = client.generate_data(model["model_path"], model["config_path"], num_to_generate=50, seed=1)
    assert list(made.table()) and len(made.table()) == 50
    report = client.evaluate(rows.dropna(subset=["label"]), made.table(), config_path=model["config_path"])
    assert report.save(tmp_path / "quality.html", "report_path").read_text().startswith("<!doctype html>")
    checked = client.check_table(frame)
    assert client.apply_fixes(frame, fixes_path=checked["fixes_path"]).table().shape == frame.shape


def test_what_the_service_refuses_is_an_exception_with_its_sentence(client: Client) -> None:
    with pytest.raises(ServiceError, match="there is no file") as refused:
        client.profile("nowhere.csv")
    assert (refused.value.status, refused.value.code) == (404, "file_not_found")
    with pytest.raises(ServiceError, match="cannot be reached"):
        Client("http://127.0.0.1:9").health()
    with pytest.raises(ValueError, match="reset_index"):
        client.info(stays(10).set_index("booking"))
    with pytest.raises(ValueError, match="with def"):
        client.create_labels(stays(10), [lambda x: 1])


def test_files_go_there_and_back_whole(client: Client, tmp_path: Path) -> None:
    stays(50).to_excel(tmp_path / "stays.xlsx", index=False)
    sent = client.upload(tmp_path / "stays.xlsx")
    assert client.download(sent, tmp_path / "back.xlsx").read_bytes() == (tmp_path / "stays.xlsx").read_bytes()
    assert list(client.table(sent)["booking"]) == list(stays(50)["booking"])
    with pytest.raises(ServiceError):
        client.download("nowhere.csv", tmp_path / "not.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back.xlsx", "stays.xlsx"]


@pytest.mark.slow
def test_jobs_are_listed_followed_and_cancelled(client: Client, server: Any) -> None:
    config = client.create_config(stays(1500), label_column="status")
    failed: list[ServiceError] = []

    def train() -> None:
        with pytest.raises(ServiceError) as stopped:
            client.train_model(config["config_path"])
        failed.append(stopped.value)

    training = threading.Thread(target=train)
    training.start()
    job = _running(client)
    assert client.job(job["id"])["operation"] == "training.train_model"
    assert client.cancel(job["id"])["state"] == "cancelled"
    training.join(60)
    assert failed[0].code == "job_cancelled"
    command = [sys.executable, "-m", "datafoundry_cli", "jobs", "--url", server.url]
    listed = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, check=True).stdout
    assert job["id"] in listed and "cancelled" in listed


def _running(client: Client) -> dict[str, Any]:
    for _ in range(300):
        found = [job for job in client.jobs("running") if job["operation"] == "training.train_model"]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no training began")


def test_the_command_lets_a_server_do_it_and_fetches_the_result(server: Any, tmp_path: Path) -> None:
    stays(300).to_csv(tmp_path / "mine.csv", index=False)
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from datafoundry_cli import main; sys.exit(main())"
    command = [
        sys.executable,
        "-c",
        program,
        str(BACKEND),
        "profile",
        "mine.csv",
        "--url",
        server.url,
        "-o",
        "page.html",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Uploading mine.csv" in done.stderr
    assert "country follows from city." in done.stdout
    assert "<html" in (tmp_path / "page.html").read_text()[:200]
