"""Doors of both servers that must stay shut, tried from outside over real HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.keys import new_key

EVIL = {"Host": "evil.example:5000", "Origin": "http://evil.example:5000"}


def test_a_page_that_points_its_name_at_us_is_refused(server: Any) -> None:
    target = server.root / "rebound.csv"
    sent = requests.post(
        f"{server.url}/api/files/upload", params={"path": str(target)}, data=b"a\n1\n", headers=EVIL, timeout=60
    )
    assert (sent.status_code, sent.json()["code"]) == (421, "unknown_host") and not target.exists()
    assert "'evil.example:5000'" in sent.json()["error"] and "--allowed-host" in sent.json()["error"]
    for path in ("/health", "/docs", "/api/files/list", "/api/jobs", "/nowhere"):
        assert server.get(path, headers=EVIL).status_code == 421
        assert server.get(path, headers={"Host": "localhost"}).status_code != 421


def test_named_hosts_are_answered(start_server: Callable[..., Any]) -> None:
    server = start_server("--allowed-host", "data.example", "--allowed-host", "other.example")
    hosts = ("data.example", "other.example:80", "DATA.example", "x.data.example")
    assert [server.get("/health", headers={"Host": host}).status_code for host in hosts] == [200, 200, 200, 421]


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/generate/async/job/x", "/nowhere"])
def test_the_orchestrator_refuses_them_too(orchestrator: Any, path: str) -> None:
    refused = requests.get(orchestrator.url + path, headers=EVIL, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (421, "unknown_host")
    asked = requests.post(f"{orchestrator.url}/generate", json={"input_message": "hi"}, headers=EVIL, timeout=60)
    assert asked.status_code == 421


def test_every_answer_tells_browsers_not_to_guess_or_run_it(server: Any) -> None:
    page = server.root / "report.html"
    page.write_text("<script>alert(document.domain)</script>")
    sent = requests.post(f"{server.url}/api/files/upload?filename=evil.html", data=page.read_bytes(), timeout=60)
    fetched = server.get("/api/files/download", params={"path": str(page)})
    told = [sent, fetched, server.get("/health"), server.get("/nowhere"), server.get("/docs"), server.get("/metrics")]
    for answer in told:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script-src" not in policy
    assert fetched.headers["Content-Security-Policy"].startswith("sandbox;")
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["Content-Type"] == "application/octet-stream"


def test_half_a_character_is_told_with_the_function_that_holds_it(server: Any) -> None:
    body = (
        rb'{"data_path": "testing_data/adult.csv", "labeling_functions": ['
        rb'{"name": "lf_good", "code": "def f(x): return 1"},'
        rb' {"name": "lf_half", "code": "def f(x): return \ud800"}]}'
    )
    for path in ("/api/labeling/create-labels", "/api/labeling/try-functions"):
        answer = requests.post(server.url + path, data=body, headers={"Content-Type": "application/json"}, timeout=60)
        assert answer.status_code == 400
        assert "'lf_half'" in answer.json()["error"] and "surrogate" in answer.json()["error"]


def test_older_clients_find_the_class_and_missing_files_say_where_was_looked(server: Any) -> None:
    table = server.root / "classes.csv"
    table.write_text("a,label\n" + "".join(f"{number},{number % 2}\n" for number in range(60)))
    body = {"data_path": str(table), "output_dir": str(server.root / "classes"), "model_type": "mixed_data_cvae"}
    given = {"model_params": {"model_class_name": "SomethingElse"}}
    answer = server.post("/api/training/create-config", {**body, **given}).json()
    assert answer["config"]["model_params"]["model_class_name"] == "MixedDataCVAE"
    missing = server.post("/api/dataset/info", {"data_path": "nowhere.csv"})
    assert missing.status_code == 404
    assert all(str(folder / "nowhere.csv") in missing.json()["error"] for folder in (server.backend, server.root))


def test_what_belongs_to_the_program_is_written_by_no_route(server: Any) -> None:
    """Uploads, tables, models and reports alike."""
    before = {path: path.stat().st_mtime_ns for path in server.backend.rglob("*.*") if "output_data" not in path.parts}
    paths = ("testing_data/adult.csv", "examples/new.csv", "new.csv", "api/new.csv", "testing_data/../new.csv")
    for path in paths:
        for sent in (path, str(server.backend / path)):
            upload = requests.post(f"{server.url}/api/files/upload", params={"path": sent}, data=b"a\n1\n", timeout=60)
            body = {"data_path": "testing_data/adult_test.csv", "output_path": sent}
            convert = server.post("/api/dataset/convert", body)
            assert (upload.status_code, upload.json()["code"]) == (403, "not_a_data_file"), sent
            assert (convert.status_code, convert.json()["code"]) == (403, "not_a_data_file"), sent
    folder = server.post("/api/training/create-config", {"data_path": "testing_data/adult.csv", "output_dir": "models"})
    assert folder.status_code == 403
    after = {path: path.stat().st_mtime_ns for path in server.backend.rglob("*.*") if "output_data" not in path.parts}
    assert {path for path in after if before.get(path) != after[path] and "__pycache__" not in path.parts} == set()


def test_the_key_file_is_neither_read_nor_replaced(start_server: Callable[..., Any], tmp_path: Path) -> None:
    key, line = new_key("me", "read,write")
    file = tmp_path / "keys.txt"
    file.write_text(line)
    server = start_server("--api-key-file", str(file), "--data-root", str(tmp_path))
    headers = {"X-API-Key": key}
    sent = requests.post(
        f"{server.url}/api/files/upload?path={file}", data=new_key("evil", "admin")[1], headers=headers, timeout=60
    )
    fetched = server.get(f"/api/files/download?path={file}", headers=headers)
    assert sent.status_code == fetched.status_code == 403 and file.read_text() == line
