"""What labeling by hand the suggested rows is worth: `python benchmarks/suggested_rows.py [--seeds 10]`.

Adult is labeled as a person would: suggest-rows names 20 rows, they get their labels, and so on until there are 100.
Against them stand 100 and 200 rows drawn at random. Each line is the mean over the seeds, with its standard error, of

- the area under ROC on Adult's test file of two plain models on the columns, trained on the labeled rows alone:
  logistic regression (numbers standardised, categories one by one) and scikit-learn's HistGradientBoostingClassifier as
  it comes;
- the area under ROC, over the rows that are not labeled by hand, of `label_probability` of create-labels with twelve
  functions and these hand labels: the aggregator that it chooses (auto), and the latent class model.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "backend"), str(REPOSITORY / "benchmarks")]

from labeling import TWELVE  # noqa: E402

from DataFoundry import labeler  # noqa: E402

FUNCTIONS = [{"name": name, "code": f"def {name}(x):\n    {body}"} for name, body in TWELVE.items()]
ROUND, LABELED = 20, 100
MODELS = ("logistic regression", "boosted trees", "create-labels, auto", "create-labels, latent class")


class Adult:
    """The table to label, the test file, and models that are trained on some of its rows."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.frame = pd.read_csv(data / "adult.csv")
        self.truth = self._truth(self.frame)
        self.test = pd.read_csv(data / "adult_test.csv")
        self.test_truth = self._truth(self.test)
        self.frame.to_parquet(folder / "adult.parquet")
        texts = [
            name for name in self.frame if self.frame[name].dtype == object or str(self.frame[name].dtype) == "str"
        ]
        numbers = [name for name in self.frame if name not in texts]
        linear = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), texts))
        unknown = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        trees = make_column_transformer(("passthrough", numbers), (unknown, texts))
        self.linear = lambda: make_pipeline(linear, LogisticRegression(max_iter=1000))
        self.trees = lambda: make_pipeline(trees, HistGradientBoostingClassifier(random_state=0))

    @staticmethod
    def _truth(frame: pd.DataFrame) -> np.ndarray:
        return frame.pop("income").str.startswith(">50K").to_numpy().astype(int)

    def hand(self, rows: np.ndarray) -> str:
        """The file of these rows with their labels."""
        path = self.folder / "hand.parquet"
        self.frame.iloc[rows].assign(label=self.truth[rows]).to_parquet(path)
        return str(path)

    def judged(self, rows: np.ndarray, seed: int) -> list[float]:
        """The four areas under ROC of `MODELS`."""
        found = []
        for made in (self.linear, self.trees):
            model = made().fit(self.frame.iloc[rows], self.truth[rows])
            found.append(roc_auc_score(self.test_truth, model.predict_proba(self.test)[:, 1]))
        others = np.ones(len(self.frame), dtype=bool)
        others[rows] = False
        for aggregator in ("auto", "latent_class"):
            output = self.folder / "labeled.parquet"
            labeler.create_labels(
                *(str(self.folder / "adult.parquet"), FUNCTIONS, str(output)),
                hand_labeled_examples_path=self.hand(rows),
                aggregator=aggregator,
                seed=seed,
            )
            said = pd.read_parquet(output, columns=["label_probability"])["label_probability"].to_numpy()
            found.append(roc_auc_score(self.truth[others], said[others]))
        return found

    def random(self, rows: int) -> Callable[[int], np.ndarray]:
        """Draws that many rows."""
        return lambda seed: np.random.default_rng(seed).permutation(len(self.frame))[:rows]

    def suggested(self, functions: list[dict[str, str]] | None) -> Callable[[int], np.ndarray]:
        """Labels the rows that are suggested, in rounds."""

        def rows(seed: int) -> np.ndarray:
            done = np.zeros(0, dtype=int)
            while len(done) < LABELED:
                hand = self.hand(done) if len(done) else None
                answer = labeler.suggest_rows(str(self.folder / "adult.parquet"), functions, hand, ROUND, seed)
                done = np.concatenate([done, [each["row"] for each in answer["rows"]]])  # type: ignore[attr-defined]
            return done

        return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "adult")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["DATAFOUNDRY_DATA_ROOTS"] = name
        adult = Adult(Path(name), asked.data)
        ways = {
            "100 at random": adult.random(100),
            "200 at random": adult.random(200),
            "100 suggested, no functions": adult.suggested(None),
            "100 suggested, twelve functions": adult.suggested(FUNCTIONS),
        }
        print(f"{'':34}" + "".join(f"{each:>30}" for each in MODELS))
        for title, way in ways.items():
            areas = np.array([adult.judged(way(seed), seed) for seed in range(asked.seeds)])
            errors = areas.std(axis=0, ddof=1) / len(areas) ** 0.5
            shown = [f"{mean:.4f} +- {error:.4f}" for mean, error in zip(areas.mean(axis=0), errors, strict=True)]
            print(f"{title:34}" + "".join(f"{each:>30}" for each in shown), flush=True)


if __name__ == "__main__":
    main()
