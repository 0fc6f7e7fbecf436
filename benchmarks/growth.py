"""How seconds and memory grow with the table: `python benchmarks/growth.py [--large] [--rows N ...] [--only WORK ...]`.

Adult drawn with replacement to 100,000 and 1,000,000 rows, with `--large` 10,000,000 too: labeling by three functions,
profiling, training (configuration and model), generating as many rows, and scanning the table with that model.

Each in a process of its own: seconds, in brackets those of processor time (which others on the machine disturb less),
and the peak memory of the process and its children together. The last column is the exponent e of processor time ~
rows^e, by least squares on logarithms over all sizes.

`--workers 1 2` measures instead what workers of Dask change, at one size (first of `--rows`, else 1,000,000): labeling
by functions that take their time, generating and scanning, without Dask and with so many workers of one thread. The
workers are there before, with everything imported, as those of a service are; what is written is compared byte by byte.
"""

import argparse
import hashlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "backend"), str(REPOSITORY / "tests" / "helpers")]
SIZES, LARGE = (100_000, 1_000_000), 10_000_000
WORK = ("label", "profile", "train", "generate", "scan")
_BLOCK = 500_000
_FUNCTIONS = [
    {"name": "schooling", "code": "def schooling(x):\n    return 1 if x['education-num'] > 12 else -1"},
    {"name": "young", "code": "def young(x):\n    return 0 if x.age < 28 else -1"},
    {"name": "married", "code": "def married(x):\n    return 1 if x['marital-status'] == 'Married-civ-spouse' else 0"},
]
_DIGITS = "def digits{0}(x):\n    return 1 if sum(int(d) for d in str(x.fnlwgt + {0} * x.age)) % 5 else -1"
# What workers are for: those above take a moment.
_HEAVY = [*_FUNCTIONS, *({"name": f"digits{each}", "code": _DIGITS.format(each)} for each in range(1, 7))]
_SPREAD = {"label": "label-heavy", "generate": "generate", "scan": "scan"}


def write_table(path: Path, rows: int) -> None:
    """Adult's rows drawn with replacement, the income as `label`, block by block."""
    adult = pd.read_csv(REPOSITORY / "backend" / "testing_data" / "adult.csv").rename(columns={"income": "label"})
    table, random = pa.Table.from_pandas(adult, preserve_index=False), np.random.default_rng(0)
    with pq.ParquetWriter(path, table.schema) as writer:
        for start in range(0, rows, _BLOCK):
            writer.write_table(table.take(random.integers(len(adult), size=min(_BLOCK, rows - start))))


def work(name: str, folder: Path, rows: int) -> None:
    """One piece of work on the table in a folder, as the service does it."""
    from DataFoundry import evaluator, generator, labeler, trainer

    table, model = str(folder / "table.parquet"), str(folder / "model.pth")
    config = str(folder / "config.json")
    if name.startswith("label"):
        unlabeled, functions = str(folder / "unlabeled.parquet"), _FUNCTIONS if name == "label" else _HEAVY
        labeler.create_labels(unlabeled, functions, str(folder / "labeled.parquet"), seed=0)
    elif name == "profile":
        evaluator.profile_dataset(table, "label", output_path=str(folder / "profile.html"))
    elif name == "train":
        trainer.train_model(trainer.create_config(table, str(folder), training_params={"seed": 0})["config_path"])
    elif name == "generate":
        generator.generate_data(model, config, None, rows, str(folder / "made.parquet"), seed=0)
    else:
        odd = str(folder / "odd.parquet")
        evaluator.detect_anomalies(config, model, str(folder / "preprocessor.joblib"), table, odd)


def measured(name: str, folder: Path, rows: int, scheduler: str = "") -> tuple[float, float, float]:
    """Seconds, those of processor time, and the most MiB that the work's processes held together."""
    from processes import descendants

    command = [sys.executable, __file__, "--work", name, "--folder", str(folder), "--rows", str(rows)]
    environment = os.environ | {"DATAFOUNDRY_DATA_ROOTS": str(folder), "DATAFOUNDRY_DASK_SCHEDULER": scheduler}
    before = _processor()
    started, peak, over = time.monotonic(), [0.0], threading.Event()
    process = subprocess.Popen(command, env=environment)

    def watch() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], sum(map(_held, [process.pid, *descendants(process.pid)])))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    over.set()
    watcher.join()
    if code != 0:
        sys.exit(f"{name} of {rows} rows failed")
    return time.monotonic() - started, _processor() - before, peak[0]


