"""The orchestrator as a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from processes import free_port

BACKEND = Path(__file__).resolve().parents[2] / "backend"


@dataclass
class Served:
    """A running orchestrator."""

    url: str
    root: Path
    process: subprocess.Popen[bytes]

    def ask(self, text: str, **more: Any) -> requests.Response:
        return requests.post(f"{self.url}/generate", json={"input_message": text, **more}, timeout=300)


@pytest.fixture(scope="session")
def start_orchestrator() -> Iterator[Callable[..., Served]]:
    """Start an orchestrator on a folder; killed at the end."""
    started: list[Served] = []

    def start(folder: Path, **environment: str) -> Served:
        started.append(_serve(folder, environment))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


@pytest.fixture(scope="session")
def orchestrator(start_orchestrator: Callable[..., Served], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """One orchestrator for all tests of the session."""
    return start_orchestrator(tmp_path_factory.mktemp("orchestrator"))


def _serve(folder: Path, environment: dict[str, str]) -> Served:
    """Start `serve_orchestrator.py` with `folder` as one more data root and its database in it."""
    port = free_port()
    options = ["--port", str(port), "--data-root", str(folder), "--database", str(folder / "orchestrator.sqlite")]
    command = [sys.executable, "agents/serve_orchestrator.py", "--host", "127.0.0.1", *options]
    log = (folder / "orchestrator.log").open("ab")
    process = subprocess.Popen(
        command, cwd=BACKEND, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(1200):
        if process.poll() is not None:
            raise RuntimeError((folder / "orchestrator.log").read_text())
        try:
            requests.get(f"{url}/health", timeout=5)
            return Served(url, folder, process)
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("the orchestrator did not start")
