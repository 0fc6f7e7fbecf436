"""Fifty people clicking through the console beside a training: how long pages take, and whether any of them fails.

    python benchmarks/console_clicks.py [--clients 50] [--seconds 30]

Starts a server of its own, trains a model on Adult meanwhile, and prints one line of JSON: pages asked for, answers of
500 or above, and the median and 99th percentile of seconds by page.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import requests

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / each) for each in ("tests/helpers", "backend")]
from live_service import Service  # noqa: E402
from processes import free_port  # noqa: E402

ADULT = Path(__file__).resolve().parents[1] / "backend" / "testing_data" / "adult.csv"
PAGES = ["/", "/console/tables", "/console/label", "/console/train", "/console/generate", "/console/clean"]
PAGES += ["/console/jobs", "/console/ask", f"/console/tables/view?path={ADULT}&sort=age&offset=500"]
THINKING = 0.5  # seconds between two clicks of a person


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), free_port(), {})
        try:
            service.start()
            begin_training(service)
            print(json.dumps(clicked(service.url, asked.clients, asked.seconds)))
        finally:
            service.kill()


def begin_training(service: Service) -> None:
    """A training that outlasts the clicks."""
    body = {"data_path": str(ADULT), "output_dir": str(service.root / "model"), "training_params": {"epochs": 1000}}
    config = service.post("/api/training/create-config", {**body, "label_column": "income"}).json()["config_path"]
    service.accepted("/api/training/train-model", {"config_path": config})


def clicked(url: str, clients: int, seconds: float) -> dict[str, object]:
    """What so many people saw in so many seconds."""
    taken: dict[str, list[float]] = {page: [] for page in PAGES}
    failed: list[int] = []
    end = time.monotonic() + seconds

    def click(number: int) -> None:
        session, turn = requests.Session(), number
        while time.monotonic() < end:
            page = PAGES[turn % len(PAGES)]
            began = time.monotonic()
            answer = session.get(url + page, timeout=120)
            taken[page].append(time.monotonic() - began)
            if answer.status_code >= 500:
                failed.append(answer.status_code)
            turn += 1
            time.sleep(THINKING)

    people = [threading.Thread(target=click, args=(number,)) for number in range(clients)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    whole = [each for times in taken.values() for each in times]
    by_page = {page.split("?")[0]: told(times) for page, times in taken.items() if times}
    return {"clients": clients, "pages": len(whole), "failed": len(failed), "all": told(whole), "by_page": by_page}


def told(times: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(times), 3), "p99": round(sorted(times)[int(0.99 * (len(times) - 1))], 3)}


if __name__ == "__main__":
    main()
