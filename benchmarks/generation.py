"""Generators on Adult, all measured in one run: `python benchmarks/generation.py [--quick] [--only NAME ...]`.

One table: our four model types at the defaults of create-config against CTGAN's and TVAE's own classes, trained on the
official training rows; as many rows are drawn as were learnt from, with the labels as often. Columns:

- utility: area under ROC of boosted trees trained on the synthetic rows over that of the same on the real rows, on
  the test rows; shapes, trends: SDMetrics; detection: area under ROC of boosted trees that tell synthetic from test
  rows, .5 is best; DCR: share of synthetic rows nearer to a training row than to a test row, .5 is best;
- fit: seconds to train, preprocessing included; rows a second to sample; peak memory of the process.

`--quick` takes 3,000 rows and two epochs: it shows that all of it runs, and nothing else. `--epochs N` is for the GANs
and TVAE, whose 300 epochs take most of an hour each. Each system runs in a process of its own.
"""

import argparse
import json
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
DATA = REPOSITORY / "backend" / "testing_data"
QUICK_ROWS = 3000
OURS = ("tabular_cvae", "mixed_data_cvae", "tabular_vae_gmm", "tabular_ctgan")
THEIRS = ("CTGAN (ctgan)", "TVAE (ctgan)")
COLUMNS = ("utility", "shapes", "trends", "detection", "dcr", "fit_s", "rows_per_s", "peak_mb")


def load(quick: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Adult's training and test rows with the income as `label`."""
    tables = [pd.read_csv(DATA / name).rename(columns={"income": "label"}) for name in ("adult.csv", "adult_test.csv")]
    return (tables[0].head(QUICK_ROWS), tables[1].head(QUICK_ROWS)) if quick else (tables[0], tables[1])


def ours(name: str, train: pd.DataFrame, folder: Path, settings: dict[str, Any]) -> tuple[pd.DataFrame, float, float]:
    """Synthetic rows, seconds to fit and seconds to sample, through the library as the service uses it."""
    import os

    os.environ["DATAFOUNDRY_DATA_ROOTS"] = str(folder)
    from DataFoundry import generator, trainer

    train.to_parquet(folder / "train.parquet")
    made = trainer.create_config(str(folder / "train.parquet"), str(folder), name, training_params=settings)
    trained = trainer.train_model(made["config_path"])
    started = time.monotonic()
    drawn = generator.generate_data(
        trained["model_path"], made["config_path"], None, len(train), str(folder / "synthetic.parquet"), seed=0
    )
    sampled = time.monotonic() - started
    return pd.read_parquet(drawn["output_path"]), trained["metrics"]["seconds"], sampled


def theirs(name: str, train: pd.DataFrame, settings: dict[str, Any]) -> tuple[pd.DataFrame, float, float]:
    """The same with the classes of the ctgan package."""
    from ctgan import CTGAN, TVAE

    model = (CTGAN if name.startswith("CTGAN") else TVAE)(epochs=settings.get("epochs", 300))
    model.set_random_state(settings["seed"])
    started = time.monotonic()
    model.fit(train, [column for column in train.columns if train[column].dtype == object])
    fitted = time.monotonic() - started
    started = time.monotonic()
    return model.sample(len(train)), fitted, time.monotonic() - started


def measure(name: str, quick: bool, settings: dict[str, Any]) -> dict[str, float]:
    """One row of the table."""
    train, test = load(quick)
    with tempfile.TemporaryDirectory() as folder:
        fit_and_draw = ours(name, train, Path(folder), settings) if name in OURS else theirs(name, train, settings)
    synthetic, fitted, sampled = fit_and_draw
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    speed = {"fit_s": fitted, "rows_per_s": len(synthetic) / sampled, "peak_mb": peak}
    return judge(train, test, synthetic[train.columns]) | speed


def judge(train: pd.DataFrame, test: pd.DataFrame, synthetic: pd.DataFrame) -> dict[str, float]:
    """The five measures of fidelity and privacy, by the service's own quality report."""
    from DataFoundry.metrics.detection import detection
    from DataFoundry.metrics.fidelity import fidelity
    from DataFoundry.metrics.privacy import privacy
    from DataFoundry.metrics.utility import utility

    columns = list(train.columns)
    alike = fidelity(train, synthetic, columns)
    told = detection(test, synthetic, columns)
    return {
        "utility": utility(synthetic, train, test, "label").ratio,
        "shapes": alike.shapes,
        "trends": alike.trends,
        "detection": told.auroc if told else np.nan,
        "dcr": privacy(train, test, synthetic, columns).dcr_share,
    }


def main() -> None:
    """Print the table, one line as soon as a system is measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", default=[*OURS, *THEIRS], choices=[*OURS, *THEIRS])
    parser.add_argument("--epochs", type=int, help="of tabular_ctgan, CTGAN and TVAE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.quick, settings_of(asked.measure, asked))))
        return
    print(f"{'':18}" + "".join(f"{column:>11}" for column in COLUMNS), flush=True)
    for name in asked.only:
        again = [sys.executable, __file__, "--measure", name, "--seed", str(asked.seed)]
        again += ["--quick"] if asked.quick else []
        again += ["--epochs", str(asked.epochs)] if asked.epochs else []
        done = subprocess.run(again, stdout=subprocess.PIPE, text=True, check=True)
        row = json.loads(done.stdout.splitlines()[-1])
        shown = [f"{row[column]:11.3f}" if row[column] < 10 else f"{row[column]:11,.0f}" for column in COLUMNS]
        print(f"{name:18}" + "".join(shown), flush=True)


def settings_of(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Training parameters besides the defaults."""
    limited = "ctgan" in name
    epochs = asked.epochs if limited else None
    if asked.quick:
        epochs = 2
    return {"seed": asked.seed} | ({"epochs": epochs} if epochs else {})


if __name__ == "__main__":
    main()
