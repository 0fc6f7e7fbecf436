"""Anomaly detection beside PyOD's detectors on labeled data sets, in one run and one table.

    python benchmarks/anomalies.py --data FOLDER [--rows 5000] [--seed 0] [--cells DIRTY CLEAN] [--labels ADULT LABEL]

FOLDER holds ADBench's .npz files (X, y; https://github.com/Minqi824/ADBench, BSD-2). Every set is contaminated: each
detector is trained on all rows and scores all rows, at most `--rows` of them; `y` is only used to judge. DataFoundry
runs through `create_config`, `train_model` and `detect_anomalies` with their defaults, from file to report; its seconds
are those of training. With --cells a table and its clean twin (same shape) measure cell scores; with --labels a table
with a two-class column measures `label_surprise` on 5 % flipped labels, beside cleanlab's confident learning with
boosted trees.

Needs `pip install -r benchmarks/requirements.txt` (pyod, cleanlab).
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from DataFoundry import evaluator, trainer  # noqa: E402

Detect = Callable[[np.ndarray, int], np.ndarray]


def pyod_detectors() -> dict[str, Detect]:
    """PyOD's detectors with their defaults; numbers standardised, as its examples do."""
    from pyod.models.ecod import ECOD
    from pyod.models.iforest import IForest
    from pyod.models.knn import KNN
    from pyod.models.vae import VAE

    def scored(make: Callable[[int, int], object]) -> Detect:
        def detect(rows: np.ndarray, seed: int) -> np.ndarray:
            kept = rows[:, rows.std(axis=0) > 0]
            kept = (kept - kept.mean(axis=0)) / kept.std(axis=0)
            return make(seed, kept.shape[1]).fit(kept).decision_scores_  # type: ignore[attr-defined]

        return detect

    return {
        "IForest": scored(lambda seed, _: IForest(random_state=seed)),
        "KNN": scored(lambda _seed, _: KNN()),
        "ECOD": scored(lambda _seed, _: ECOD()),
        "VAE": scored(lambda seed, width: VAE(random_state=seed, latent_dim=min(2, width), verbose=0)),
    }


def datafoundry(frame: pd.DataFrame, seed: int, folder: Path) -> tuple[pd.DataFrame, float]:
    """The report in the order of the table, and the seconds of training."""
    frame.to_parquet(folder / "table.parquet")
    config = trainer.create_config(str(folder / "table.parquet"), str(folder), training_params={"seed": seed})
    started = time.perf_counter()
    files = trainer.train_model(str(config["config_path"]))
    seconds = time.perf_counter() - started
    paths = {name: str(files[name]) for name in ("config_path", "model_path", "preprocessor_path")}
    found = evaluator.detect_anomalies(
        **paths, data_to_scan_path=str(folder / "table.parquet"), output_path=str(folder / "report.parquet")
    )
    report = pd.read_parquet(str(found["output_path"])).sort_values("row_index", ignore_index=True)
    return report, seconds


def compare(files: list[Path], rows: int, seed: int, folder: Path) -> None:
    """One line a set: AUROC/AP/seconds of each detector; then the means."""
    others = pyod_detectors()
    names = ["DataFoundry", *others]
    print(f"{'set':18s}" + "".join(f"{name:>20s}" for name in names) + "    (AUROC/AP/s)", flush=True)
    results = []
    for file in files:
        content = np.load(file, allow_pickle=False)
        values, truth = content["X"].astype(float), content["y"].astype(int)
        if len(values) > rows:
            chosen = np.random.default_rng(0).choice(len(values), rows, replace=False)
            values, truth = values[chosen], truth[chosen]
        frame = pd.DataFrame(values, columns=[f"c{number}" for number in range(values.shape[1])])
        report, seconds = datafoundry(frame, seed, folder)
        line = [_judged(truth, report["anomaly_score"].to_numpy(), seconds)]
        for detect in others.values():
            started = time.perf_counter()
            scores = detect(values, seed)
            line.append(_judged(truth, scores, time.perf_counter() - started))
        results.append(line)
        print(f"{file.stem:18s}" + "".join(map(_shown, line)), flush=True)
    print(f"{'MEAN':18s}" + "".join(map(_shown, np.mean(results, axis=0))), flush=True)
    print(f"slowest training of DataFoundry: {max(line[0][2] for line in results):.1f} s")


