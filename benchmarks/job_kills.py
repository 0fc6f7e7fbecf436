"""Promised jobs under kills of everything that runs them: does each end as succeeded, with its file, and none twice?

python benchmarks/job_kills.py 50 --seconds 120

A server process - the queue, its store and the host of its workers, without HTTP - takes jobs and is killed with
SIGKILL at a random moment, again and again; the next one finds what the last one left. It is forked from this process,
which has everything imported, so that 50 kills hit work and not the import of torch. `benchmarks/service.py kills` does
the same to the whole service, where a start takes seconds.
"""

import argparse
import os
import random
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests" / "helpers"), str(REPOSITORY / "backend")]

import pandas as pd  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
import torch  # noqa: E402, F401  # what a worker would import

from DataFoundry import evaluator  # noqa: E402, F401  # before the fork
from DataFoundry.roots import add_data_roots  # noqa: E402
from DataFoundry.settings import Limits  # noqa: E402
from jobs import host  # noqa: E402
from jobs.launch import HostLauncher  # noqa: E402
from jobs.runner import Runner  # noqa: E402
from jobs.store import SUCCEEDED, Store  # noqa: E402
from processes import alive, descendants  # noqa: E402

ROWS = 20_000
_A_JOB_EVERY = 0.5  # seconds


class _Forked:
    """A process as `HostLauncher` knows it."""

    def __init__(self, process: int) -> None:
        self._process = process

    def poll(self) -> int | None:
        return None if alive(self._process) else 1

    def wait(self, _seconds: float) -> int:
        return os.waitpid(self._process, 0)[1]


class ForkedHost(HostLauncher):
    """The host of workers, forked instead of started: what it would import is there."""

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            ours.close()
            os.setsid()
            theirs.sendall(host.READY)
            host._Host(theirs).serve()
            os._exit(0)
        theirs.close()
        self._host, self._control, self._heard_of = _Forked(process), ours, False  # type: ignore[assignment]


def serve(folder: Path, table: Path, promised: Path, new_jobs: bool) -> NoReturn:
    """Be a server: go on with what the last one left, and promise more, until killed."""
    launcher = ForkedHost()  # before there are threads
    runner = Runner(Store(folder), launcher, launcher, folder, Limits())
    runner.recover()
    while True:
        if new_jobs:
            output = table.with_name(f"out_{time.time_ns()}.parquet")
            body = {"data_path": str(table), "output_path": str(output)}
            job, _ = runner.submit("dataset.convert", body, durable=True)
            with open(promised, "a") as file:  # whoever reads this was answered with 202
                file.write(f"{job.id} {output}\n")
        time.sleep(_A_JOB_EVERY)


@dataclass
class Outcome:
    """What came of the promised jobs."""

    states: dict[str, int]
    promised: int
    whole: int
    written_twice: int
    begun_again: int
    most_attempts: int
    left: list[str] = field(default_factory=list)


def run(count: int, seconds: float, rng: random.Random, root: Path) -> Outcome:
    """Kill `count` servers in `seconds`, let the last one finish, and look."""
    folder, table, promised = root / ".state", root / "table.csv", root / "promised.txt"
    add_data_roots([str(root)])
    pd.DataFrame({"a": range(ROWS), "b": [f"word {number % 97}" for number in range(ROWS)]}).to_csv(table, index=False)
    promised.touch()
    first: dict[Path, int] = {}
    began = time.monotonic()
    for number in range(count):
        server = _started(folder, table, promised, True)
        due = began + (number + rng.random()) * seconds / count
        while time.monotonic() < due:
            _look(root, first)
            time.sleep(0.002)
        _kill(server)
    print(f"{count} kills in {time.monotonic() - began:.0f} s", flush=True)
    server = _started(folder, table, promised, False)
    names = dict(line.split(" ", 1) for line in promised.read_text().splitlines() if " " in line)
    store = Store(folder)
    while store.unfinished():
        _look(root, first)
        time.sleep(0.05)
    _kill(server)
    return _outcome(root, store, {name: Path(output) for name, output in names.items()}, first)


def _started(*arguments: Any) -> int:
    process = os.fork()
    if process == 0:
        try:
            serve(*arguments)
        finally:
            os._exit(1)
    return process


def _kill(server: int) -> None:
    family = descendants(server)
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    while any(alive(each) for each in family):
        time.sleep(0.005)


def _look(root: Path, first: dict[Path, int]) -> None:
    """Remember the inode that each file has when it is first seen: a file that is written again gets another."""
    for entry in os.scandir(root):
        if entry.name.startswith("out_"):
            first.setdefault(Path(entry.path), entry.inode())


def _outcome(root: Path, store: Store, promised: dict[str, Path], first: dict[Path, int]) -> Outcome:
    jobs = [store.get(name) for name in promised]
    states: dict[str, int] = {}
    for job in jobs:
        state = job.state if job is not None else "forgotten"
        states[state] = states.get(state, 0) + 1
    files = list(promised.values())
    return Outcome(
        states,
        len(promised),
        sum(path.is_file() and pq.read_metadata(path).num_rows == ROWS for path in files),
        sum(path in first and path.exists() and path.stat().st_ino != first[path] for path in files),
        sum(job is not None and job.attempts > 1 for job in jobs),
        max((job.attempts for job in jobs if job is not None), default=0),
        [path.name for path in root.iterdir() if path.name.startswith(".") and path.name != ".state"],
    )


def main() -> None:
    """Run it and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--seconds", type=float, default=120.0, help="in which all kills happen")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(arguments.count, arguments.seconds, random.Random(arguments.seed), Path(folder))
    print(outcome)
    if outcome.states != {SUCCEEDED: outcome.promised} or outcome.whole != outcome.promised or outcome.left:
        sys.exit("A promise was not kept.")


if __name__ == "__main__":
    main()
