"""Faults that really happen: a full disk, a read-only folder, damaged files, a client or a server that goes away.

After each: the right status, an existing file as it was, nothing half written, and a service that answers.
"""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import joblib
import pandas as pd
import pytest
import requests
import torch

from processes import descendants, until

UPLOAD = "/api/files/upload"
ADULT = "testing_data/adult.csv"
FUNCTIONS = [{"name": "lf", "code": "def lf(x):\n    return 1 if x['age'] > 40 else 0"}]
SMALL_FILES = 100_000  # bytes; adult, labeled, is larger
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are a Linux call")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def label(server: Any, output: Path) -> requests.Response:
    """A request that writes a table larger than `SMALL_FILES`."""
    body = {"data_path": ADULT, "output_path": str(output), "labeling_functions": FUNCTIONS}
    answer: requests.Response = server.post("/api/labeling/create-labels", body)
    return answer


def upload(server: Any, path: Path, content: Any, headers: dict[str, str] | None = None) -> requests.Response:
    return requests.post(server.url + UPLOAD, params={"path": str(path)}, data=content, headers=headers, timeout=60)


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    return [pid, *descendants(pid)]


@pytest.fixture(scope="module")
def weak(start_server: Callable[..., Any]) -> Any:
    """A service that faults happen to; it does not look how full the disk is before it writes."""
    return start_server(DATAFOUNDRY_MIN_FREE_BYTES="1")


@pytest.fixture
def full(weak: Any) -> Iterator[Any]:
    """No process of the service can write a file beyond `SMALL_FILES`, as if the disk were full there."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in family(weak.process.pid)}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL_FILES, hard))
    yield weak
    for pid, soft_and_hard in before.items():
        if Path(f"/proc/{pid}").exists():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, soft_and_hard)


@needs_linux
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_full_disk_keeps_the_old_output(full: Any, tmp_path: Path, suffix: str) -> None:
    folder = full.root / f"full-{suffix}"
    folder.mkdir()
    output = folder / f"labeled.{suffix}"
    output.write_bytes(b"old")
    answer = label(full, output)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full"), answer.text
    # Which of the two files fills the disk first depends on how long the service ran.
    assert "labeled" in answer.json()["error"] or "where jobs are kept" in answer.json()["error"]
    assert contents(folder) == {output.name: b"old"}
    assert full.get("/health").status_code == 200


@needs_linux
@pytest.mark.parametrize("chunked", [False, True])
def test_a_full_disk_keeps_what_an_upload_would_replace(full: Any, chunked: bool) -> None:
    folder = full.root / f"full-upload-{chunked}"
    folder.mkdir()
    (folder / "x.csv").write_bytes(b"old")
    content = b"x" * (2 * SMALL_FILES)
    answer = upload(full, folder / "x.csv", iter([content[:1000], content[1000:]]) if chunked else content)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full"), answer.text
    assert contents(folder) == {"x.csv": b"old"}


@needs_linux
def test_an_upload_in_pieces_goes_on_once_there_is_room(full: Any) -> None:
    folder = full.root / "full-pieces"
    content = b"y" * (2 * SMALL_FILES)
    place = upload(full, folder / "x.csv", b"", {"Content-Range": f"bytes */{len(content)}"}).headers["Location"]
    headers = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
    refused = requests.put(full.url + place, data=content, headers=headers, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert full.get(place).json()["received"] == 0
    for pid in family(full.process.pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert requests.put(full.url + place, data=content, headers=headers, timeout=60).status_code == 201
    assert contents(folder) == {"x.csv": content}


@pytest.fixture
def small_disk(weak: Any) -> Iterator[Path]:
    """A folder on a disk of one megabyte."""
    folder = weak.root / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("a small disk can be made by the administrator only")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_disk_that_is_really_full(weak: Any, small_disk: Path) -> None:
    output = small_disk / "labeled.csv"  # three megabytes
    output.write_bytes(b"old")
    answer = label(weak, output)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full"), answer.text
    (small_disk / "y.csv").write_bytes(b"older")
    refused = upload(weak, small_disk / "y.csv", b"x" * 2_000_000)
    assert (refused.status_code, refused.json()["code"]) == (507, "disk_full")
    assert contents(small_disk) == {"labeled.csv": b"old", "y.csv": b"older"}


@pytest.fixture
def read_only(weak: Any) -> Iterator[Path]:
    """A folder with one file, in which nothing can be written."""
    folder = weak.root / "sealed"
    folder.mkdir()
    (folder / "x.csv").write_bytes(b"old")
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)
    else:  # permission bits do not bind the administrator
        seal = ["mount", "--bind", folder, folder], ["mount", "-o", "remount,bind,ro", folder]
        if any(subprocess.run(each, capture_output=True, check=False).returncode for each in seal):
            pytest.skip("this administrator may not mount")
        yield folder
        subprocess.run(["umount", folder], check=True)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_told_and_left_alone(weak: Any, read_only: Path) -> None:
    config = {"data_path": ADULT, "output_dir": str(read_only)}
    answers = [
        label(weak, read_only / "x.csv"),
        label(weak, read_only / "new" / "y.csv"),
        upload(weak, read_only / "x.csv", b"new"),
        upload(weak, read_only / "x.csv", b"ne", {"Content-Range": "bytes 0-1/3"}),
        weak.post("/api/training/create-config", config),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_data_file"), answer.text
        assert "cannot be written" in answer.json()["error"]
    assert contents(read_only) == {"x.csv": b"old"}
    assert weak.get("/ready").status_code == 200


def test_a_service_whose_own_folder_is_sealed_is_not_ready(
    start_server: Callable[..., Any], service_code: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = tmp_path_factory.mktemp("sealed") / "backend"
    shutil.copytree(service_code, code, ignore=shutil.ignore_patterns("output_data", "__pycache__"))
    (code / "output_data").write_bytes(b"a file where the folder should be")
    state = code / "output_data" / "state"
    server = start_server(backend=code, DATAFOUNDRY_MIN_FREE_BYTES=str(10**18), DATAFOUNDRY_STATE_DIR=str(state))
    answer = server.get("/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready") and answer.headers["Retry-After"]
    checks = answer.json()["details"]["checks"]
    assert "cannot be written" in checks["output_folder"] and "fewer than 1" in checks["free_disk"]
    assert "DATAFOUNDRY_STATE_DIR" in checks["jobs"] and "sandbox" not in checks
    assert server.get("/health").status_code == 200


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("kind", ["parquet", "pth", "joblib"])
def test_a_file_that_was_cut_off_is_told_by_name(server: Any, small_model: Any, kind: str, share: float) -> None:
    whole = {"parquet": small_model.table, "pth": small_model.model, "joblib": small_model.preprocessor}[kind]
    content = whole.read_bytes()
    cut = upload(server, server.root / "cut" / f"cut{share}.{kind}", content[: int(len(content) * share)]).json()[
        "path"
    ]
    before = set(server.root.rglob("*"))
    field = {"parquet": "data_to_scan_path", "pth": "model_path", "joblib": "preprocessor_path"}[kind]
    answer = server.post("/api/cleaning/detect-anomalies", small_model.scan(**{field: cut}))
    assert answer.status_code == 422, answer.text
    assert Path(cut).name in answer.json()["error"]
    assert set(server.root.rglob("*")) == before


def test_a_table_of_text_that_was_cut_off_is_read_or_told(server: Any) -> None:
    content = b'a,b\n1,"x\ny"\n2,"z' + b"\xc3"
    for end in range(len(content) + 1):
        path = upload(server, server.root / "cut" / "cut.csv", content[:end]).json()["path"]
        assert server.post("/api/dataset/info", {"data_path": path}).status_code in (200, 422)


class Evil:
    """Unpickling it makes a folder."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.canary),)


