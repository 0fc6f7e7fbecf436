"""A server of our own, to be killed and started again, and what tests and benchmarks ask of it."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import torch

from processes import alive, children, descendants, until

BACKEND = Path(__file__).resolve().parents[2] / "backend"
ASYNC = {"Prefer": "respond-async"}


@dataclass
class Service:
    """A server of our own, to be killed and started again."""

    root: Path
    port: int
    bounds: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, wait: bool = True) -> "Service":
        environment = {**os.environ, **self.bounds, "DATAFOUNDRY_STATE_DIR": str(self.root / ".state")}
        command = ["flask_api.py", "--host", "127.0.0.1", "--port", str(self.port), "--data-root", str(self.root)]
        with open(self.root / "log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], cwd=BACKEND, env=environment, stdout=log, stderr=log
            )
        if wait:
            until(self.answers)
        return self

    def answers(self) -> bool:
        assert self.process is not None and self.process.poll() is None, (self.root / "log").read_text()
        try:
            return requests.get(f"{self.url}/health", timeout=60).ok
        except requests.ConnectionError:
            return False

    def kill(self) -> None:
        """As the kernel does it: no farewell; gone are the server and all that it had started."""
        assert self.process is not None
        family = descendants(self.process.pid)
        self.process.kill()
        self.process.wait()
        until(lambda: not any(alive(each) for each in family))

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        return requests.post(self.url + path, json=body, headers=headers, timeout=120)

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.url + path, headers=headers, timeout=120)

    def accepted(self, path: str, body: Any, **headers: str) -> str:
        """The address of the job that a request became."""
        answer = self.post(path, body, **ASYNC, **headers)
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    def job(self, address: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(address).json()["job"]
        return found

    def finished(self, address: str) -> dict[str, Any]:
        """The job once it is over."""
        return until(lambda: (job := self.job(address))["state"] in ("succeeded", "failed", "cancelled") and job)

    def workers(self) -> list[int]:
        assert self.process is not None
        servers = children(self.process.pid)  # of gunicorn's parent
        return [worker for server in servers for host in children(server) for worker in children(host)]

    def unfinished_files(self) -> list[Path]:
        return [path for path in self.root.rglob(".*") if path.name != ".state" and ".state" not in path.parts]


def training(service: Service, table: Path, name: str, epochs: int = 30) -> dict[str, str]:
    """The body of a request to train in a folder of its own, always the same training."""
    body = {
        "data_path": str(table),
        "output_dir": str(service.root / name),
        "model_params": {"latent_dim": 4, "encoder_hidden_layers": [16], "decoder_hidden_layers": [16]},
        "training_params": {"epochs": epochs, "batch_size": 32, "learning_rate": 1e-4, "seed": 1},
    }
    return {"config_path": service.post("/api/training/create-config", body).json()["config_path"]}


def weights(folder: Path) -> str:
    """A digest of a model's tensors, bit by bit."""
    digest = hashlib.sha256()

    def take(value: Any) -> None:
        if isinstance(value, torch.Tensor):
            digest.update(value.numpy().tobytes())
        elif isinstance(value, dict):
            for key in value:
                take(value[key])
        elif isinstance(value, list | tuple):
            for each in value:
                take(each)

    take(torch.load(folder / "model.pth", weights_only=True))
    return digest.hexdigest()
