"""Every entry of tests/data/bad_inputs.py over real HTTP: a 4xx with a sentence, no file left behind, service alive."""

import importlib.util
import os
import pickle
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import joblib
import numpy as np
import pytest
import requests
import torch

DATA = Path(__file__).parents[1] / "data"
_spec = importlib.util.spec_from_file_location("bad_inputs", DATA / "bad_inputs.py")
assert _spec and _spec.loader
bad_inputs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bad_inputs)

FUNCTIONS = [{"name": "lf", "code": "def lf(x):\n    return 1"}]
OUTPUT_CASES = {"overwrite_code", "output_is_input", "output_symlink"}


@pytest.fixture(scope="module")
def prepared(server: Any) -> Path:
    """The data root, laid out as bad_inputs.py says."""
    root: Path = server.root
    (root / "a.csv").write_text("a,b\n1,2\n3,4\n")
    (root / "b.csv").write_text("a,b\n1,2\n")
    (root.parent / "secret.txt").write_text("secret")
    (root / "sub").mkdir()
    (root / "link.csv").symlink_to(root.parent / "secret.txt")
    (root / "etc").symlink_to("/etc")
    (root / "inlink").symlink_to(root)
    os.mkfifo(root / "fifo.csv")
    for name in ("bomb.csv.gz", "bomb.zip", "app.py"):
        (root / name).write_bytes(b"content")
    evil = root.with_name(root.name + "_evil")
    evil.mkdir()
    (evil / "a.csv").write_text("a\n1\n")
    return root


def snapshot(root: Path) -> dict[str, int]:
    """Every regular file under the root and its size."""
    return {
        str(path): path.stat().st_size for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()
    }


def refused(response: requests.Response) -> dict[str, Any]:
    """The body of a 4xx, checked to be a sentence without a trace of the inside."""
    assert 400 <= response.status_code < 500, (response.status_code, response.text[:300])
    body: dict[str, Any] = response.json()
    assert body["error"].endswith(".") and len(body["error"]) > 20 and body["code"]
    assert "Traceback" not in response.text and "secret" not in body["error"].replace("secret.txt", "")
    return body


def in_root(root: Path, text: str) -> str:
    """A path of bad_inputs.py as a request would send it."""
    text = text.replace(bad_inputs.ROOT, str(root))
    return (
        text if not text or text.startswith(("/", "http", "s3", "~", "$", "C:")) or "\0" in text else f"{root}/{text}"
    )


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, text, _ in bad_inputs.PATHS if name not in OUTPUT_CASES | {"html_name"}]
)
def test_paths(server: Any, prepared: Path, name: str, text: str) -> None:
    before = snapshot(prepared)
    path = in_root(prepared, text)
    asked = server.post("/api/dataset/info", {"data_path": path})
    if name == "symlink_inside":
        assert asked.status_code == 200
        return
    refused(asked)
    if not name.startswith("pandas_"):  # packed bytes may be fetched as they are
        refused(server.get("/api/files/download", params={"path": path}))
    refused(server.post("/api/labeling/create-labels", {"data_path": path, "labeling_functions": FUNCTIONS}))
    assert snapshot(prepared) == before


@pytest.mark.parametrize(
    ("output", "status"), [("app.py", 403), ("a.csv", 409), ("link.csv", 403), ("etc/x.csv", 403), ("../x.csv", 403)]
)
def test_outputs(server: Any, prepared: Path, output: str, status: int) -> None:
    before = snapshot(prepared)
    body = {
        "data_path": str(prepared / "a.csv"),
        "output_path": f"{prepared}/{output}",
        "labeling_functions": FUNCTIONS,
    }
    response = server.post("/api/labeling/create-labels", body)
    refused(response)
    assert response.status_code == status
    assert snapshot(prepared) == before
    assert (prepared / "link.csv").is_symlink()


def test_a_name_with_markup_is_sent_as_an_attachment(server: Any, prepared: Path) -> None:
    path = prepared / "<img src=x onerror=alert(1)>.csv"
    path.write_text("a\n1\n")
    response = server.get("/api/files/download", params={"path": str(path)})
    path.unlink()
    assert response.status_code == 200 and response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "html" not in response.headers["Content-Type"]


@pytest.mark.parametrize(("name", "body"), [(name, body) for name, body, _ in bad_inputs.JSON_BODIES])
@pytest.mark.parametrize(
    "path", ["/api/training/create-config", "/api/generation/generate-data", "/api/labeling/create-labels"]
)
def test_bodies(server: Any, name: str, body: bytes, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    refused(requests.post(server.url + path, data=body, headers=headers, timeout=30))


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"epochs": 1.5}, "epochs"),
        ({"epochs": True}, "epochs"),
    ],
)
def test_training_params_out_of_range(server: Any, prepared: Path, params: dict[str, Any], named: str) -> None:
    before = snapshot(prepared)
    body = {"data_path": str(prepared / "a.csv"), "output_dir": str(prepared / "new"), "training_params": params}
    assert named in refused(server.post("/api/training/create-config", body))["error"]
    assert snapshot(prepared) == before


