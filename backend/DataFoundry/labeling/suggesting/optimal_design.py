"""Which rows to label so that a linear model of the whole table gets as sure as it can: greedy A-optimal design.

For logistic regression with Fisher information L, labeling the row x with p the probability of its class adds
w x x' to L, w = p (1 - p), and the variance of what the model says of row z is proportional to w_z^2 z' L^-1 z. Each
step takes the row that lowers the mean of that variance over the table the most: by the rank-one inverse (Sherman and
Morrison) w x' L^-1 G L^-1 x / (1 + w x' L^-1 x), G the mean of w_z^2 z z'. Such a row is uncertain (w), representative
(G) and unlike those that are labeled already (L^-1) at once. Schein and Ungar 2007
(https://doi.org/10.1007/s10994-007-5019-5) compare it with other ways.
"""

import numpy as np

_STRENGTH = 0.3  # C of the logistic regression, as of its prior
_CAUTION = 0.3  # how far probabilities learnt from few rows are pulled towards not knowing


def believed(given: np.ndarray, labeled: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """(n, k) what logistic regression on labeled rows says of each row, the k classes that occur in order.

    None where there are not two classes yet.

    Parameters
    ----------
    given, labeled
        (n, d) and (h, d) features.
    labels
        (h,) class numbers.
    """
    from sklearn.linear_model import LogisticRegression  # scikit-learn takes a second to import

    if len(np.unique(labels)) < 2:
        return None
    model = LogisticRegression(C=_STRENGTH, max_iter=300).fit(labeled, labels)
    return model.predict_proba(given)


def chosen(given: np.ndarray, labeled: np.ndarray, weights: np.ndarray, free: np.ndarray, most: int) -> list[int]:
    """The rows to label next, the most telling first.

    Parameters
    ----------
    given, labeled
        (n, d) features of the candidates, which stand for the table, and (h, d) those of the labeled rows.
    weights
        (n + h,) how uncertain the class of each is, p (1 - p), candidates first.
    free
        (n,) bool: the candidates that may be taken.
    most
        How many to take.
    """
    n, width = given.shape
    own, known = weights[:n], weights[n:]
    covariance = np.linalg.inv(np.eye(width) / _STRENGTH + (labeled.T * known) @ labeled)
    goal = (given.T * own**2) @ given / max(n, 1)
    found: list[int] = []
    free = free.copy()
    while len(found) < most and free.any():
        spread = given @ covariance
        variance = (spread * given).sum(axis=1)
        gain = own * ((spread @ goal) * spread).sum(axis=1) / (1 + own * variance)
        best = int(np.where(free, gain, -1.0).argmax())
        found.append(best)
        free[best] = False
        covariance -= np.outer(spread[best], spread[best]) / (1 / own[best] + variance[best])
    return found


def uncertainty(probabilities: np.ndarray | None, rows: int) -> np.ndarray:
    """(n,) p (1 - p) of each row, with p pulled towards equally likely classes; all equal where nothing is known."""
    if probabilities is None:
        return np.full(rows, 0.25)
    cautious = (1 - _CAUTION) * probabilities + _CAUTION / probabilities.shape[1]
    return (1 - (cautious**2).sum(axis=1)) / 2
