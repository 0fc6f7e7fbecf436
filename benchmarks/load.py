"""The service under many clients, and what it leaks: `python benchmarks/load.py [--train] [--seconds 60] ...`.

First: clients that ask `/health` and `/api/dataset/info` in turn, each `--pause` seconds after its last answer, while a
model trains if `--train` is given. Printed for each route: answers, 5xx, lost connections, and the 50th and 99th
percentile and the longest of the seconds from the first byte sent to the last received.

Then, on a fresh service and on a fresh orchestrator: memory (PSS), open files, threads and child processes of all its
processes early and late in 1,000 and 2,000 mixed requests: tables, files, labels and metrics; plans, work, questions
with their answers, help and refusals; and bad ones. Linux only.

The service is a process of its own on a free port; it writes to a temporary data root. Client and service share the
machine, so that the clients' own work is in every figure.
"""

import argparse
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "helpers"))

from processes import descendants, free_port  # noqa: E402

BACKEND = REPOSITORY / "backend"
ADULT = BACKEND / "testing_data" / "adult.csv"
FUNCTIONS = [{"name": "lf", "code": "def lf(x):\n    return 1 if x['age'] > 40 else 0"}]


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that a client waits after each answer")
    parser.add_argument("--rows", type=int, default=1000, help="rows of the table that is described")
    parser.add_argument("--train", action="store_true", help="a model trains meanwhile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, service(Path(place)) as (port, process):
        under_load(port, process, Path(place), arguments)
    for program, requests, most in (
        ("flask_api.py", of_the_service, 1000),
        ("agents/serve_orchestrator.py", of_the_orchestrator, 2000),
    ):
        with tempfile.TemporaryDirectory() as place, service(Path(place), program) as (port, process):
            leaks(port, process, requests(Path(place)), most)


@contextmanager
def service(root: Path, program: str = "flask_api.py") -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The service or the orchestrator on a free port, with `root` as a data root; ended with SIGTERM."""
    port = free_port()
    command = [sys.executable, program, "--host", "127.0.0.1", "--port", str(port), "--data-root", str(root)]
    environment = {**os.environ, "DATAFOUNDRY_REQUESTS_PER_MINUTE": "100000000"}
    environment["DATAFOUNDRY_STATE_DIR"] = str(root / ".state")
    with open(root / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=BACKEND, env=environment, stdout=log, stderr=log)
    try:
        while ask(port, "GET", "/health")[0] != 200:
            if process.poll() is not None:
                sys.exit((root / "server.log").read_text())
            time.sleep(0.2)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def ask(port: int, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, bytes]:
    """One request on a connection of its own; status 0 if the connection is lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1200)
    content = json.dumps(body).encode() if kind == "application/json" and body is not None else body
    try:
        connection.request(method, path, content, {"Content-Type": kind} if content is not None else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def under_load(port: int, process: subprocess.Popen[bytes], root: Path, arguments: argparse.Namespace) -> None:
    """Many clients at once; prints one line for each route."""
    table = small_table(root, arguments.rows)
    trained = threading.Thread(target=train, args=(port, root))
    if arguments.train:
        trained.start()
    end = time.monotonic() + arguments.seconds
    took: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def client(number: int) -> None:
        time.sleep(arguments.pause * number / arguments.clients)  # not all in one moment
        while time.monotonic() < end:
            for method, path, body in (
                ("GET", "/health", None),
                ("POST", "/api/dataset/info", {"data_path": str(table)}),
            ):
                began = time.perf_counter()
                status, _ = ask(port, method, path, body)
                took[path].append((status, time.perf_counter() - began))
                time.sleep(arguments.pause)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(arguments.clients)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    print(f"{arguments.clients} clients for {arguments.seconds:.0f} s, {'a' if arguments.train else 'no'} model trains")
    for path, answers in sorted(took.items()):
        seconds = sorted(second for _, second in answers)
        errors = sum(status >= 500 for status, _ in answers)
        lost = sum(status == 0 for status, _ in answers)
        print(
            f"{path:20} {len(answers):7} answers {errors:4} 5xx {lost:4} lost   p50 {statistics.median(seconds):.3f}"
            f"  p99 {seconds[int(0.99 * (len(seconds) - 1))]:.3f}  longest {seconds[-1]:.3f} s"
        )
    if arguments.train:
        print(f"the model {'still trained' if trained.is_alive() else 'was done before'} at the end", flush=True)
        for pid in [process.pid, *descendants(process.pid)]:  # nobody waits for it
            os.kill(pid, signal.SIGKILL)
        trained.join()


def train(port: int, root: Path) -> None:
    """Train on all of Adult, in steps so small that it is not done before it is killed."""
    params = {"epochs": 1000, "learning_rate": 1e-6}
    body = {"data_path": str(ADULT), "output_dir": str(root / "model"), "training_params": params}
    _, answer = ask(port, "POST", "/api/training/create-config", body)
    ask(port, "POST", "/api/training/train-model", {"config_path": json.loads(answer)["config_path"]})


def of_the_service(root: Path) -> list[tuple[Any, ...]]:
    """One of each kind of request."""
    table = small_table(root)
    labels = {"data_path": str(table), "output_path": f"{root}/labeled.parquet", "labeling_functions": FUNCTIONS}
    return [
        ("GET", "/health"),
        ("POST", "/api/dataset/info", {"data_path": str(table)}),
        ("GET", "/api/files/list"),
        ("POST", f"/api/files/upload?path={root}/sent.csv", b"a,b\n" + b"1,2\n" * 50_000, "text/csv"),
        ("GET", f"/api/files/download?path={root}/sent.csv"),
        ("POST", "/api/labeling/create-labels", labels),
        ("GET", "/metrics"),
        ("GET", "/nowhere"),
        ("POST", "/api/dataset/info", {"data_path": "/etc/passwd"}),
        ("POST", "/api/dataset/info", b"{", "application/x-broken"),
    ]


def of_the_orchestrator(root: Path) -> list[tuple[Any, ...]]:
    """One of each kind of sentence; the question and its answer are of one thread, the others each of a new one."""
    table = small_table(root)
    said: list[dict[str, Any]] = [
        {"input_message": f"Train tabular_ctgan on {table} for 5 epochs", "dry_run": True},
        {"input_message": f"What is in {table}?"},
        {"input_message": "Generate some rows", "thread_id": "asked"},
        {"input_message": "no, thanks", "thread_id": "asked"},
        {"input_message": "What can you do?"},
        {"input_message": "Delete every file of this machine"},
        {"input_message": f"Trainiere ein Modell auf {root}/missing.csv"},
        {"input_message": ""},
    ]
    return [
        *(("POST", "/generate", each) for each in said),
        ("GET", "/health"),
        ("POST", "/generate", b"{", "text/csv"),
    ]


def small_table(root: Path, rows: int = 300) -> Path:
    """The first rows of Adult."""
    table = root / "table.csv"
    table.write_text("".join(ADULT.read_text().splitlines(keepends=True)[: rows + 1]))
    return table


def leaks(port: int, process: subprocess.Popen[bytes], requests: list[tuple[Any, ...]], most: int) -> None:
    """Mixed requests one after another; prints what the server holds after a tenth and after all of them."""
    statuses: dict[int, int] = defaultdict(int)
    early, held = most // 10, {}
    for number in range(1, most + 1):
        statuses[ask(port, *requests[number % len(requests)])[0]] += 1
        if number in (early, most):
            time.sleep(2)  # connections that end are closed
            held[number] = holdings(process.pid)
            print(f"after {number:5} mixed requests: {held[number]}")
    print(f"memory after {most:,} is {held[most]['pss_mb'] / held[early]['pss_mb'] - 1:+.1%} of that after {early}")
    print(f"statuses: {dict(sorted(statuses.items()))}", flush=True)


def holdings(pid: int) -> dict[str, float]:
    """Memory in MB, open files, threads and processes of a process and all that came from it."""
    pids = [pid, *descendants(pid)]
    memory = sum(pss(each) for each in pids)
    return {
        "pss_mb": round(memory / 1024, 1),
        "files": sum(len(os.listdir(f"/proc/{each}/fd")) for each in pids),
        "threads": sum(len(os.listdir(f"/proc/{each}/task")) for each in pids),
        "processes": len(pids),
    }


def pss(pid: int) -> int:
    """Memory of a process in kB, shared pages counted in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
