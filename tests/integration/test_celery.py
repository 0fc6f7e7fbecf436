"""The same jobs on Celery workers: over a folder always, over a real Redis where one is installed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
from distributed import Client

from dask_cluster import Cluster
from DataFoundry import labeler
from live_service import BACKEND, Service, training, weights
from processes import alive, children, free_port, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


@dataclass
class Farm:
    """A server whose jobs run on a Celery worker."""

    service: Service
    worker: subprocess.Popen[bytes]

    def at_work(self) -> list[int]:
        """Processes of the worker that run a job."""
        return [each for each in children(self.worker.pid) if alive(each)]


def test_a_promised_job_waits_for_a_broker_that_is_not_there_and_a_request_does_not(tmp_path: Path) -> None:
    service = Service(tmp_path, free_port(), {"DATAFOUNDRY_BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}).start()
    try:
        body = {"config_path": str(tmp_path / "config.json")}
        address = service.accepted("/api/training/train-model", body)
        until(lambda: "waits: The broker of the workers cannot be reached" in (tmp_path / "log").read_text())
        assert service.job(address)["state"] == "running"
        answer = requests.delete(service.url + address, timeout=60)
        assert answer.status_code == 200 and answer.json()["job"]["state"] == "cancelled"
        refused = service.post("/api/training/train-model", body)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy") and refused.headers["Retry-After"]
    finally:
        service.kill()


@pytest.fixture(scope="module", params=["filesystem", "redis"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "filesystem":
        yield f"filesystem://{tmp_path_factory.mktemp('broker')}"
        return
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    redis = subprocess.Popen([program, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    yield f"redis://127.0.0.1:{port}/0"
    redis.kill()
    redis.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    begun = Cluster(tmp_path_factory.mktemp("dask"))
    begun.add_worker()
    yield begun
    begun.close()


@pytest.fixture(scope="module")
def farm(broker: str, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    root = tmp_path_factory.mktemp("farm")
    bounds = {"DATAFOUNDRY_BROKER_URL": broker, "DATAFOUNDRY_CHECKPOINT_SECONDS": "1"}
    bounds["DATAFOUNDRY_DASK_SCHEDULER"] = cluster.url
    service = Service(root, free_port(), bounds)
    roots = {"DATAFOUNDRY_DATA_ROOTS": str(root), "DATAFOUNDRY_STATE_DIR": str(root / ".state")}
    command = [sys.executable, "-m", "celery", "-A", "jobs.celery_app", "worker", "--concurrency", "1", "-l", "INFO"]
    with open(root / "worker.log", "wb") as log:
        worker = subprocess.Popen(
            command, cwd=BACKEND, env={**os.environ, **bounds, **roots}, stdout=log, stderr=log, start_new_session=True
        )
    yield Farm(service.start(), worker)
    service.kill()
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@pytest.fixture(scope="module")
def table(farm: Farm, adult: pd.DataFrame) -> Path:
    rows = adult.sample(600, random_state=0)
    path = farm.service.root / "table.parquet"
    rows.assign(label=(rows.pop("income") == ">50K").astype(float)).to_parquet(path)
    return path


def labeling(farm: Farm, column: str) -> dict[str, Any]:
    (farm.service.root / "a.csv").write_text("a,b\n1,2\n4,3\n")
    code = f"def lf(x):\n    return x['{column}'] % 2 if x['b'] else -1"
    return {
        "data_path": str(farm.service.root / "a.csv"),
        "output_path": str(farm.service.root / "labeled.csv"),
        "labeling_functions": [{"name": "lf", "code": code}],
    }


def test_an_answer_and_an_error_are_what_they_are_without_celery(farm: Farm) -> None:
    here = farm.service.post("/api/labeling/create-labels", labeling(farm, "a"))
    assert here.status_code == 200 and here.json()["label_distribution"] == {"0": 1, "1": 1}
    refused = farm.service.post("/api/labeling/create-labels", labeling(farm, "nothing"))
    assert (refused.status_code, refused.json()["code"]) == (422, "labeling_function_failed")
    assert refused.json()["details"]["function"] == "lf"


def test_a_job_on_celery_spreads_its_blocks_over_workers_of_dask(
    farm: Farm, cluster: Cluster, adult: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, outputs = farm.service.root / "parts", [farm.service.root / f"{name}.parquet" for name in ("there", "here")]
    parts.mkdir()
    for number in range(6):  # each begins a block
        adult.drop(columns="income").iloc[number * 50 :][:50].to_parquet(parts / f"{number}.parquet")
    code = "def young(x):\n    return 1 if x['age'] < 28 else 0"
    body = {"data_path": str(parts), "labeling_functions": [{"name": "young", "code": code}], "seed": 1}
    before = steps(cluster)
    told = farm.service.post("/api/labeling/create-labels", {**body, "output_path": str(outputs[0])})
    assert told.status_code == 200 and steps(cluster) > before, told.text
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(farm.service.root))
    labeler.create_labels(**body, output_path=str(outputs[1]))
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def steps(cluster: Cluster) -> Any:
    """How much the scheduler has done."""
    with Client(cluster.url, set_as_default=False) as client:
        return client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter)


@pytest.mark.parametrize("broker", ["redis"], indirect=True, scope="module")  # of both it would take two minutes more
def test_a_training_whose_process_is_killed_is_handed_on_and_ends_in_the_same_weights(farm: Farm, table: Path) -> None:
    service = farm.service
    address = service.accepted("/api/training/train-model", training(service, table, "killed"))
    until(lambda: (service.root / "killed" / "model.checkpoint.pth").exists())
    until(lambda: service.job(address)["progress"])
    for process in farm.at_work():
        os.kill(process, signal.SIGKILL)
    assert service.finished(address)["state"] == "succeeded"
    assert service.post("/api/training/train-model", training(service, table, "straight")).status_code == 200
    assert weights(service.root / "killed") == weights(service.root / "straight")


def test_a_cancelled_job_is_revoked_and_leaves_nothing(farm: Farm, table: Path) -> None:
    service = farm.service
    address = service.accepted("/api/training/train-model", training(service, table, "cancelled", epochs=100_000))
    until(lambda: (service.root / "cancelled" / "model.checkpoint.pth").exists())
    assert requests.delete(service.url + address, timeout=60).json()["job"]["state"] == "cancelled"
    assert [path.name for path in (service.root / "cancelled").iterdir()] == ["config.json"]
    assert service.post("/api/labeling/create-labels", labeling(farm, "a")).status_code == 200, "the worker is free"


@pytest.mark.parametrize("broker", ["redis"], indirect=True, scope="module")  # of both it would take two minutes more
def test_a_server_that_was_killed_finds_its_job_again(farm: Farm, table: Path) -> None:
    service = farm.service
    address = service.accepted("/api/training/train-model", training(service, table, "followed"))
    until(lambda: (service.root / "followed" / "model.checkpoint.pth").exists())
    service.kill()
    service.start()
    assert service.finished(address)["state"] == "succeeded"
    assert (service.root / "worker.log").read_text().count(f"{address.rsplit('/', 1)[1]}-1] received") == 1
