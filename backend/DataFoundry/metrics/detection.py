"""Classifier two-sample test: can boosted trees tell synthetic rows from real ones?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from DataFoundry.metrics.features import TreeFeatures
from DataFoundry.metrics.utility import classifier

FOLDS = 3
_MOST_ROWS = 25_000
_CURVE_POINTS = 101


@dataclass(frozen=True)
class DetectionResult:
    """`auroc`: .5 cannot tell, 1 always can. `curve`: false and true positive rates, for a chart."""

    auroc: float
    curve: tuple[list[float], list[float]]

    @property
    def score(self) -> float:
        """1 is best: 1 - (2 max(AUROC, .5) - 1), as SDMetrics has it."""
        return 2 - 2 * max(self.auroc, 0.5)


def detection(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str], seed: int = 0
) -> DetectionResult | None:
    """Boosted trees, three folds, as many real rows as synthetic ones (Lopez-Paz and Oquab 2017).

    Returns None where there are fewer than ten rows of either.
    """
    rows = min(len(real), len(synthetic), _MOST_ROWS)
    if rows < 10 or not columns:
        return None
    parts = [frame.sample(rows, random_state=seed) for frame in (real, synthetic)]
    # From both: a level that only one has would tell the tables apart by how the levels were found.
    features = TreeFeatures.learnt(pd.concat(parts, ignore_index=True), columns)
    matrix = np.vstack([features.matrix(part) for part in parts])
    truth = np.repeat([0, 1], rows)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    trees = classifier(truth, features, seed)
    guesses = cross_val_predict(trees, matrix, truth, cv=folds, method="predict_proba")[:, 1]
    false, true, _ = roc_curve(truth, guesses)
    at = np.linspace(0, 1, _CURVE_POINTS)
    return DetectionResult(float(roc_auc_score(truth, guesses)), (at.tolist(), np.interp(at, false, true).tolist()))
