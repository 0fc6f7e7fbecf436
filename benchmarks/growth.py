"""How seconds and memory grow with the table: `python benchmarks/growth.py [--large] [--rows N ...] [--only WORK ...]`.

Adult drawn with replacement to 100,000 and 1,000,000 rows, with `--large` 10,000,000 too: labeling by three functions,
profiling, training (configuration and model), generating as many rows, and scanning the table with that model.

Each in a process of its own: seconds, in brackets those of processor time (which others on the machine disturb less),
and the peak memory of the process and its children together. The last column is the exponent e of processor time ~
rows^e, by least squares on logarithms over all sizes.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
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
    if name == "label":
        unlabeled = str(folder / "unlabeled.parquet")
        labeler.create_labels(unlabeled, _FUNCTIONS, str(folder / "labeled.parquet"), seed=0)
    elif name == "profile":
        evaluator.profile_dataset(table, "label", output_path=str(folder / "profile.html"))
    elif name == "train":
        trainer.train_model(trainer.create_config(table, str(folder), training_params={"seed": 0})["config_path"])
    elif name == "generate":
        generator.generate_data(model, config, None, rows, str(folder / "made.parquet"), seed=0)
    else:
        odd = str(folder / "odd.parquet")
        evaluator.detect_anomalies(config, model, str(folder / "preprocessor.joblib"), table, odd)


def measured(name: str, folder: Path, rows: int) -> tuple[float, float, float]:
    """Seconds, those of processor time, and the most MiB that the work's processes held together."""
    from processes import descendants

    command = [sys.executable, __file__, "--work", name, "--folder", str(folder), "--rows", str(rows)]
    environment = os.environ | {"DATAFOUNDRY_DATA_ROOTS": str(folder)}
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", help="sizes in place of the usual ones")
    parser.add_argument("--large", action="store_true", help=f"{LARGE:,} rows, too")
    parser.add_argument("--only", nargs="*", choices=WORK, default=list(WORK), help="train comes before what needs it")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.folder, asked.rows[0])
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
