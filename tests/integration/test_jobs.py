"""Jobs over real HTTP, with servers and workers that are really killed."""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests
import websocket
from werkzeug.serving import make_server

from api import create_app
from live_service import ASYNC, BACKEND, Service, training, weights
from processes import children, descendants, free_port, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    bounds = {"DATAFOUNDRY_MAX_RUNNING_JOBS": "2", "DATAFOUNDRY_CHECKPOINT_SECONDS": "1"}
    served = Service(tmp_path_factory.mktemp("jobs"), free_port(), bounds).start()
    yield served
    served.kill()


@pytest.fixture(scope="module")
def table(service: Service, adult: pd.DataFrame) -> Path:
    rows = adult.sample(600, random_state=0)
    path = service.root / "table.parquet"
    rows.assign(label=(rows.pop("income") == ">50K").astype(float)).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def undisturbed(service: Service, table: Path) -> str:
    """The weights of the training that nobody interrupts."""
    assert service.post("/api/training/train-model", training(service, table, "undisturbed")).status_code == 200
    return weights(service.root / "undisturbed")


def checkpointed(service: Service, name: str, address: str) -> bool:
    assert service.job(address)["state"] in ("queued", "running"), "it ended before it could be interrupted"
    return (service.root / name / "model.checkpoint.pth").exists()


