"""How well an aggregator's view of the classes explains the votes: a check of label models that needs no labels.

Given an aggregator's class probabilities, each function's rates within each class are estimated (one M step), and the
votes scored under "functions are independent within a class". Where Snorkel's label model goes astray (many functions
of broad coverage, unbalanced classes) its classes explain the votes worse than those of plain majority vote do, by
far.
"""

import numpy as np

from DataFoundry.labeling.aggregators import Aggregator
from DataFoundry.labeling.summary import VoteSummary

_FAINT = 1e-3  # rows added to each count, so that no rate is 0


def mean_log_likelihood(aggregator: Aggregator, summary: VoteSummary) -> float | None:
    """Nats a row; None where the summary remembers no patterns.

    Parameters
    ----------
    aggregator
        One that looks at votes only.
    summary
        Of at least one row.
    """
    if summary.patterns is None:
        return None
    votes = np.array([np.frombuffer(key, dtype=np.int8) for key in summary.patterns])
    counts = np.array(list(summary.patterns.values()), dtype=np.float64)
    weights = aggregator.predict_proba(votes) * counts[:, None]  # (p, k)
    total = np.log(np.maximum(weights.sum(axis=0), _FAINT) / weights.sum())[None, :].repeat(len(votes), axis=0)
    outcomes = np.arange(-1, summary.cardinality)
    for column in votes.T:
        seen = (column[:, None] == outcomes).astype(np.float64)  # (p, k+1)
        rates = seen.T @ weights + _FAINT  # (k+1, k)
        total += np.log(rates / rates.sum(axis=0))[column + 1]
    highest = total.max(axis=1, keepdims=True)
    row = highest[:, 0] + np.log(np.exp(total - highest).sum(axis=1))
    return float((row * counts).sum() / counts.sum())
