"""Distance to the closest record: are synthetic rows closer to the rows trained on than to rows never seen?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from DataFoundry.metrics.features import is_number
from DataFoundry.metrics.fidelity import comparable

_MOST_ROWS = 10_000
_MOST_SYNTHETIC = 4_000
_NEIGHBOURS = 5
_FEWEST_TO_ATTACK = 50
_MOST_CATEGORIES = 100  # of one column; each is a dimension


@dataclass(frozen=True)
class PrivacyResult:
    """How close synthetic rows are to those trained on.

    Attributes
    ----------
    dcr_share
        Share of synthetic rows closer to a training row than to a holdout row (ties count half); .5 is no copying.
    copies, holdout_copies
        Share of synthetic rows at distance 0 of a training row, of a holdout row.
    distance, holdout_distance
        Median distance of a synthetic row to the closest training row, and to the closest holdout row.
    neighbour_ratio, holdout_neighbour_ratio
        Median of the distance to the closest over that to the second closest (nearest-neighbour distance ratio): near 0
        where single rows are imitated.
    membership_auroc
        Area under ROC with which the best of three attacks that see the synthetic rows alone tells training rows from
        holdout rows; .5 is no better than guessing. The attack is chosen on one half of the rows and measured on the
        other.
    """

    dcr_share: float
    copies: float
    holdout_copies: float
    distance: float
    holdout_distance: float
    neighbour_ratio: float
    holdout_neighbour_ratio: float
    membership_auroc: float | None


def privacy(
    train: pd.DataFrame, holdout: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str], seed: int = 0
) -> PrivacyResult | None:
    """Compare with equally many training and holdout rows; distances are Manhattan over numbers by their range and
    mismatching categories.

    Returns None where a table is empty. It measures copying, and guarantees nothing: only differential privacy does.
    """
    rows = min(len(train), len(holdout), _MOST_ROWS)
    if rows == 0 or len(synthetic) == 0 or not columns:
        return None
    chosen = [frame.sample(rows, random_state=seed) for frame in (train, holdout)]
    chosen.append(synthetic.sample(min(_MOST_SYNTHETIC, len(synthetic)), random_state=seed))
    known, unseen, rated = _points(*chosen, columns=list(columns))
    to_train, to_holdout = (_nearest(points, rated) for points in (known, unseen))
    first, other = to_train[:, 0], to_holdout[:, 0]
    closer = np.mean(first < other) + np.mean(first == other) / 2
    return PrivacyResult(
        dcr_share=float(closer),
        copies=float(np.mean(first == 0)),
        holdout_copies=float(np.mean(other == 0)),
        distance=float(np.median(first)),
        holdout_distance=float(np.median(other)),
        neighbour_ratio=_ratio(to_train),
        holdout_neighbour_ratio=_ratio(to_holdout),
        membership_auroc=_membership(known, unseen, rated),
    )


def _ratio(distances: np.ndarray) -> float:
    """Median ratio of the first two of distances (n, k) ascending; 1 where both are 0 or there is one alone."""
    if distances.shape[1] < 2:
        return 1.0
    first, second = distances[:, 0], distances[:, 1]
    return float(np.median(np.where(second > 0, first / np.where(second > 0, second, 1), 1.0)))


def _membership(members: np.ndarray, others: np.ndarray, synthetic: np.ndarray) -> float | None:
    """Area under ROC of the best attack (Hilprecht et al. 2019; van Breugel et al. 2023), None for too few rows.

    Scores of a row: its closeness to the nearest synthetic row, to the nearest five on average, and the former beside
    its closeness to the rows of the other half, which stand for everybody.
    """
    if min(len(members), len(others), len(synthetic)) < _FEWEST_TO_ATTACK:
        return None
    half = len(members) // 2
    judged = np.vstack([members[:half], others[:half], members[half:], others[half:]])
    truth = np.concatenate([np.ones(half), np.zeros(half), np.ones(len(members) - half), np.zeros(len(others) - half)])
    to_synthetic = _nearest(synthetic, judged)
    choosing = np.arange(len(judged)) < 2 * half
    reference = np.where(
        choosing,
        _nearest(others[half:], judged)[:, 0],
        _nearest(others[:half], judged)[:, 0],
    )
    attacks = [-to_synthetic[:, 0], -to_synthetic.mean(axis=1), reference - to_synthetic[:, 0]]
    first = [roc_auc_score(truth[choosing], scores[choosing]) for scores in attacks]
    return float(roc_auc_score(truth[~choosing], attacks[int(np.argmax(first))][~choosing]))


def _points(train: pd.DataFrame, *others: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """Each table as points of shape (rows, dimensions); one mismatching category is a distance of 1.

    Categories are those that more than one row of the first two tables has.
    """
    frames = [comparable(train, frame, columns)[number > 0] for number, frame in enumerate((train, *others))]
    parts: list[list[np.ndarray]] = [[] for _ in frames]
    for name in columns:
        values = frames[0][name]
        if is_number(values):
            span = float(values.max() - values.min()) or 1.0
            for part, frame in zip(parts, frames, strict=True):
                # A missing number lies at the middle, and a whole range away by a column of its own.
                filled = ((frame[name] - values.min()) / span).fillna(0.5)
                part += [filled.to_numpy(float)[:, None], frame[name].isna().to_numpy(float)[:, None]]
        else:
            # Of real rows in both roles: a level of training rows alone would set them apart from all others.
            known = pd.concat([values, frames[1][name]]).value_counts()
            levels = known.index[: min(_MOST_CATEGORIES, int((known > 1).sum()))]
            for part, frame in zip(parts, frames, strict=True):
                part.append((frame[name].to_numpy(object)[:, None] == levels.to_numpy(object)[None, :]) / 2)
    return [np.nan_to_num(np.hstack(part), nan=0.5, posinf=0.5, neginf=0.5) for part in parts]


def _nearest(points: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """(rated, k) distances to the nearest k of the points, at most 5, ascending."""
    count = min(_NEIGHBOURS, len(points))
    return NearestNeighbors(n_neighbors=count, metric="manhattan").fit(points).kneighbors(rated)[0]