def events(service: Service, address: str, **headers: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Number, name and data of every server-sent event until the stream ends."""
    text = service.get(f"{address}/events", **headers).text
    found = []
    for block in [block for block in text.split("\n\n") if block.startswith("id:")]:
        number, name, data = block.split("\n")
        found.append((int(number[4:]), name[7:], json.loads(data[6:])))
    return found


def test_a_job_is_followed_to_the_answer_that_a_waiting_client_gets(service, table):
    body = training(service, table, "followed", epochs=3)
    answer = service.post("/api/training/train-model", body, **ASYNC)
    address = answer.headers["Location"]
    assert answer.headers["Preference-Applied"] == "respond-async" and "Prefer" in answer.headers["Vary"]
    told = events(service, address)
    numbers, names, jobs = zip(*told, strict=True)
    assert list(numbers) == sorted(set(numbers)) and names[-1] == "succeeded"
    last = jobs[-1]["progress"]
    assert (last["doing"], last["unit"], last["done"], last["total"]) == ("training", "epochs", 3, 3)
    assert last["train_loss"] > 0 and last["seconds_left"] == 0
    lines = [line["text"] for line in service.get(f"{address}/log").json()["lines"]]
    assert lines[0] == "begun" and "training 3 epochs" in lines and lines[-1].startswith("succeeded after ")
    result = service.job(address)["result"]
    waited = service.post("/api/training/train-model", body).json()
    assert set(result) == set(waited) and result["model_path"] == waited["model_path"] and result["success"] is True
    assert result["history"][-1]["train_loss"] == waited["history"][-1]["train_loss"]
    assert [number for number, _, _ in events(service, address, **{"Last-Event-ID": str(numbers[-2])})] == [numbers[-1]]
    assert service.get(f"{address}/events", **{"Last-Event-ID": str(numbers[-1])}).status_code == 204


def test_a_client_may_wait_a_while_before_it_takes_a_promise(service, table):
    answer = service.post("/api/dataset/info", {"data_path": str(table)}, Prefer="respond-async, wait=60")
    assert answer.status_code == 200 and answer.json()["num_rows"] == 600


def test_a_failed_job_says_what_a_waiting_client_hears(service):
    body = {"data_path": str(service.root / "none.csv")}
    waited = service.post("/api/dataset/info", body)
    error = service.finished(service.accepted("/api/dataset/info", body))["error"]
    assert (error.pop("status"), error) == (waited.status_code, waited.json()) and waited.status_code == 404
    refused = service.post("/api/dataset/info", {}, **ASYNC)
    assert refused.status_code == 400, "what is no request becomes no job"


def badness(process: int) -> int:
    return int(Path(f"/proc/{process}/oom_score_adj").read_text())


def test_a_killed_worker_is_one_requests_problem(service, table):
    body = training(service, table, "killed", epochs=10_000)
    answers: list[requests.Response] = []
    client = threading.Thread(target=lambda: answers.append(service.post("/api/training/train-model", body)))
    client.start()
    [worker] = until(service.workers)
    until(lambda: (service.root / "killed" / "model.checkpoint.pth").exists())
    assert service.process is not None
    servers = [service.process.pid, *children(service.process.pid)]
    assert all(badness(each) < badness(worker) for each in servers), "without memory, the worker is killed first"
    os.kill(worker, signal.SIGKILL)
    client.join()
    assert (answers[0].status_code, answers[0].json()["code"]) == (500, "job_killed")
    assert [path.name for path in (service.root / "killed").iterdir()] == ["config.json"], "no checkpoint for nobody"
    assert service.get("/health").status_code == 200 and service.unfinished_files() == []


def test_a_request_that_nobody_waits_for_any_more_leaves_nothing(service, table):
    body = training(service, table, "orphan", epochs=10_000)

    def wait_in_vain() -> None:
        with suppress(requests.ConnectionError):
            service.post("/api/training/train-model", body)

    client = threading.Thread(target=wait_in_vain)
    client.start()
    until(lambda: (service.root / "orphan" / "model.checkpoint.pth").exists())
    assert service.process is not None
    for each in descendants(service.process.pid):  # else it would finish what runs before it ends
        os.kill(each, signal.SIGKILL)
    service.kill()
    client.join()
    service.start()
    assert [path.name for path in (service.root / "orphan").iterdir()] == ["config.json"]
    assert service.get("/api/jobs?limit=1&state=failed").json()["jobs"][0]["error"]["code"] == "job_killed"


def test_workers_stand_back_behind_the_server(service, table):
    address = service.accepted("/api/training/train-model", training(service, table, "nice", epochs=10_000))
    [worker] = until(service.workers)
    until(lambda: os.getpriority(os.PRIO_PROCESS, worker) == 10)
    group = Path(f"/proc/{worker}/autogroup")
    assert not group.exists() or group.read_text().endswith(" nice 10\n")
    requests.delete(service.url + address, timeout=60)


def test_a_promised_training_survives_the_death_of_its_worker(service, table, undisturbed):
    address = service.accepted("/api/training/train-model", training(service, table, "reborn"))
    until(lambda: checkpointed(service, "reborn", address))
    os.kill(service.workers()[0], signal.SIGKILL)
    job = service.finished(address)
    assert (job["state"], job["attempts"]) == ("succeeded", 2), job
    assert weights(service.root / "reborn") == undisturbed


def test_killed_servers_lose_nothing(service, table, undisturbed):
    """Twice: a training that runs, jobs that wait, answers that are kept."""
    body = {"data_path": str(table)}
    done = service.post("/api/dataset/info", body, **{"Idempotency-Key": "over a restart"}).json()
    address = service.accepted("/api/training/train-model", training(service, table, "restarted"))
    until(lambda: checkpointed(service, "restarted", address))
    for _ in range(2):
        waiting = [service.accepted("/api/dataset/info", body) for _ in range(5)]
        service.kill()
        service.start()
        assert [service.finished(each)["result"] for each in waiting] == [done] * 5
    job = service.finished(address)
    assert job["state"] == "succeeded" and job["attempts"] > 1, job
    assert weights(service.root / "restarted") == undisturbed
    assert service.unfinished_files() == [] and not list((service.root / ".state" / "running").iterdir())
    assert service.post("/api/dataset/info", body, **{"Idempotency-Key": "over a restart"}).json() == done


def test_a_cancelled_job_leaves_nothing(service, table):
    body = training(service, table, "cancelled", epochs=10_000)
    address = service.accepted("/api/training/train-model", body)
    until(lambda: checkpointed(service, "cancelled", address))
    answer = requests.delete(service.url + address, timeout=60)
    assert answer.status_code == 200 and answer.json()["job"]["state"] == "cancelled"
    assert [path.name for path in (service.root / "cancelled").iterdir()] == ["config.json"] and not service.workers()
    again = requests.delete(service.url + address, timeout=60)
    assert (again.status_code, again.json()["code"]) == (409, "job_finished")
    assert requests.delete(service.url + "/api/jobs/nobody", timeout=60).status_code == 404


def test_a_cancelled_sharing_leaves_no_real_rows(service, table):
    body = {"data_path": str(table), "output_dir": str(service.root / "secret")}
    address = service.accepted("/api/generation/run-pipeline", body | {"output_path": str(service.root / "safe.csv")})
    until((service.root / "secret" / "attempt_1" / "config.json").exists)
    assert (service.root / "secret" / "train.parquet").exists()
    assert requests.delete(service.url + address, timeout=60).json()["job"]["state"] == "cancelled"
    assert list((service.root / "secret").glob("*.parquet")) == [] and not (service.root / "safe.csv").exists()


def test_two_writers_of_one_output_are_told_apart(service, table):
    body = training(service, table, "shared", epochs=10_000)
    address = service.accepted("/api/training/train-model", body)
    until(lambda: checkpointed(service, "shared", address))
    second = service.post("/api/training/train-model", body)
    assert (second.status_code, second.json()["code"]) == (409, "output_busy")
    assert second.json()["details"]["job"] == service.job(address)["id"]
    requests.delete(service.url + address, timeout=60)


def test_a_key_does_a_request_once(service, table):
    path, body = "/api/labeling/create-labels", {"data_path": str(table.with_name("keyed.csv"))}
    pd.DataFrame({"a": range(10)}).to_csv(body["data_path"], index=False)
    body |= {"output_path": str(service.root / "keyed.parquet"), "labeling_functions": FUNCTIONS}  # type: ignore[dict-item]
    first = service.post(path, body, **{"Idempotency-Key": "k1"})
    written = os.stat(service.root / "keyed.parquet").st_mtime_ns
    second = service.post(path, body, **{"Idempotency-Key": "k1"})
    assert first.status_code == 200 and second.json() == first.json()
    assert os.stat(service.root / "keyed.parquet").st_mtime_ns == written
    other = service.post(path, {**body, "seed": 5}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert service.post(path, body, **{"Idempotency-Key": "x" * 300}).status_code == 400


FUNCTIONS = [{"name": "lf", "code": "def lf(x):\n    return x['a'] % 2"}]


def test_a_client_that_goes_away_loses_nothing(service, table):
    body = json.dumps({"data_path": str(table), "output_dir": str(service.root / "left")}).encode()
    head = f"POST /api/training/create-config HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", service.port)) as client:
        client.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
    until(lambda: (service.root / "left" / "config.json").exists())
    newest = service.get("/api/jobs?limit=1").json()["jobs"][0]
    assert newest["operation"] == "training.create_config"
    assert service.finished(newest["url"])["result"]["config_path"] == str(service.root / "left" / "config.json")


def test_the_list_goes_in_pages_and_refuses_nonsense(service):
    first = service.get("/api/jobs?limit=2&state=succeeded").json()
    assert len(first["jobs"]) == 2 and {job["state"] for job in first["jobs"]} == {"succeeded"}
    second = service.get(f"/api/jobs?limit=2&before={first['next_before']}").json()
    assert not {job["id"] for job in first["jobs"]} & {job["id"] for job in second["jobs"]}
    for query in ("limit=0", "limit=x", "state=odd", "before=-1", "nonsense=1"):
        assert service.get(f"/api/jobs?{query}").status_code == 400, query


def test_a_full_queue_is_told_with_a_time_to_come_back(tmp_path, table):
    bounds = {"DATAFOUNDRY_MAX_RUNNING_JOBS": "1", "DATAFOUNDRY_MAX_QUEUED_JOBS": "1"}
    small = Service(tmp_path, free_port(), bounds).start()
    try:
        body = training(small, _copied(table, tmp_path), "m", epochs=10_000)
        running = small.accepted("/api/training/train-model", body)
        until(lambda: small.job(running)["state"] == "running")
        small.accepted("/api/training/train-model", body)
        full = small.post("/api/training/train-model", body)
        assert (full.status_code, full.json()["code"]) == (503, "busy") and int(full.headers["Retry-After"]) > 0
        assert small.get("/api/jobs").json()["queued"] == 1
    finally:
        small.kill()


def test_any_number_of_clients_that_wait_keep_nobody_from_an_answer(tmp_path, table):
    crowded = Service(tmp_path, free_port(), {"DATAFOUNDRY_MAX_RUNNING_JOBS": "1"}).start()
    clients: list[threading.Thread] = []
    try:
        body = training(crowded, _copied(table, tmp_path), "m", epochs=100_000)

        def wait_in_vain() -> None:
            with suppress(requests.ConnectionError):
                crowded.post("/api/training/train-model", body)

        clients += [threading.Thread(target=wait_in_vain) for _ in range(150)]
        for each in clients:
            each.start()
        until(lambda: crowded.get("/api/jobs?limit=1").json()["queued"] == 149)
        assert crowded.get("/health").status_code == 200
        assert crowded.post("/api/dataset/info", {"data_path": str(tmp_path / "t.parquet")}).status_code == 200
    finally:
        crowded.kill()
        for each in clients:
            each.join()


def _copied(table: Path, folder: Path) -> Path:
    return Path(os.fspath(folder / "t.parquet")) if os.link(table, folder / "t.parquet") is None else table


@pytest.fixture(scope="module")
def threaded() -> Iterator[str]:
    """The app in werkzeug's server, which can speak WebSocket."""
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(params=["gunicorn", "werkzeug"])
def served_by(request: pytest.FixtureRequest, service: Service, threaded: str) -> str:
    """Each server program that speaks WebSocket."""
    return f"127.0.0.1:{service.port}" if request.param == "gunicorn" else threaded


def test_a_websocket_tells_the_same(served_by):
    body = {"data_path": str(BACKEND / "testing_data" / "adult.csv")}
    address = requests.post(f"http://{served_by}/api/dataset/info", json=body, headers=ASYNC, timeout=60).headers[
        "Location"
    ]
    client = websocket.create_connection(f"ws://{served_by}{address}/ws", timeout=60)
    told = []
    while text := client.recv():
        told.append(json.loads(text))
    assert told[-1]["state"] == "succeeded" and all(job["url"] == address for job in told)
    plain = requests.get(f"http://{served_by}{address}/ws", timeout=60)
    assert plain.status_code == 426 and "/events" in plain.json()["error"]
    for wrong, status in ((f"{address}/ws", 403), ("/api/jobs/nobody/ws", 404)):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(f"ws://{served_by}{wrong}", origin="http://elsewhere.example", timeout=60)
        assert refused.value.status_code == status


def test_followers_are_bounded(threaded, monkeypatch):
    from api import events as following

    following._slots.cache_clear()
    monkeypatch.setenv("DATAFOUNDRY_MAX_EVENT_STREAMS", "1")
    body = {"data_path": str(BACKEND / "testing_data" / "adult.csv")}
    address = requests.post(f"http://{threaded}/api/dataset/info", json=body, headers=ASYNC, timeout=60).headers[
        "Location"
    ]
    slot = following.may_follow()
    refused = requests.get(f"http://{threaded}{address}/events", timeout=60)
    assert refused.status_code == 503 and refused.headers["Retry-After"]
    slot.release()
    assert requests.get(f"http://{threaded}{address}/events", timeout=60).status_code == 200
    following._slots.cache_clear()


def test_a_server_that_cannot_speak_websocket_says_so():
    client = create_app().test_client()
    address = client.post("/api/dataset/info", json={"data_path": "testing_data/adult.csv"}, headers=ASYNC).headers[
        "Location"
    ]
    answer = client.get(f"{address}/ws", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert answer.status_code == 501 and "gunicorn" in answer.json["error"]