def test_too_many_rows_names_the_cap(server: Any, small_model: Any) -> None:
    body = refused(server.post("/api/generation/generate-data", small_model.generation(num_to_generate=10**12)))
    assert "num_to_generate" in body["error"] and "100000000" in body["error"]


def raw(server: Any, text: bytes) -> bytes:
    """The first bytes of the answer to a hand-made request."""
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(text)
        return connection.recv(200)


@pytest.mark.parametrize(
    "header", [b"Content-Length: -1", b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"Bad Header"]
)
def test_broken_headers(server: Any, header: bytes) -> None:
    request = (
        b"POST /api/dataset/info HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + header
        + b"\r\n\r\n{}\r\n"
    )
    assert raw(server, request).split()[1].startswith(b"4")


def test_a_form_of_another_site_is_refused(server: Any) -> None:
    headers = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    response = requests.post(
        server.url + "/api/dataset/info", data='{"data_path": "a.csv"}', headers=headers, timeout=30
    )
    assert response.status_code == 415
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("bytes=0-3", {206}),
        ("bytes=" + ",".join(["0-1"] * 500), {200, 416}),
        ("bytes=99999999999999999999-", {416}),
        ("items=0-5", {200, 416}),
    ],
)
def test_ranges(server: Any, prepared: Path, header: str, allowed: set[int]) -> None:
    response = server.get("/api/files/download", params={"path": f"{prepared}/a.csv"}, headers={"Range": header})
    assert response.status_code in allowed
    if response.status_code == 206:
        assert response.content == b"a,b\n"


@pytest.mark.parametrize(("name", "content"), [(n, c) for n, c, _ in bad_inputs.FILES if isinstance(c, bytes)])
def test_tables(server: Any, prepared: Path, name: str, content: bytes) -> None:
    path = prepared / f"{name}{'.parquet' if name.startswith('parquet') else '.csv'}"
    path.write_bytes(content)
    response = server.post("/api/dataset/info", {"data_path": str(path)})
    path.unlink()
    if name == "csv_latin1":
        assert response.status_code == 200 and response.json()["reading"]["encoding"] == "cp1252"
    else:
        assert path.name in refused(response)["error"]


class Evil:
    """Makes a folder when it is unpickled without care."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.canary),)


def _huge_shape(path: Path) -> None:
    joblib.dump({"a": np.arange(3)}, path)
    path.write_bytes(path.read_bytes().replace(b"K\x03\x85", b"K\xff\x85"))


HOSTILE: dict[str, tuple[str, Callable[[Path, Path], Any]]] = {
    "joblib_reduce": ("preprocessor_path", lambda path, canary: joblib.dump(Evil(canary), path)),
    "joblib_zlib_reduce": ("preprocessor_path", lambda path, canary: joblib.dump(Evil(canary), path, compress=3)),
    "joblib_object_array": ("preprocessor_path", lambda path, canary: joblib.dump(np.array([Evil(canary)]), path)),
    "joblib_huge_shape": ("preprocessor_path", lambda path, canary: _huge_shape(path)),
    "joblib_plain_pickle": ("preprocessor_path", lambda path, canary: path.write_bytes(pickle.dumps(Evil(canary)))),
    "pth_reduce": ("model_path", lambda path, canary: torch.save({"a": Evil(canary)}, path)),
    "pth_expand": ("model_path", lambda path, canary: torch.save({"a": torch.zeros(1).expand(10**11)}, path)),
    "pth_of_another_program": ("model_path", lambda path, canary: torch.save({"weights": torch.zeros(3)}, path)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_artifacts(server: Any, prepared: Path, small_model: Any, name: str) -> None:
    field, make = HOSTILE[name]
    path = prepared / ("evil.joblib" if field == "preprocessor_path" else "evil.pth")
    make(path, prepared / "canary")
    before = snapshot(prepared)
    body = refused(server.post("/api/cleaning/detect-anomalies", small_model.scan(**{field: str(path)})))
    assert path.name in body["error"] or "not a model" in body["error"]
    if field == "model_path":
        refused(server.post("/api/generation/generate-data", small_model.generation(model_path=str(path))))
    assert snapshot(prepared) == before
    assert not (prepared / "canary").exists()


def test_half_a_model(server: Any, prepared: Path, small_model: Any) -> None:
    content = small_model.model.read_bytes()
    (prepared / "half.pth").write_bytes(content[: len(content) // 2])
    refused(server.post("/api/cleaning/detect-anomalies", small_model.scan(model_path=str(prepared / "half.pth"))))


def test_a_model_that_does_not_fit_its_config_is_named(server: Any, prepared: Path, small_model: Any) -> None:
    text = small_model.config.read_text()
    assert '"latent_dim": 4' in text
    (prepared / "other.json").write_text(text.replace('"latent_dim": 4', '"latent_dim": 5'))
    other = str(prepared / "other.json")
    for path, body in (
        ("/api/generation/generate-data", small_model.generation(config_path=other)),
        ("/api/cleaning/detect-anomalies", small_model.scan(config_path=other)),
    ):
        answer = refused(server.post(path, body))
        assert answer["code"] == "incompatible_model" and "latent_dim" in answer["error"]


def test_the_service_is_alive_after_all_that(server: Any) -> None:
    assert server.get("/health").json()["status"] == "healthy"