def cells(dirty: Path, clean: Path, seed: int, folder: Path) -> None:
    """AUROC and AP of `contrib__` columns for the cells that differ."""
    frame = pd.read_csv(dirty)
    texts = [_texts(path) for path in (dirty, clean)]
    wrong = texts[0] != texts[1]
    report, seconds = datafoundry(frame, seed, folder)
    scores = report[[f"contrib__{name}" for name in frame.columns]].to_numpy()
    area, precision = (
        roc_auc_score(wrong.ravel(), scores.ravel()),
        average_precision_score(wrong.ravel(), scores.ravel()),
    )
    print(
        f"cells of {dirty.parent.name}: AUROC {area:.4f}, AP {precision:.4f}, {wrong.mean():.1%} wrong, {seconds:.1f} s"
    )


def flipped_labels(table: Path, label: str, seed: int, folder: Path) -> None:
    """AUROC for 5 % flipped labels: `label_surprise`, and cleanlab with cross-validated boosted trees."""
    from cleanlab.rank import get_label_quality_scores
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import cross_val_predict

    frame = pd.read_csv(table)
    truth = (frame.pop(label) == frame_positive(table, label)).astype(int).to_numpy()
    flipped = np.zeros(len(truth), dtype=bool)
    flipped[np.random.default_rng(seed).choice(len(truth), len(truth) // 20, replace=False)] = True
    given = np.where(flipped, 1 - truth, truth)
    report, seconds = datafoundry(frame.assign(label=given), seed, folder)
    typed = frame.astype(dict.fromkeys(frame.select_dtypes("object"), "category"))
    trees = HistGradientBoostingClassifier(random_state=seed, categorical_features="from_dtype")
    chances = cross_val_predict(trees, typed, given, cv=5, method="predict_proba")
    ours = roc_auc_score(flipped, report["label_surprise"])
    theirs = roc_auc_score(flipped, -get_label_quality_scores(given, chances))
    print(f"flipped labels of {table.stem}: label_surprise {ours:.4f}, cleanlab {theirs:.4f}; training {seconds:.1f} s")


def frame_positive(table: Path, label: str) -> object:
    """The last of the label's values, which counts as class 1."""
    return sorted(pd.read_csv(table, usecols=[label])[label].unique())[-1]


def _texts(path: Path) -> np.ndarray:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return frame.apply(lambda column: column.str.split().str.join(" ")).to_numpy()


def _judged(truth: np.ndarray, scores: np.ndarray, seconds: float) -> tuple[float, float, float]:
    return roc_auc_score(truth, scores), average_precision_score(truth, scores), seconds


def _shown(result: tuple[float, float, float]) -> str:
    return f"{result[0]:9.3f}/{result[1]:.3f}/{result[2]:4.1f}"


def main() -> None:
    """Read the command line and run what it asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of .npz files")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cells", type=Path, nargs=2, metavar=("DIRTY", "CLEAN"))
    parser.add_argument("--labels", nargs=2, metavar=("TABLE", "COLUMN"))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")  # of PyOD's dependencies
    with tempfile.TemporaryDirectory() as name:
        os.environ["DATAFOUNDRY_DATA_ROOTS"] = name
        folder = Path(name)
        if arguments.data:
            compare(sorted(arguments.data.glob("*.npz")), arguments.rows, arguments.seed, folder)
        if arguments.cells:
            cells(*arguments.cells, arguments.seed, folder)
        if arguments.labels:
            flipped_labels(Path(arguments.labels[0]), arguments.labels[1], arguments.seed, folder)


if __name__ == "__main__":
    main()
