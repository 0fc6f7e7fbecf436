"""A scheduler of Dask and workers as an operator starts them: processes from `backend/`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from processes import free_port, until

BACKEND = Path(__file__).resolve().parents[2] / "backend"


class Cluster:
    """Processes that end with `close`; each writes its log into a folder."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._begun = 0
        self.scheduler = self.start_scheduler()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        """Begin, or begin again, to listen at the one address."""
        self.scheduler = self._start("scheduler", "--port", str(self.port), "--host", "127.0.0.1")
        return self.scheduler

    def add_worker(self, backend: Path = BACKEND) -> subprocess.Popen[bytes]:
        """One more worker of one thread, once the scheduler knows it."""
        self.workers.append(
            self._start("worker", self.url, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", backend=backend)
        )
        until(lambda: b"Registered to" in self.log(self._begun).read_bytes())
        return self.workers[-1]

    def log(self, number: int) -> Path:
        """Of the process that was started as the so manyth."""
        return self._folder / f"dask{number}.log"

    def close(self) -> None:
        """End all of it."""
        for each in [*self.workers, self.scheduler]:
            kill(each)

    def _start(self, what: str, *flags: str, backend: Path = BACKEND) -> subprocess.Popen[bytes]:
        self._begun += 1
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *flags, "--no-dashboard"]
        environment = {**os.environ, "PYTHONPATH": str(backend), "OMP_NUM_THREADS": "1"}
        with open(self.log(self._begun), "wb") as log:
            return subprocess.Popen(  # a session of its own, as a daemon has: sessions share the processors evenly
                command, cwd=self._folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process as a machine that fails does."""
    process.send_signal(signal.SIGKILL)
    process.wait()
