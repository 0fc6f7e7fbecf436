"""Request ids, log lines, metrics and readiness of a running service."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from processes import until

SECRET_CELL = "Bartholomew-Q"


@pytest.fixture(scope="module")
def seen(start_server: Callable[..., Any]) -> Any:
    """A service that logs JSON."""
    return start_server(DATAFOUNDRY_LOG_FORMAT="json")


def lines(server: Any) -> list[dict[str, Any]]:
    """Every log line so far, each of which must be JSON."""
    return [json.loads(line) for line in server.log.read_text().splitlines()]


@pytest.mark.parametrize("path", ["/health", "/api/files/list", "/api/nowhere", "/api/dataset/info", "/docs"])
def test_every_answer_has_an_id(server: Any, path: str) -> None:
    first, second = server.get(path), server.get(path)
    assert re.fullmatch("[0-9a-f]{32}", first.headers["X-Request-ID"])
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


def test_the_id_of_the_client_is_kept_if_it_is_a_plain_word(server: Any) -> None:
    assert server.get("/health", headers={"X-Request-ID": "trace-1:a.b_c"}).headers["X-Request-ID"] == "trace-1:a.b_c"


@pytest.mark.parametrize("bad", ["a b", "x" * 65, 'a"b', "a\x85b".encode("latin-1"), "{0.__class__}", ""])
def test_an_odd_id_is_replaced(server: Any, bad: Any) -> None:
    answer = server.get("/health", headers={"X-Request-ID": bad})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_each_request_is_one_line_with_its_id_and_none_of_its_contents(seen: Any) -> None:
    table = seen.root / "people.csv"
    table.write_text(f"name,age\n{SECRET_CELL},1\n")
    code = f"def lf(x):\n    return x['name'] + '{SECRET_CELL}'"
    functions = [{"name": "lf", "code": code}]
    asked = [
        ("/api/dataset/info", {"data_path": str(table)}, "ok-1"),
        (
            "/api/labeling/create-labels",
            {"data_path": str(table), "labeling_functions": functions},
            "bad-1",
        ),
        ("/api/dataset/info", {"data_path": str(table), SECRET_CELL: SECRET_CELL}, "bad-2"),
    ]
    for path, body, name in asked:
        seen.post(path, body, headers={"X-Request-ID": name, "Authorization": f"Bearer {SECRET_CELL}"})
    requests.get(
        f"{seen.url}/api/files/download?path=/x/{SECRET_CELL}.csv", headers={"X-API-Key": SECRET_CELL}, timeout=60
    )
    written = lines(seen)
    for path, _, name in asked:
        (line,) = [each for each in written if each.get("request_id") == name and each["logger"] == "api.requests"]
        assert (line["method"], line["route"]) == ("POST", path) and line["seconds"] >= 0
        assert line["status"] == (200 if name == "ok-1" else 422 if name == "bad-1" else 400)
    assert SECRET_CELL not in seen.log.read_text()


def test_metrics_count_by_rule_and_not_by_what_was_asked(seen: Any) -> None:
    for number in range(3):
        seen.get(f"/api/nowhere/{number}")
        seen.get(f"/api/files/download?path=none{number}.csv")
    requests.request("BREW", seen.url + "/health", timeout=60)
    text = seen.get("/metrics").text
    assert 'datafoundry_requests_total{method="GET",route="none",status="404"} 3.0' in text
    assert 'datafoundry_requests_total{method="GET",route="/api/files/download",status="404"}' in text
    assert 'method="other"' in text and "BREW" not in text and "nowhere" not in text and "none0" not in text
    assert "datafoundry_requests_running 1.0" in text and "process_open_fds" in text
    assert 'datafoundry_request_seconds_count{method="GET",route="/health"}' in text


def test_metrics_tell_how_long_the_queue_is(start_server: Callable[..., Any]) -> None:
    narrow = start_server(DATAFOUNDRY_MAX_RUNNING_JOBS="1")
    body = {"data_path": "testing_data/adult.csv", "output_dir": str(narrow.root / "m")}
    config = narrow.post("/api/training/create-config", body).json()["config_path"]
    asynchronous = {"Prefer": "respond-async"}
    jobs = [
        narrow.post("/api/training/train-model", {"config_path": config}, headers=asynchronous).headers["Location"]
        for _ in range(3)
    ]
    until(lambda: narrow.get(jobs[0]).json()["job"]["state"] == "running")
    text = narrow.get("/metrics").text
    assert 'datafoundry_jobs{state="queued"} 2.0' in text and 'datafoundry_jobs{state="running"} 1.0' in text
    for job in reversed(jobs):
        assert requests.delete(narrow.url + job, timeout=60).status_code == 200
    text = narrow.get("/metrics").text
    assert 'datafoundry_jobs{state="queued"} 0.0' in text and 'datafoundry_jobs{state="running"} 0.0' in text


def test_ready_says_what_was_checked(seen: Any) -> None:
    answer = seen.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"output_folder": True, "free_disk": True, "jobs": True, "sandbox": True},
    }
    folder = seen.backend / "output_data"
    assert not [path for path in folder.iterdir() if "trial" in path.name]