def _processor() -> float:
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _held(process: int) -> float:
    """MiB of a process, what it shares with others counted in parts."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log seconds over log rows."""
    if len(sizes) < 2:
        return math.nan
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> None:
    """Measure and print a table."""
    from cluster import spread

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", help="sizes in place of the usual ones")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} rows, too")
    parser.add_argument("--only", nargs="*", choices=WORK, default=list(WORK), help="train comes before what needs it")
    parser.add_argument("--workers", type=int, nargs="*", help="what so many workers of Dask change")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        with spread():
            work(asked.work, asked.folder, asked.rows[0])
        return
    if asked.workers:
        spread_over(asked.workers, (asked.rows or SIZES[1:])[0], [each for each in _SPREAD if each in asked.only])
        return
    sizes = asked.rows or [*SIZES, *([LARGE] if asked.large else [])]
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in asked.only}
    for rows in sizes:
        with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as place:
            folder = Path(place)
            write_table(folder / "table.parquet", rows)
            if "label" in asked.only:
                _without_label(folder)
            for name in (each for each in WORK if each in asked.only):
                found[name].append(measured(name, folder, rows))
                print(json.dumps({"work": name, "rows": rows, "seconds_processor_mib": found[name][-1]}), flush=True)
    _print(sizes, found)


def spread_over(counts: list[int], rows: int, names: list[str]) -> None:
    """Print the seconds of each work without Dask and with each number of workers, and the speed beside the first."""
    found: dict[str, list[float]] = {name: [] for name in names}
    written: dict[str, set[str]] = {name: set() for name in names}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as place:
        folder = Path(place)
        write_table(folder / "table.parquet", rows)
        _without_label(folder)
        if set(names) - {"label"}:
            measured("train", folder, rows)
        for count in [0, *counts]:
            with workers(folder, count) as scheduler:
                for name in names:
                    found[name].append(measured(_SPREAD[name], folder, rows, scheduler)[0])
                    written[name].add(_sums(folder))
                    print(json.dumps({"work": name, "workers": count, "seconds": found[name][-1]}), flush=True)
    print(f"\n| {rows:,} rows | none | " + " | ".join(f"{count} workers" for count in counts) + " | same bytes |")
    print("|---|" + "---|" * (len(counts) + 2))
    for name, (none, *seconds) in found.items():
        cells = [f"{each:.0f} s ({seconds[0] / each:.2f})" for each in seconds]
        print(f"| {name} | {none:.0f} s | {' | '.join(cells)} | {'yes' if len(written[name]) == 1 else 'NO'} |")


@contextmanager
def workers(folder: Path, count: int) -> Iterator[str]:
    """The address of a scheduler with so many workers that have imported everything; none for 0."""
    if count == 0:
        yield ""
        return
    from distributed import Client

    from dask_cluster import Cluster

    (folder / "logs").mkdir(exist_ok=True)
    cluster = Cluster(folder / "logs")
    try:
        for _ in range(count):
            cluster.add_worker()
        with Client(cluster.url) as client:
            for module in ("DataFoundry.labeler", "DataFoundry.generator", "DataFoundry.evaluator"):
                client.run(import_module, module)
        yield cluster.url
    finally:
        cluster.close()


def _sums(folder: Path) -> str:
    """Of what was written, which is taken away."""
    sums = hashlib.sha256()
    for name in ("labeled.parquet", "made.parquet", "odd.parquet", "odd_fixes.csv", "odd_findings.csv"):
        if (folder / name).exists():
            with open(folder / name, "rb") as content:
                sums.update(hashlib.file_digest(content, "sha256").digest())
            (folder / name).unlink()
    return sums.hexdigest()


def _without_label(folder: Path) -> None:
    with pq.ParquetFile(folder / "table.parquet") as table:
        kept = [name for name in table.schema_arrow.names if name != "label"]
        schema = pa.schema([table.schema_arrow.field(name) for name in kept])
        with pq.ParquetWriter(folder / "unlabeled.parquet", schema) as writer:
            for batch in table.iter_batches(_BLOCK, columns=kept):
                writer.write_batch(batch)


def _print(sizes: list[int], found: dict[str, list[Any]]) -> None:
    print("\n| work | " + " | ".join(f"{rows:,} rows" for rows in sizes) + " | exponent |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for name, each in found.items():
        grown = exponent(sizes, [processor for _, processor, _ in each])
        print(f"| {name} | {' | '.join(map(_cell, each))} | {grown:.2f} |")


def _cell(each: tuple[float, float, float]) -> str:
    return f"{each[0]:.0f} s ({each[1]:.0f}), {each[2]:,.0f} MiB"


if __name__ == "__main__":
    main()
