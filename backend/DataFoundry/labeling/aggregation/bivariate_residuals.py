"""How far a latent class model fails to explain the votes: bivariate residuals.

For each pair of functions the pairs of votes that the model expects are compared with those that occur, as Vermunt and
Magidson's bivariate residuals for latent class models do (https://www.statisticalinnovations.com, Latent GOLD
technical guide). What remains beyond chance is divided by the rows: 0 where the model fits, 1 where it is of no use.
"""

import numpy as np
from scipy.stats import chi2

from DataFoundry.labeling.aggregation.latent_class import LatentClass

_FALSE_ALARMS = 0.001  # share of the models that fit and are found not to
_LEAST_EXPECTED = 0.5  # rows; a pair of votes that is not expected at all counts as expected this often


def misfit(model: LatentClass, votes: np.ndarray, counts: np.ndarray) -> float:
    """Mean over the pairs of functions, from 0.

    Parameters
    ----------
    votes, counts
        (p, m) int8 distinct rows of votes that the model was fitted on, and (p,) how often each occurs.
    """
    m = votes.shape[1]
    if m < 2:
        return 0.0
    places = [model.layout.places[j, votes[:, j].astype(np.int64) + 1] for j in range(m)]
    total, pairs = 0.0, m * (m - 1) / 2
    for (i, j), expected in _expected(model).items():
        size = expected.shape
        seen = np.bincount(places[i] * size[1] + places[j], weights=counts, minlength=expected.size).reshape(size)
        expected = expected * counts.sum()
        residual = ((seen - expected) ** 2 / np.maximum(expected, _LEAST_EXPECTED)).sum()
        freedom = max(1, (size[0] - 1) * (size[1] - 1))
        beyond = residual - chi2.isf(_FALSE_ALARMS / pairs, freedom)
        total += max(0.0, float(beyond)) / counts.sum() / max(1, min(size) - 1)
    return float(total / pairs)


def _expected(model: LatentClass) -> dict[tuple[int, int], np.ndarray]:
    """The probability of each pair of outcomes of functions i and j, as the model has it: (outcomes of i, of j)."""
    tables = model.tables()
    parents, balance = model.layout.parents, np.exp(model.log_balance)
    alone: dict[int, np.ndarray] = {}
    joint: dict[tuple[int, int], np.ndarray] = {}
    for j in sorted(range(len(parents)), key=lambda each: _depth(each, parents)):
        parent = parents[j]
        alone[j] = tables[j][0] if parent < 0 else np.einsum("by,bay->ay", alone[parent], tables[j])
        for i in [each for each in alone if each != j]:
            if parent < 0:
                joint[i, j] = np.einsum("ay,by->aby", alone[i], alone[j])
            elif i == parent:
                joint[i, j] = alone[parent][:, None, :] * tables[j]
            else:
                above = joint[i, parent] if (i, parent) in joint else joint[parent, i].transpose(1, 0, 2)
                joint[i, j] = np.einsum("aby,bcy->acy", above, tables[j])
    return {pair: table @ balance for pair, table in joint.items()}


def _depth(j: int, parents: tuple[int, ...]) -> int:
    return 0 if parents[j] < 0 else 1 + _depth(parents[j], parents)
