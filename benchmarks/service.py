"""What the service promises under faults, measured on real servers with real kills.

python benchmarks/service.py trainings 20   trainings killed at random points: how many end bit-equal
python benchmarks/service.py kills 50       kills of the server under load, in two minutes: lost jobs, partial files
python benchmarks/service.py health 1000    /health while two trainings run: latencies
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import requests

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests" / "helpers"), str(REPOSITORY / "backend")]

from live_service import Service, training, weights  # noqa: E402
from processes import free_port, until  # noqa: E402

BOUNDS = {"DATAFOUNDRY_CHECKPOINT_SECONDS": "1", "DATAFOUNDRY_MAX_KEPT_JOBS": "100000"}
FUNCTIONS = [{"name": "lf", "code": "def lf(x):\n    return 1 if x['age'] > 40 else 0"}]


@contextmanager
def served() -> Iterator[tuple[Service, Path]]:
    """A server on a folder of its own, and a table of 600 rows in it."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), free_port(), BOUNDS).start()
        table = Path(folder) / "table.parquet"
        rows = pd.read_csv(REPOSITORY / "backend" / "testing_data" / "adult.csv").sample(600, random_state=0)
        rows.assign(label=(rows.pop("income") == ">50K").astype(float)).to_parquet(table)
        try:
            yield service, table
        finally:
            service.kill()


def trainings(count: int, rng: random.Random) -> None:
    """Kill the worker or the server at a random moment of each training, and compare the weights at the end."""
    with served() as (service, table):
        started = time.monotonic()
        service.post("/api/training/train-model", training(service, table, "straight"))
        seconds, expected = time.monotonic() - started, weights(service.root / "straight")
        equal, killed = 0, 0
        for number in range(count):
            body = training(service, table, f"m{number}")
            address = service.accepted("/api/training/train-model", body)
            time.sleep(rng.uniform(0, seconds))
            if service.job(address)["state"] == "running":
                killed += 1
                if number % 2:
                    service.kill()
                    service.start()
                elif workers := service.workers():
                    os.kill(workers[0], signal.SIGKILL)
            job = service.finished(address)
            equal += job["state"] == "succeeded" and weights(service.root / f"m{number}") == expected
            print(f"{number + 1}: attempts {job['attempts']}, bit-equal so far {equal}", flush=True)
        print(
            f"{equal} of {count} trainings bit-equal, {killed} of them killed; {len(service.unfinished_files())} left"
        )


def kills(count: int, rng: random.Random, seconds: float) -> None:
    """Kill the server while clients ask for jobs: `count` times in `seconds`, whatever it is at.

    Every promised job must end as succeeded with its file whole, and no job's file be written once more.
    """
    with served() as (service, table):
        plain = table.with_name("plain.parquet")
        pd.read_parquet(table).drop(columns="label").to_parquet(plain)
        promised: dict[str, Path] = {}
        first: dict[Path, int] = {}  # the inode that each file had when it was first seen
        over = threading.Event()

        def client(name: int) -> None:
            number = 0
            while not over.is_set():
                number += 1
                output = service.root / f"labels{name}_{number}.parquet"
                body = {"data_path": str(plain), "output_path": str(output), "labeling_functions": FUNCTIONS}
                try:
                    promised[service.accepted("/api/labeling/create-labels", body)] = output
                    time.sleep(0.5)
                except (requests.RequestException, AssertionError):
                    time.sleep(0.2)  # the server is dead for the moment

        def watch() -> None:
            while not over.is_set():
                for path in service.root.glob("labels*.parquet"):
                    with suppress(FileNotFoundError):
                        first.setdefault(path, path.stat().st_ino)
                time.sleep(0.01)

        threads = [threading.Thread(target=client, args=(name,)) for name in range(4)]
        watcher = threading.Thread(target=watch)
        for each in (*threads, watcher):
            each.start()
        began = time.monotonic()
        for number in range(count):
            due = began + (number + rng.random()) * seconds / count
            time.sleep(max(0.0, due - time.monotonic()))
            service.kill()
            service.start(wait=False)
        print(f"{count} kills in {time.monotonic() - began:.0f} s, {len(promised)} jobs promised", flush=True)
        until(service.answers)
        jobs = {address: _at_last(service, address) for address in list(promised)}
        over.set()
        for each in (*threads, watcher):
            each.join()
        jobs |= {address: _at_last(service, address) for address in set(promised) - set(jobs)}
        states = pd.Series([job["state"] for job in jobs.values()]).value_counts().to_dict()
        files = [promised[address] for address in jobs]
        whole = sum(path.is_file() and len(pd.read_parquet(path)) == 600 for path in files)
        twice = sum(path in first and path.stat().st_ino != first[path] for path in files)
        begun = pd.Series([job["attempts"] for job in jobs.values()])
        print(f"{len(jobs)} promised jobs: {states}; {whole} files whole, {twice} of them written twice")
        print(f"begun more than once: {(begun > 1).sum()}, at most {begun.max()} times")
        print(f"unfinished files left: {[path.name for path in service.unfinished_files()]}")


def _at_last(service: Service, address: str) -> dict[str, Any]:
    """A job once it is over, however long that takes after so many kills."""
    while (job := service.job(address))["state"] in ("queued", "running"):
        time.sleep(0.2)
    return job


def health(count: int, rng: random.Random) -> None:
    """How long /health takes while two trainings run."""
    with served() as (service, table):
        for name in ("a", "b"):
            body = training(service, table, name, epochs=100_000)
            address = service.accepted("/api/training/train-model", body)
            until(lambda address=address: service.job(address)["progress"])  # type: ignore[misc]
        taken = []
        with requests.Session() as session:
            for _ in range(count):
                time.sleep(rng.uniform(0, 0.02))
                began = time.perf_counter()
                assert session.get(f"{service.url}/health", timeout=60).ok
                taken.append(1000 * (time.perf_counter() - began))
        figures = pd.Series(taken).quantile([0.5, 0.9, 0.99, 1.0]).round(1).to_dict()
        print(f"/health while two trainings run, {count} requests, milliseconds by quantile: {figures}")


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["trainings", "kills", "health"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120.0, help="in which all kills happen")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    if arguments.what == "kills":
        kills(arguments.count, rng, arguments.seconds)
    else:
        {"trainings": trainings, "health": health}[arguments.what](arguments.count, rng)


if __name__ == "__main__":
    main()
