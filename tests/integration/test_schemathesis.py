"""Requests made from `/openapi.json` by schemathesis against a running service: the quick set of the benchmark."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "requests_from_schema.py"


def test_no_request_breaks_a_promise_or_leaves_a_file_elsewhere() -> None:
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--quick"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert "alive: True; tracebacks in its log: 0; files changed or made elsewhere: 0" in done.stdout
