"""Missing cells of Adult filled by DataFoundry and by two imputers of scikit-learn, in one run.

    python benchmarks/filling.py [--rows N] [--share .1] [--seeds 1]

Prints for each the share of categories that are right, the root mean squared and the mean absolute error of numbers in
standard deviations, both means over columns, and seconds from the file in memory to the filled table.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: E402
from sklearn.experimental import enable_iterative_imputer  # noqa: E402, F401
from sklearn.impute import IterativeImputer  # noqa: E402

from DataFoundry.cleaner import fill_missing  # noqa: E402

Filler = Callable[[pd.DataFrame, int], pd.DataFrame]


def ours(mode: str) -> Filler:
    def fill(holed: pd.DataFrame, seed: int) -> pd.DataFrame:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["DATAFOUNDRY_DATA_ROOTS"] = folder
            holed.to_csv(f"{folder}/holed.csv", index=False)
            fill_missing(f"{folder}/holed.csv", mode=mode, seed=seed, output_path=f"{folder}/filled.csv")
            return pd.read_csv(f"{folder}/filled.csv")[list(holed)]

    return fill


def _numbered(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.Index]]:
    coded, levels = {}, {}
    for name, column in frame.items():
        coded[name] = column
        if column.dtype == object:
            codes, levels[str(name)] = pd.factorize(column)
            coded[name] = pd.Series(codes, dtype=float).replace(-1, np.nan)
    return pd.DataFrame(coded), levels


def iterative(holed: pd.DataFrame, seed: int) -> pd.DataFrame:
    coded, levels = _numbered(holed)
    found = pd.DataFrame(IterativeImputer(random_state=seed).fit_transform(coded), columns=coded.columns)
    for name, known in levels.items():
        found[name] = known[np.clip(np.rint(found[name]), 0, len(known) - 1).astype(int)]
    return found


def boosted(holed: pd.DataFrame, seed: int) -> pd.DataFrame:
    """A model a column, with scikit-learn's defaults; a class of one row, which they cannot learn, is left out."""
    coded, levels = _numbered(holed)
    filled = holed.copy()
    for name in holed:
        gaps = holed[name].isna().to_numpy()
        counts = holed[name].value_counts()
        known = ~gaps & ((holed[name].map(counts) >= 10).to_numpy() if name in levels else True)
        others = coded.drop(columns=name)
        kind = HistGradientBoostingClassifier if name in levels else HistGradientBoostingRegressor
        model = kind(categorical_features=[each in levels for each in others], random_state=seed)
        model.fit(others[known], holed[name][known])
        filled.loc[gaps, name] = model.predict(others[gaps])
    return filled


def judged(truth: pd.DataFrame, holes: np.ndarray, filled: pd.DataFrame) -> tuple[float, float, float]:
    """Accuracy of categories, root mean squared and mean absolute error of numbers, means over columns."""
    right, square, plain = [], [], []
    for place, name in enumerate(truth):
        rows = holes[:, place] & truth[name].notna().to_numpy()
        if truth[name].dtype == object:
            right.append(float((truth[name][rows] == filled[name][rows]).mean()))
        else:
            off = (truth[name][rows] - filled[name][rows].astype(float)) / truth[name].std()
            square.append(float(np.sqrt((off**2).mean())))
            plain.append(float(off.abs().mean()))
    return float(np.mean(right)), float(np.mean(square)), float(np.mean(plain))


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=32_561)
    options.add_argument("--share", type=float, default=0.1)
    options.add_argument("--seeds", type=int, default=1)
    asked = options.parse_args()
    truth = pd.read_csv(ROOT / "backend/testing_data/adult.csv", skipinitialspace=True).head(asked.rows)
    fillers: dict[str, Filler] = {
        "DataFoundry, likely": ours("likely"),
        "DataFoundry, draw": ours("draw"),
        "IterativeImputer": iterative,
        "HistGradientBoosting": boosted,
    }
    print(f"{len(truth)} rows, {asked.share:.0%} of cells removed, mean of {asked.seeds} seeds")
    print(f"{'':22}{'right':>8}{'rmse':>8}{'mae':>8}{'seconds':>9}")
    for name, fill in fillers.items():
        figures = []
        for seed in range(asked.seeds):
            holes = np.random.default_rng(seed).random(truth.shape) < asked.share
            holed = truth.mask(holes)
            started = time.monotonic()
            filled = fill(holed, seed)
            seconds = time.monotonic() - started
            figures.append((*judged(truth, holes, filled), seconds))
        right, square, plain, seconds = np.mean(figures, axis=0)
        print(f"{name:22}{right:8.4f}{square:8.4f}{plain:8.4f}{seconds:9.1f}", flush=True)


if __name__ == "__main__":
    main()
