"""How much one column tells of another."""

import numpy as np


def mutual_information(counts: np.ndarray) -> float:
    """Nats that the columns of a table of counts (r, c) tell of its rows, less what they would by chance (Miller 1955).

    0 for a table of nothing.
    """
    total = counts.sum()
    if not total:
        return 0.0
    joint = counts / total
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    mutual = float((joint[filled] * np.log(joint[filled] / expected[filled])).sum())
    return mutual - (counts.shape[0] - 1) * (counts.shape[1] - 1) / (2 * total)
