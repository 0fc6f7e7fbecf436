"""Related tables, ours beside SDV's HMA, in one run: `python benchmarks/relational.py [--data DIR] [--quick]`.

DIR holds one csv file a table; without one it is the shop of `backend/examples/make_shop.py`. Relations are those that
we find. Each system runs in a process of its own; its tables are judged by the same report (`relational.judging`):

- integrity, keys, children, shapes, trends: of all tables and relations the worst; 1 is best;
- c2st_child, c2st_agg: the worst area under ROC with which boosted trees tell children with their parents, and parents
  with what their children are like, from real ones; .5 is best;
- fit, generate: seconds; peak memory of the process.

"shuffled" are the real tables with the links of each relation exchanged at random: what is lost with the links alone.
SDV (Business Source Licence) is not among our requirements: `pip install sdv`; where it is missing or refuses, that is
told.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
SYSTEMS = ("ours", "HMA (sdv)", "shuffled")
SCORES = ("integrity", "keys", "children", "shapes", "trends", "c2st_child", "c2st_agg")
Frames = dict[str, pd.DataFrame]


def read(folder: Path) -> Frames:
    """The csv files of a folder."""
    return {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}


def configured(real: Path, folder: Path, quick: bool) -> dict[str, Any]:
    """Our configuration of the tables: the relations by which all systems are judged."""
    from DataFoundry import trainer

    tables = {path.stem: {"data_path": str(path)} for path in sorted(real.glob("*.csv"))}
    settings = {"seed": 1} | ({"epochs": 1} if quick else {})
    return trainer.create_config(tables=tables, output_dir=str(folder / "model"), training_params=settings)


def ours(real: Path, made: dict[str, Any], folder: Path) -> tuple[Path, float, float]:
    """A folder of synthetic tables, seconds to fit and to generate."""
    from DataFoundry import generator, trainer

    started = time.monotonic()
    trained = trainer.train_model(made["config_path"])
    fitted = time.monotonic()
    answer = generator.generate_data(
        trained["model_path"], made["config_path"], output_path=str(folder / "ours"), output_format="csv", seed=0
    )
    return Path(answer["output_path"]), fitted - started, time.monotonic() - fitted


def hma(real: Path, made: dict[str, Any], folder: Path) -> tuple[Path, float, float]:
    """SDV's hierarchical modeling algorithm at its defaults."""
    from sdv.metadata import Metadata
    from sdv.multi_table import HMASynthesizer

    frames = read(real)
    metadata = Metadata.detect_from_dataframes(frames, infer_keys=None)
    for name, choice in made["config"]["tables"].items():
        keys = choice["primary_key"]
        if len(keys) == 1:
            metadata.update_column(table_name=name, column_name=keys[0], sdtype="id")
            metadata.set_primary_key(table_name=name, column_name=keys[0])
    for each in made["config"]["relations"]:
        metadata.update_column(table_name=each["child"], column_name=each["child_key"], sdtype="id")
        metadata.add_relationship(each["parent"], each["child"], each["parent_key"], each["child_key"])
    started = time.monotonic()
    synthesizer = HMASynthesizer(metadata, verbose=False)
    synthesizer.fit(frames)
    fitted = time.monotonic()
    return written(synthesizer.sample(scale=1.0), folder / "hma"), fitted - started, time.monotonic() - fitted


def shuffled(real: Path, made: dict[str, Any], folder: Path) -> tuple[Path, float, float]:
    """The real tables with foreign keys exchanged between rows."""
    frames, r = read(real), np.random.default_rng(0)
    for each in made["config"]["relations"]:
        keys = [each["child_key"]] if isinstance(each["child_key"], str) else each["child_key"]
        frames[each["child"]][keys] = frames[each["child"]][keys].to_numpy()[r.permutation(len(frames[each["child"]]))]
    return written(frames, folder / "shuffled"), 0.0, 0.0


def written(frames: Frames, folder: Path) -> Path:
    """The folder, with the tables in it."""
    folder.mkdir()
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def measure(name: str, real: Path, folder: Path, quick: bool) -> dict[str, Any]:
    """One system's row."""
    from DataFoundry import evaluator

    made = configured(real, folder, quick)
    run = {"ours": ours, "HMA (sdv)": hma, "shuffled": shuffled}[name]
    try:
        synthetic, fit, generate = run(real, made, folder)
    except Exception as error:  # another system's refusal is a result
        return {"system": name, "failed": f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report = evaluator.evaluate_synthetic(
        str(real), str(synthetic), output_path=str(folder / "quality.json"), config_path=made["config_path"]
    )
    scores = {key: report["scores"][key] for key in SCORES}  # type: ignore[index]
    return {"system": name, **scores, "fit_s": round(fit, 1), "generate_s": round(generate, 1), "peak_mb": peak}


def main() -> None:
    """Measure each system in a process of its own, and print one line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--quick", action="store_true", help="a small shop and one epoch: shows that all of it runs")
    parser.add_argument("--only", choices=SYSTEMS, action="append")
    parser.add_argument("--measure", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(args.measure, args.data, args.folder, args.quick)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        data = args.data
        if data is None:
            from examples.make_shop import shop

            data = written(shop(100 if args.quick else 2000), Path(temporary) / "shop")
        roots = os.pathsep.join((temporary, str(data.resolve())))
        for name in args.only or SYSTEMS:
            folder = Path(tempfile.mkdtemp(dir=temporary))
            command = [sys.executable, __file__, "--measure", name, "--data", str(data), "--folder", str(folder)]
            command += ["--quick"] if args.quick else []
            subprocess.run(command, check=True, env={**os.environ, "DATAFOUNDRY_DATA_ROOTS": roots})


if __name__ == "__main__":
    main()
