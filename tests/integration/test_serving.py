"""Starting, stopping and surviving: real processes, real signals. No test asserts on the clock."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from processes import alive, free_port, until

BACKEND = Path(__file__).resolve().parents[2] / "backend"
# The real server around a small application: what is tested here is the server, and torch takes seconds to import.
PROGRAM = """
import os, sys
from serving import {server} as server
from serving.sockets import listening_sockets

def application(environ, start_response):
    body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") else b""
    answer = b"%d %d" % (os.getpid(), len(body))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]

server.serve(lambda: application, listening_sockets("127.0.0.1", {port}), lambda: print("ready", flush=True))
"""
SERVERS = ["gunicorn_server", "waitress_server"]


@dataclass
class Started:
    """A server around the small application."""

    port: int
    home: Path
    process: subprocess.Popen[str]
    log: Path

    def connect(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def half_a_request(self) -> socket.socket:
        """A request that runs until it gets its second half."""
        connection = self.connect()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab")
        return connection

    def refuses(self) -> bool:
        """Is nobody listening any more?"""
        try:
            self.connect().close()
        except ConnectionError:
            return True
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start a server by the name of its module."""
    processes = []

    def started(server: str, **environment: str) -> Started:
        home, port = tmp_path / "home", free_port()
        home.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(server=server, port=port)],
            env={**os.environ, "PYTHONPATH": str(BACKEND), "HOME": str(home), "TMPDIR": str(home), **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return Started(port, home, process, tmp_path / "log")

    with open(tmp_path / "log", "w") as log:
        yield started
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("ask", ["SIGTERM", "Ctrl-C"])
def test_a_stop_finishes_what_runs(start: Callable[..., Started], server: str, ask: str) -> None:
    started = start(server)
    with started.half_a_request() as running:
        wait_until_taken(started)
        if ask == "SIGTERM":
            started.process.send_signal(signal.SIGTERM)
        else:  # the terminal sends it to every process
            os.killpg(started.process.pid, signal.SIGINT)
        until(started.refuses)
        running.sendall(b"cd")
        answer = b""
        while piece := running.recv(1000):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b" 4")
    assert started.process.wait(timeout=60) == 0
    assert list(started.home.iterdir()) == []


def wait_until_taken(started: Started) -> None:
    """By the time a later connection is answered, an earlier one has been accepted."""
    assert requests.get(f"http://127.0.0.1:{started.port}", timeout=60).ok


@pytest.mark.parametrize("server", SERVERS)
def test_a_stop_waits_no_longer_than_the_setting(start: Callable[..., Started], server: str) -> None:
    started = start(server, DATAFOUNDRY_STOP_SECONDS="1")
    with started.half_a_request():
        wait_until_taken(started)
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(timeout=60) == 0


def test_a_second_ctrl_c_ends_at_once(start: Callable[..., Started]) -> None:
    started = start("gunicorn_server", DATAFOUNDRY_STOP_SECONDS="3600")
    with started.half_a_request():
        wait_until_taken(started)
        os.killpg(started.process.pid, signal.SIGINT)
        until(started.refuses)
        os.killpg(started.process.pid, signal.SIGINT)
        assert started.process.wait(timeout=60) == 0


def test_a_worker_that_is_killed_is_replaced(start: Callable[..., Started]) -> None:
    started = start("gunicorn_server")
    url = f"http://127.0.0.1:{started.port}"
    first = int(requests.get(url, timeout=60).text.split()[0])
    os.kill(first, signal.SIGKILL)

    def replaced() -> bool:
        try:
            return int(requests.get(url, timeout=60).text.split()[0]) != first
        except requests.ConnectionError:
            return False

    until(replaced)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are a Linux call")
def test_more_clients_than_the_system_has_files_for_end_nobody(start: Callable[..., Started]) -> None:
    started = start("gunicorn_server")
    url = f"http://127.0.0.1:{started.port}"
    worker = int(requests.get(url, timeout=60).text.split()[0])
    with started.half_a_request() as running:
        wait_until_taken(started)
        _, most = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (40, most))
        crowd = [started.connect() for _ in range(80)]
        until(lambda: "No more clients can be taken now: Too many open files" in started.log.read_text())
        for each in crowd:
            each.close()
        running.sendall(b"cd")
        assert running.recv(1000).startswith(b"HTTP/1.1 200")
    until(lambda: requests.get(url, timeout=60).text.split()[0] == str(worker))


