"""Distance to the closest record: are synthetic rows closer to the rows trained on than to rows never seen?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from DataFoundry.metrics.features import is_number
from DataFoundry.metrics.fidelity import comparable

_MOST_ROWS = 10_000
_MOST_SYNTHETIC = 4_000
_MOST_CATEGORIES = 100  # of one column; each is a dimension


@dataclass(frozen=True)
class PrivacyResult:
    """`dcr_share`: share of synthetic rows closer to a training row than to a holdout row (ties count half), .5 is no
    copying. `copies`: share of synthetic rows at distance 0 of a training row, `holdout_copies` of a holdout row."""

    dcr_share: float
    copies: float
    holdout_copies: float


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
    closer = np.mean(to_train < to_holdout) + np.mean(to_train == to_holdout) / 2
    return PrivacyResult(float(closer), float(np.mean(to_train == 0)), float(np.mean(to_holdout == 0)))


def _points(train: pd.DataFrame, *others: pd.DataFrame, columns: list[str]) -> list[np.ndarray]:
    """Each table as points of shape (rows, dimensions); one mismatching category is a distance of 1."""
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
            levels = values.value_counts().index[:_MOST_CATEGORIES]
            for part, frame in zip(parts, frames, strict=True):
                part.append((frame[name].to_numpy(object)[:, None] == levels.to_numpy(object)[None, :]) / 2)
    return [np.nan_to_num(np.hstack(part), nan=0.5, posinf=0.5, neginf=0.5) for part in parts]


def _nearest(points: np.ndarray, rated: np.ndarray) -> np.ndarray:
    return NearestNeighbors(n_neighbors=1, metric="manhattan").fit(points).kneighbors(rated)[0][:, 0]