@pytest.mark.parametrize("kind", ["pth", "joblib"])
def test_an_uploaded_file_that_wants_to_run_code_does_not(
    server: Any, small_model: Any, tmp_path: Path, kind: str
) -> None:
    made, canary = tmp_path / f"evil.{kind}", tmp_path / "canary"
    if kind == "pth":
        torch.save({"a": Evil(canary)}, made)
    else:
        joblib.dump({"a": Evil(canary)}, made, compress=3)
    path = upload(server, server.root / made.name, made.read_bytes()).json()["path"]
    field = "model_path" if kind == "pth" else "preprocessor_path"
    answer = server.post("/api/cleaning/detect-anomalies", small_model.scan(**{field: path}))
    assert answer.status_code == 422 and not canary.exists()


def test_a_client_that_goes_away_gets_its_file_all_the_same(server: Any) -> None:
    output = server.root / "alone" / "labeled.parquet"
    body = (
        b'{"data_path": "testing_data/adult.csv", "output_path": "%s", "labeling_functions": '
        b'[{"name": "lf", "code": "def lf(x):\\n    return 1"}]}' % str(output).encode()
    )
    head = b"POST /api/labeling/create-labels HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        until(lambda: output.parent.exists())  # it is being worked on
    until(output.exists)
    assert len(pd.read_parquet(output)) == 32_561
    assert [path.name for path in output.parent.iterdir() if path.suffix == ".parquet"] == [output.name]
    assert server.get("/health").status_code == 200


@needs_linux
def test_a_server_that_is_killed_loses_nothing_of_an_upload(start_server: Callable[..., Any], tmp_path: Path) -> None:
    state = {"DATAFOUNDRY_STATE_DIR": str(tmp_path)}
    first = start_server(**state)
    root = first.root
    (root / "x.csv").write_bytes(b"old")
    content = os.urandom(3_000_000)
    place = upload(first, root / "pieces.csv", content[:1000], {"Content-Range": "bytes 0-999/3000000"}).headers[
        "Location"
    ]
    where = urlsplit(first.url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        head = f"POST {UPLOAD}?path={root}/x.csv HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n\r\n"
        connection.sendall(head.encode() + content[:2_500_000])
        until(lambda: any(name.startswith(".x.csv.") for name in contents(root)))
        for pid in family(first.process.pid):
            os.kill(pid, signal.SIGKILL)
    first.process.wait(timeout=60)
    assert (root / "x.csv").read_bytes() == b"old"
    second = start_server("--data-root", str(root), backend=first.backend, **state)
    until(lambda: not [name for name in contents(root) if name.endswith(".part")])
    assert second.get(place).json()["received"] == 1000
    headers = {"Content-Range": "bytes 1000-2999999/3000000"}
    done = requests.put(second.url + place, data=content[1000:], headers=headers, timeout=60)
    assert done.status_code == 201 and (root / "pieces.csv").read_bytes() == content
    listed = [each["name"] for each in second.get("/api/files/list").json()["files"]]
    assert not [name for name in listed if name.startswith(".")]
    assert upload(second, root / "x.csv", b"new").status_code == 201