def test_a_parent_that_is_killed_takes_its_worker_along(start: Callable[..., Started]) -> None:
    started = start("gunicorn_server", DATAFOUNDRY_STOP_SECONDS="1")
    worker = int(requests.get(f"http://127.0.0.1:{started.port}", timeout=60).text.split()[0])
    with started.half_a_request():
        wait_until_taken(started)
        started.process.kill()
        until(lambda: not alive(worker))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"no http at all\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nBad Header\r\n\r\n", 400),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(300)) + b"\r\n", 431),
    ],
)
def test_what_is_not_http_gets_the_one_error_body(start: Callable[..., Started], text: bytes, status: int) -> None:
    with start("gunicorn_server").connect() as connection:
        connection.sendall(text)
        answer = b""
        while piece := connection.recv(1000):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"%d" % status and b"X-Request-ID: " in head
    assert json.loads(body)["code"] == "invalid_http" and json.loads(body)["error"].endswith(".")


def test_a_refused_body_is_taken_so_that_its_answer_arrives(server: Any) -> None:
    headers = {"Content-Type": "application/json"}
    for _ in range(3):
        answer = requests.post(server.url + "/api/dataset/info", data=b" " * 30_000_000, headers=headers, timeout=60)
        assert answer.status_code == 413 and answer.json()["code"] == "too_large"


def command_line(*flags: str) -> subprocess.CompletedProcess[str]:
    """`python flask_api.py` with flags that end it at once."""
    return subprocess.run(
        [sys.executable, "flask_api.py", *flags], cwd=BACKEND, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for more in ([], ["--debug"]):
            done = command_line("--host", "127.0.0.1", "--port", port, *more)
            assert done.returncode != 0
            assert done.stderr.strip() == (
                f"Port {port} on 127.0.0.1 is in use by another program; stop that one, or choose another port with "
                "--port."
            )


@pytest.mark.parametrize("flags", [["--host", "no.such.host.invalid"], ["--host", "192.0.2.1"], ["--port", "99999"]])
def test_an_address_that_cannot_be_used_is_one_sentence(flags: list[str]) -> None:
    done = command_line("--port", "0", *flags)
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1 and done.stderr.strip().endswith(".")


def test_a_package_that_is_missing_costs_only_what_needs_it(start_server: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "optuna.py").write_text("raise ImportError('optuna is broken')")
    lacking = start_server(PYTHONPATH=str(tmp_path))
    features = lacking.get("/health").json()["features"]
    assert not features.pop("agent_pipelines") and all(features.values())
    assert "optuna is broken" in lacking.log.read_text()
    (lacking.root / "t.csv").write_text("a,b\n1,2\n3,4\n")
    assert lacking.post("/api/dataset/info", {"data_path": str(lacking.root / "t.csv")}).status_code == 200


def _listens(server: Any) -> bool:
    try:
        server.get("/health")
    except requests.ConnectionError:
        return False
    except requests.RequestException:  # it ended in the middle of its answer
        pass
    return True


def test_debug_shows_tracebacks_and_never_the_debugger(start_server: Callable[..., Any]) -> None:
    debugged = start_server("--debug")
    answer = debugged.get("/nowhere")
    assert answer.status_code == 404 and "Traceback" in answer.json()["traceback"]
    for query in ("__debugger__=yes&cmd=resource&f=debugger.js", "__debugger__=yes&cmd=printpin&s=x"):
        assert debugged.get(f"/nowhere?{query}").status_code == 404
    assert debugged.get("/console").status_code == 404
    text = debugged.log.read_text()
    assert "Debugger PIN" not in text and "Debugger is active" not in text
    assert "Restarting with stat" in text
    debugged.process.kill()  # it alone: what it watches over ends with it
    until(lambda: not _listens(debugged))
