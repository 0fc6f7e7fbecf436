"""What the service promises under faults, measured on real servers with real kills.

python benchmarks/service.py trainings 20   trainings killed at random points: how many end bit-equal
python benchmarks/service.py kills 50       kills of the server under load: lost jobs, partial files
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
from contextlib import contextmanager
from pathlib import Path

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


def kills(count: int, rng: random.Random) -> None:
    """Kill the server while clients ask for jobs; every promised job must succeed, every file be whole."""
    with served() as (service, table):
        plain = table.with_name("plain.parquet")
        pd.read_parquet(table).drop(columns="label").to_parquet(plain)
        promised: list[str] = []
        over = threading.Event()

        def client(name: int) -> None:
            number = 0
            while not over.is_set():
                number += 1
                body = {"data_path": str(plain), "output_path": str(service.root / f"labels{name}_{number}.parquet")}
                try:
                    promised.append(
                        service.accepted("/api/labeling/create-labels", {**body, "labeling_functions": FUNCTIONS})
                    )
                    service.post("/api/dataset/info", {"data_path": str(table)})
                    time.sleep(0.5)
                except (requests.RequestException, AssertionError):
                    time.sleep(0.2)  # the server is dead for the moment

        clients = [threading.Thread(target=client, args=(name,)) for name in range(4)]
        for each in clients:
            each.start()
        for number in range(count):
            time.sleep(rng.uniform(0.2, 2.0))
            service.kill()
            service.start()
            print(f"kill {number + 1}: {len(promised)} jobs promised", flush=True)
        over.set()
        for each in clients:
            each.join()
        states = pd.Series([service.finished(address)["state"] for address in promised]).value_counts().to_dict()
        until(lambda: not service.get("/api/jobs").json()["running"])
        files = list(service.root.glob("labels*.parquet"))
        whole = sum(len(pd.read_parquet(path)) == 600 for path in files)
        print(f"{count} kills, {len(promised)} promised jobs: {states}; {whole} of {len(files)} files whole")
        print(f"unfinished files left: {[path.name for path in service.unfinished_files()]}")


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
    arguments = parser.parse_args()
    {"trainings": trainings, "kills": kills, "health": health}[arguments.what](
        arguments.count, random.Random(arguments.seed)
    )


if __name__ == "__main__":
    main()
