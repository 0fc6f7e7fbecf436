"""The labeling pipeline beside a plain model on the hand labels alone, in one run.

    python benchmarks/pipeline_labels.py [--draws 10] [--labels 100] [--rows 4000]

Three made tables: customers of whom a tenth leave, tickets of four teams, messages of which a part is unwanted. The
plain model is HistGradientBoosting, for texts TF-IDF and logistic regression, fitted on the hand labels. Prints the
mean area under ROC on all rows (of four classes the mean of each against the rest), how often the pipeline's 95 %
interval holds the true area, and seconds a call.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

from agents.labeling_pipeline import run  # noqa: E402


def customers(rows: int, seed: int) -> pd.DataFrame:
    """A tenth leave: by contract, complaints, months and price, with much chance."""
    draw = np.random.default_rng(seed)
    contract = draw.choice(["monthly", "yearly", "two years"], rows, p=[0.55, 0.25, 0.2])
    months = draw.integers(1, 72, rows)
    complaints = draw.poisson(0.6, rows)
    price = np.round(draw.normal(60, 20, rows).clip(10), 2)
    score = 1.2 * (contract == "monthly") + 0.9 * complaints - 0.03 * months + 0.015 * (price - 60)
    score = score + draw.logistic(0, 0.7, rows)
    return pd.DataFrame(
        {
            "contract": contract,
            "months": months,
            "complaints": complaints,
            "price": price,
            "region": draw.choice(["north", "south", "east", "west"], rows),
            "label": (score > np.quantile(score, 0.9)).astype(int),
        }
    )


def tickets(rows: int, seed: int) -> pd.DataFrame:
    """Four teams, by product, channel, hours and size."""
    draw = np.random.default_rng(seed)
    product = draw.choice(["router", "phone", "invoice", "account", "tablet"], rows)
    channel = draw.choice(["mail", "call", "chat"], rows)
    hours, size = np.round(draw.gamma(2, 8, rows), 1), draw.integers(1, 500, rows)
    scores = np.stack(
        [
            1.5 * (product == "router") + 0.02 * size / 5 + 0.8 * (channel == "call"),
            1.5 * np.isin(product, ["phone", "tablet"]) + 0.03 * hours,
            1.8 * (product == "invoice") + 0.9 * (channel == "mail"),
            1.6 * (product == "account") + 0.9 * (hours < 8),
        ],
        axis=1,
    )
    label = (scores + draw.gumbel(0, 0.8, scores.shape)).argmax(axis=1)
    return pd.DataFrame({"product": product, "channel": channel, "hours": hours, "size": size, "label": label})


def messages(rows: int, seed: int) -> pd.DataFrame:
    """A quarter is unwanted; words come by subject, and subjects by class."""
    draw = np.random.default_rng(seed)
    syllables = ["ka", "lo", "mi", "ter", "sun", "ved", "po", "rin", "gal", "ost", "be", "quin", "fa", "dor"]
    words = sorted({"".join(draw.choice(syllables, draw.integers(2, 4))) for _ in range(1_600)})
    subjects = np.exp(draw.normal(0, 1.4, (30, len(words)))) / np.arange(5, len(words) + 5)
    subjects /= subjects.sum(axis=1, keepdims=True)
    likes = draw.dirichlet(np.full(30, 0.4), 2)
    label = (draw.random(rows) < 0.25).astype(int)
    texts = [
        " ".join(draw.choice(words, draw.integers(6, 25), p=subjects[draw.choice(30, p=likes[each])])) for each in label
    ]
    return pd.DataFrame({"message": texts, "label": label})


def area(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under ROC, the mean over classes where there are more than two."""
    if scores.shape[1] == 2:
        return float(roc_auc_score(truth, scores[:, 1]))
    return float(np.mean([roc_auc_score(truth == each, scores[:, each]) for each in range(scores.shape[1])]))


def plain(hand: pd.DataFrame, whole: pd.DataFrame) -> np.ndarray:
    """(n, k) by the model on hand labels alone."""
    if "message" in hand:
        words = TfidfVectorizer()
        model = LogisticRegression(max_iter=1_000).fit(words.fit_transform(hand["message"]), hand["label"])
        return model.predict_proba(words.transform(whole["message"]))
    texts = {name: "category" for name in hand if hand[name].dtype == object}
    levels = {name: pd.CategoricalDtype(sorted(whole[name].unique())) for name in texts}
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)
    model.fit(hand.drop(columns="label").astype(levels), hand["label"])
    return model.predict_proba(whole.drop(columns="label").astype(levels))


def ours(hand: pd.DataFrame, whole: pd.DataFrame, folder: str, seed: int) -> tuple[np.ndarray, list[float]]:
    """(n, k) by the pipeline, and its interval."""
    whole.drop(columns="label").to_parquet(f"{folder}/raw.parquet")
    hand.to_parquet(f"{folder}/hand.parquet")
    answer = run(
        "", f"{folder}/raw.parquet", f"{folder}/hand.parquet", 0.99, 2, output_path=f"{folder}/out.parquet", seed=seed
    )
    labeled = pd.read_parquet(f"{folder}/out.parquet")
    if hand["label"].nunique() == 2:
        positive = labeled["label_probability"].to_numpy()
        return np.column_stack([1 - positive, positive]), answer["auc_interval"]
    names = [f"label_probability_{each}" for each in range(hand["label"].nunique())]
    return labeled[names].to_numpy(), answer["auc_interval"]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--draws", type=int, default=10)
    options.add_argument("--labels", type=int, default=100)
    options.add_argument("--rows", type=int, default=4_000)
    asked = options.parse_args()
    print(f"{asked.labels} hand labels, {asked.draws} draws of table and labels")
    print(f"{'':12}{'pipeline':>10}{'plain':>8}{'interval holds':>16}{'seconds':>9}")
    for make in (customers, tickets, messages):
        rows = []
        for seed in range(asked.draws):
            whole = make(asked.rows, seed)
            hand = whole.sample(asked.labels, random_state=seed)
            truth = whole["label"].to_numpy()
            with tempfile.TemporaryDirectory() as folder:
                os.environ["DATAFOUNDRY_DATA_ROOTS"] = folder
                started = time.monotonic()
                scores, (low, high) = ours(hand, whole, folder, seed)
                seconds = time.monotonic() - started
            reached = area(truth, scores)
            rows.append((reached, area(truth, plain(hand, whole)), low <= reached <= high, seconds))
        ours_, theirs, holds, seconds = np.mean(np.array(rows, dtype=float), axis=0)
        print(f"{make.__name__:12}{ours_:10.3f}{theirs:8.3f}{holds:16.2f}{seconds:9.1f}", flush=True)


if __name__ == "__main__":
    main()
