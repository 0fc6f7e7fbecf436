"""Requests made from `/openapi.json` by schemathesis: `python benchmarks/requests_from_schema.py`.

By default some 5,000 against a service of its own, with every check. Nothing may fail, the service must be alive
afterwards, and no file may have changed or appeared outside the data roots, nor anything but data inside them. The
service runs from a copy of `backend/` with short tables, so that what is asked for is done in moments; rows that may
be generated are limited for the same reason. Ends with 1 if anything is wrong.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import requests

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "tests" / "helpers"))

from processes import free_port  # noqa: E402

CONFIG = REPOSITORY / "tests" / "data" / "schemathesis.toml"
ROWS = 200
DATA = {
    *(".csv", ".parquet", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods", ".feather", ".arrow"),
    *(".gz", ".zip", ".zst", ".bz2", ".pt", ".pth", ".joblib", ".html", ".png", ".svg", ".md", ".log"),
}


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--examples", type=int, default=200, help="requests for each route, besides the boundary values"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few requests, always the same, to routes that are fast")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sys.exit(run(Path(place), options(arguments)))


def options(arguments: argparse.Namespace) -> list[str]:
    """schemathesis' options."""
    if arguments.quick:
        slow = ["/api/training/train-model", "/api/generation/evaluate", "/api/labeling/run-pipeline"]
        chosen = ["--phases", "fuzzing", "--generation-deterministic", "--max-examples", "8"]
        return [*chosen, *(word for path in slow for word in ("--exclude-path", path))]
    phases = ["--phases", "coverage,fuzzing,stateful", "--continue-on-failure"]
    return [*phases, "--max-examples", str(arguments.examples), "--seed", str(arguments.seed)]


def run(place: Path, chosen: list[str]) -> int:
    """Everything below `place`; 0 if all is well."""
    backend, root, tool = place / "backend", place / "root", place / "schemathesis"
    shutil.copytree(REPOSITORY / "backend", backend, ignore=shutil.ignore_patterns("output_data", "__pycache__"))
    for folder in (root, tool):
        folder.mkdir()
    for table in (backend / "testing_data").glob("*.csv"):
        with table.open() as lines:
            short = "".join(islice(lines, ROWS))
        table.write_text(short)
    before = files(place, backend)
    port = free_port()
    command = [sys.executable, "flask_api.py", "--host", "127.0.0.1", "--port", str(port), "--data-root", str(root)]
    bounds = {"DATAFOUNDRY_MAX_ROWS_GENERATED": "10000", "DATAFOUNDRY_STATE_DIR": str(place / "state")}
    environment = {**os.environ, **bounds, "PYTHONDONTWRITEBYTECODE": "1"}
    with open(place / "server.log", "wb") as log:
        server = subprocess.Popen(command, cwd=backend, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait(url, server)
        failed = subprocess.run([*schemathesis(url), *chosen], cwd=tool, env=environment, check=False).returncode
        alive = server.poll() is None and requests.get(f"{url}/health", timeout=60).json()["status"] == "healthy"
    finally:
        server.terminate()
        server.wait()
    defects = (place / "server.log").read_text().count("Traceback")
    changed = sorted(before.items() ^ files(place, backend).items())
    print(f"alive: {alive}; tracebacks in its log: {defects}; files changed or made elsewhere: {len(changed)}")
    for path, _ in changed[:10]:
        print(" ", path)
    return int(bool(failed or changed or defects) or not alive)


def schemathesis(url: str) -> list[str]:
    """The command without what to generate."""
    patience = ["--request-timeout", "600", "--max-response-time", "600", "--suppress-health-check", "all"]
    start = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{url}/openapi.json"]
    return [*start, "--checks", "all", "--no-color", *patience]


def files(place: Path, backend: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of every file that no request may touch: all outside the roots, and what is no data inside."""
    found = {}
    for path in place.rglob("*"):
        if path.is_file() and not _may_change(path, place, backend):
            status = path.stat()
            found[path] = (status.st_size, status.st_mtime_ns)
    return found


def _may_change(path: Path, place: Path, backend: Path) -> bool:
    if path.parent == place or {place / "schemathesis", place / "state"} & set(path.parents):
        return True  # the log, the tool's own files, and the service's notes of its jobs
    if place / "root" not in path.parents and backend not in path.parents:
        return False
    if {"DataFoundry", "agents", "api", "jobs", "serving"} & set(path.parts):
        return False
    return path.suffix.lower() in DATA or (path.name.startswith(".") and "uploads" in path.parts)


def wait(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once `/health` answers."""
    while True:
        try:
            requests.get(f"{url}/health", timeout=60)
            return
        except requests.ConnectionError:
            if server.poll() is not None:
                sys.exit("The service did not start.")
            time.sleep(0.2)


if __name__ == "__main__":
    main()
