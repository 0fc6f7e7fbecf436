"""Figures measured on few rows, with the interval that they leave open."""

import numpy as np
from scipy.stats import rankdata

_Z = 1.959963984540054  # 95 %


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score (J. Am. Stat. Assoc. 22, 1927), in [0, 1]; (0, 1) of no trials."""
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    middle = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = _Z * np.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2)) / (1 + _Z**2 / trials)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def roc_auc(positive: np.ndarray, scores: np.ndarray) -> tuple[float, float, float] | None:
    """Area under ROC with its 95 % interval (Hanley and McNeil, Radiology 143, 1982), or None where one class is
    missing.

    Parameters
    ----------
    positive
        (n,) bool.
    scores
        (n,) higher for positive rows; ties count half.
    """
    ones, zeros = int(positive.sum()), int((~positive).sum())
    if not ones or not zeros:
        return None
    area = float((rankdata(scores)[positive].sum() - ones * (ones + 1) / 2) / (ones * zeros))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (ones - 1) * (q1 - area**2) + (zeros - 1) * (q2 - area**2)) / (ones * zeros)
    half = _Z * np.sqrt(max(variance, 0.0))
    return area, float(max(0.0, area - half)), float(min(1.0, area + half))
