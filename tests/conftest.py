"""What every test may use: a data root of its own, Adult, and a real server on a real port."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from hypothesis import settings

from processes import free_port

# The same examples everywhere; `--hypothesis-profile explore` looks further.
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=3000)
settings.load_profile("same")

REPOSITORY = Path(__file__).resolve().parents[1]
BACKEND = REPOSITORY / "backend"
DATA = REPOSITORY / "tests" / "data"


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Jobs of the tests are not those of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that requests may read and write."""
    folder = tmp_path / "root"
    folder.mkdir()
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))
    return folder


@pytest.fixture(scope="session")
def adult() -> pd.DataFrame:
    """Adult's 32,561 training rows; do not change it."""
    return pd.read_csv(BACKEND / "testing_data" / "adult.csv")


@dataclass
class Server:
    """A running service."""

    url: str
    root: Path
    backend: Path
    process: subprocess.Popen[bytes]
    log: Path

    def post(self, path: str, body: Any, **options: Any) -> requests.Response:
        """POST `body` as JSON."""
        return requests.post(self.url + path, json=body, timeout=300, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """GET."""
        return requests.get(self.url + path, timeout=60, **options)


@pytest.fixture(scope="session")
def service_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `backend/`, so that no test touches what the user has in `backend/output_data`."""
    backend = tmp_path_factory.mktemp("clone") / "backend"
    shutil.copytree(BACKEND, backend, ignore=shutil.ignore_patterns("output_data", "__pycache__"))
    return backend


@pytest.fixture(scope="session")
def start_server(service_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start `python flask_api.py` as a user does: `start_server("--flag", ..., VARIABLE="value")`; ended at the end."""
    started: list[Server] = []

    def start(*flags: str, backend: Path = service_code, **environment: str) -> Server:
        root = tmp_path_factory.mktemp("served")
        log = tmp_path_factory.mktemp("log") / "server.log"
        port = free_port()
        state = {"DATAFOUNDRY_STATE_DIR": str(tmp_path_factory.mktemp("state"))}
        command = [sys.executable, "flask_api.py", "--host", "127.0.0.1", "--port", str(port), "--data-root", str(root)]
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [*command, *flags],
                cwd=backend,
                stdout=output,
                stderr=output,
                env=os.environ | state | environment,
            )
        started.append(Server(f"http://127.0.0.1:{port}", root, backend, process, log))
        _wait(started[-1])
        return started[-1]

    yield start
    for each in started:
        each.process.terminate()
    for each in started:
        each.process.wait(timeout=60)


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Server]) -> Server:
    """One service with one data root more, for all tests of the session."""
    return start_server()


def _wait(server: Server) -> None:
    for _ in range(1500):
        if server.process.poll() is not None:
            break
        try:
            server.get("/health")
            return
        except requests.RequestException:  # also one that waits in the kernel's queue while the machine is busy
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{server.log.read_text()}")


@dataclass
class SmallModel:
    """A model trained in a few seconds on 600 rows of Adult with the label 0.0 or 1.0."""

    table: Path
    config: Path
    model: Path
    preprocessor: Path

    def scan(self, **changes: Any) -> dict[str, Any]:
        """A request for detect-anomalies."""
        request = {
            "config_path": str(self.config),
            "model_path": str(self.model),
            "preprocessor_path": str(self.preprocessor),
            "data_to_scan_path": str(self.table),
        }
        return {**request, **changes}

    def generation(self, **changes: Any) -> dict[str, Any]:
        """A request for generate-data."""
        request = {"model_path": str(self.model), "config_path": str(self.config), "num_to_generate": 50}
        return {**request, **changes}


@pytest.fixture(scope="session")
def small_model(server: Server, adult: pd.DataFrame) -> SmallModel:
    """Trained by the running server, through its routes."""
    table = server.root / "small" / "table.parquet"
    table.parent.mkdir()
    rows = adult.sample(600, random_state=0).drop(columns="income")
    rows.assign(label=(adult["income"] == ">50K").astype(float)).dropna(subset="age").to_parquet(table)
    body = {
        "data_path": str(table),
        "output_dir": str(table.parent),
        "model_params": {"latent_dim": 4, "encoder_hidden_layers": [16], "decoder_hidden_layers": [16]},
        "training_params": {"epochs": 2, "batch_size": 64, "seed": 1},
    }
    config = server.post("/api/training/create-config", body).json()["config_path"]
    trained = server.post("/api/training/train-model", {"config_path": config}).json()
    return SmallModel(table, Path(config), Path(trained["model_path"]), Path(trained["preprocessor_path"]))
