"""Reading beside pyarrow, duckdb and polars: `python benchmarks/reading.py [--megabytes 1000] [--rows 10000000]`.

One table of seconds, megabytes a second and peak memory, each measurement in a process of its own, all in one run:

- a csv of Adult's rows over and over, streamed in blocks: by the readers of pyarrow, polars and duckdb, which keep what
  they guess from the first rows, and by ours, which first looks at every cell;
- the whole create-labels call of the specification's two functions on a parquet file of `--rows` rows, beside plainly
  reading and writing the same file with Arrow.

Needs `benchmarks/requirements.txt`. Times on a machine that does other work are noisy: look at the ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
sys.path.insert(0, str(REPOSITORY / "benchmarks"))
ADULT = REPOSITORY / "backend" / "testing_data" / "adult.csv"


def pyarrow(path: Path) -> int:
    """Arrow's streaming reader."""
    import pyarrow.csv as pacsv

    return sum(len(batch) for batch in pacsv.open_csv(path))


def duckdb(path: Path) -> int:
    """DuckDB's reader, its result fetched in Arrow batches."""
    import duckdb as peer

    found = peer.sql(f"SELECT * FROM read_csv('{path}')")
    return sum(len(batch) for batch in found.to_arrow_reader(200_000))


def polars(path: Path) -> int:
    """Polars' lazy reader, collected in batches by its streaming engine."""
    import polars as pl

    return sum(len(batch) for batch in pl.scan_csv(path).collect_batches())


def ours(path: Path) -> int:
    """Our reader, typed Arrow blocks."""
    from DataFoundry.sources.opening import open_table

    return sum(len(block) for block in open_table(path).arrow_blocks())


def ours_frames(path: Path) -> int:
    """Our reader, as labeling reads: pandas blocks with texts as categories."""
    from DataFoundry.sources.coded import coded_frames
    from DataFoundry.sources.opening import open_table

    return sum(len(block) for block in coded_frames(open_table(path)))


def arrow_copy(path: Path) -> int:
    """Plainly read a parquet file and write it again, with Arrow's defaults."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    target = path.with_name("copy.parquet")
    with pq.ParquetWriter(target, file.schema_arrow) as writer:
        for batch in file.iter_batches(200_000):
            writer.write_batch(batch)
    target.unlink()
    return file.metadata.num_rows


def labels(path: Path) -> int:
    """The whole create-labels call."""
    from labeling import TWO

    from DataFoundry import labeler

    target = path.with_name("labeled.parquet")
    rows = labeler.create_labels(str(path), TWO, str(target))["num_rows"]
    target.unlink()
    return int(str(rows))


READERS: tuple[Callable[[Path], int], ...] = (pyarrow, duckdb, polars, ours, ours_frames)
CALLS: tuple[Callable[[Path], int], ...] = (arrow_copy, labels)
MEASUREMENTS = {each.__name__: each for each in (*READERS, *CALLS)}


def make_csv(path: Path, megabytes: int) -> None:
    """Adult's rows over and over, until the file has that size."""
    head, _, rows = ADULT.read_bytes().partition(b"\n")
    with path.open("wb") as file:
        file.write(head + b"\n")
        while file.tell() < megabytes * 1_000_000:
            file.write(rows)


def measured(name: str, path: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--only", name, "--path", str(path)]
    environment = {**os.environ, "DATAFOUNDRY_DATA_ROOTS": str(path.parent)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(calls: tuple[Callable[[Path], int], ...], path: Path, repeats: int) -> dict[str, float]:
    """Median seconds of each, taken in turns, and one printed line for each."""
    found: dict[str, list[dict[str, float]]] = {each.__name__: [] for each in calls}
    for _ in range(repeats):
        for name in found:
            found[name].append(measured(name, path))
    seconds = {}
    for name, runs in found.items():
        seconds[name] = statistics.median(each["seconds"] for each in runs)
        rate = path.stat().st_size / 1e6 / seconds[name]
        peak = max(each["peak"] for each in runs) / 2**20
        print(f"{name:14} {runs[0]['rows']:>12,} {seconds[name]:>9.2f} {rate:>9,.0f} {peak:>9,.0f}", flush=True)
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000, help="of the csv file")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the parquet file; 0 leaves labeling out")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=list(MEASUREMENTS), help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        import resource

        MEASUREMENTS[asked.only](asked.path.with_name("small" + asked.path.suffix))  # the first call imports
        started = time.perf_counter()
        rows = MEASUREMENTS[asked.only](asked.path)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB
        print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak}))
        return
    with tempfile.TemporaryDirectory() as name:
        print(f"{'':14} {'rows':>12} {'seconds':>9} {'MB/s':>9} {'peak MiB':>9}")
        path = Path(name) / "adult.csv"
        make_csv(path, asked.megabytes)
        make_csv(path.with_name("small.csv"), 1)
        seconds = compare(READERS, path, asked.repeats)
        path.unlink()
        fastest = min(seconds[each] for each in ("pyarrow", "duckdb", "polars"))
        print(f"    ours at {fastest / seconds['ours']:.2f} of the rate of the fastest")
        if asked.rows:
            from labeling import make_file

            path = Path(name) / "big.parquet"
            make_file(path, asked.rows)
            make_file(path.with_name("small.parquet"), 1000)
            seconds = compare(CALLS, path, asked.repeats)
            print(f"    create_labels takes {seconds['labels'] / seconds['arrow_copy']:.2f} times the plain copy")


if __name__ == "__main__":
    main()
