"""Rows of a table that are worth labeling by hand next, each with why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.errors import ImpossibleError
from DataFoundry.labeling import labeling_run
from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.analysis.conflict_examples import values_shown
from DataFoundry.labeling.execution.apply import Applier
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.labeling.prediction.features import FeatureSpace
from DataFoundry.labeling.prediction.table_features import feature_columns, plain
from DataFoundry.labeling.suggesting import optimal_design
from DataFoundry.labeling.suggesting.rare import rare_warning
from DataFoundry.labeling.suggesting.row_reasons import Reasons
from DataFoundry.sources.coded import coded_blocks
from DataFoundry.sources.table import Table

CANDIDATES = 4_000  # a uniform sample of the table; more hardly change what is found, and cost time
_MOST_WIDTH = 200  # of the features; wider ones are projected
_MOST_HAND_ROWS = 4_000
_NO_SAMPLE = (
    "These rows are chosen, not drawn: they teach, but accuracy, calibration and class balance found on them are not "
    "the table's; label rows drawn at random, too, to measure, or give class_balance to create-labels."
)


@dataclass(frozen=True)
class Candidates:
    """A uniform sample of a table.

    Attributes
    ----------
    frame
        (n rows) all columns.
    rows
        (n,) their positions in the table.
    votes
        (n, m) int8 of the labeling functions.
    total
        Rows of the table.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    votes: np.ndarray
    total: int


def drawn(table: Table, functions: Sequence[LabelingFunction], seed: int) -> Candidates:
    """Draw the candidates; the functions look at these alone.

    Raises
    ------
    LabelingFunctionError
        Of the first function that fails on one of them; the row it names is the position in the table.
    """
    generator = np.random.default_rng(seed)
    frame, rows, keys, total = pd.DataFrame(), np.zeros(0, dtype=np.int64), np.zeros(0), 0
    for block in coded_blocks(table):
        given = generator.random(block.rows)
        both = np.concatenate([keys, given])
        kept = np.sort(np.argsort(both, kind="stable")[:CANDIDATES])
        new = kept[kept >= len(keys)] - len(keys)
        old = kept[kept < len(keys)]
        fresh = plain(block.frame(table.columns).iloc[new])
        frame = pd.concat([frame.iloc[old], fresh]) if len(rows) else fresh
        rows = np.concatenate([rows[old], total + new])
        keys, total = both[kept], total + block.rows
    frame = frame.reset_index(drop=True)
    with Applier(functions, table.columns) as applier:
        votes = labeling_run.voted(applier, frame[applier.columns], None)
    return Candidates(frame, rows, votes, total)


def suggested(
    candidates: Candidates,
    functions: Sequence[str],
    hand: HandLabels | None,
    columns: Sequence[str],
    most: int,
    seed: int,
) -> dict[str, object]:
    """The rows to label next.

    Parameters
    ----------
    functions
        Names of the labeling functions.
    hand
        What is labeled already.
    columns
        Of the table, of which those that are features are looked at.
    most
        How many rows.
    seed
        Of the projection of wide tables.

    Raises
    ------
    ImpossibleError
        If the table has no rows, or no column is a feature, so that all rows are alike.
    """
    if not candidates.total:
        raise ImpossibleError("The table has no rows; name a table with rows to label.")
    features, others = feature_columns(candidates.frame, columns, None if hand is None else hand.frame)
    space = FeatureSpace.of(candidates.frame, features)
    if not space.parts:
        raise ImpossibleError(
            "No column of the table tells what a row is like (keys, personal columns and free texts do not), so no "
            "row is more worth labeling than another; draw rows at random."
        )
    classes = int(candidates.votes.max(initial=-1)) + 1
    given = _features(space, candidates.frame, candidates.votes, classes, seed)
    labeled, labels = given[:0], np.zeros(0, dtype=np.int64)
    if hand is not None:
        some = slice(0, _MOST_HAND_ROWS)
        labeled, labels = _features(space, hand.frame[some], hand.votes[some], classes, seed), hand.labels[some]
    said = optimal_design.believed(np.concatenate([given, labeled]), labeled, labels)
    weights = optimal_design.uncertainty(said, len(given) + len(labeled))
    known, counts = np.unique(labels, return_counts=True)
    picked = optimal_design.chosen(given, labeled, weights, _new(given, labeled), most)
    reasons = Reasons(
        candidates.frame[list(space.columns)],
        hand.frame[list(space.columns)] if hand is not None else None,
        None if said is None else said[: len(given)],
        known,
        dict(zip(functions, candidates.votes.T, strict=True)),
        counts / max(counts.sum(), 1),
    )
    shares = _stands_for(given, picked)
    return {
        "rows": [
            {
                "row": int(candidates.rows[place]),
                "values": values_shown(candidates.frame, place),
                **reasons.of(place, picked[:number], share),
            }
            for number, (place, share) in enumerate(zip(picked, shares, strict=True))
        ],
        "num_rows": candidates.total,
        "num_candidates": len(given),
        "features": list(space.columns),
        "no_features": dict(sorted(others.items())),
        "warnings": [_NO_SAMPLE, *_fewer(len(picked), most), *_rare(hand)],
    }


def _rare(hand: HandLabels | None) -> list[str]:
    return [] if hand is None else rare_warning(hand.labels, None, "what the labels so far say", 1.0)


def _fewer(found: int, most: int) -> list[str]:
    if found == most:
        return []
    return [f"Only {found} rows differ in their features from each other and from those labeled already."]


def _features(space: FeatureSpace, frame: pd.DataFrame, votes: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """(n, d) a constant, the columns and the votes as numbers; of many, random projections.

    Projections keep distances about as they are (Johnson and Lindenstrauss; Achlioptas 2003,
    https://doi.org/10.1016/S0022-0000(03)00025-4).
    """
    parts = [part.transform(frame[part.name]) for part in space.parts]
    parts += [(votes == label).astype(np.float64) for label in range(classes)]
    width = sum(part.shape[1] for part in parts)
    one = np.ones((len(frame), 1))
    if width <= _MOST_WIDTH:
        return np.concatenate([one, *parts], axis=1)
    generator = np.random.default_rng(seed)
    signs = (generator.integers(0, 2, (part.shape[1], _MOST_WIDTH)) * 2 - 1 for part in parts)
    return np.concatenate(
        [one, sum(part @ each for part, each in zip(parts, signs, strict=True)) / _MOST_WIDTH**0.5], axis=1
    )


def _new(given: np.ndarray, labeled: np.ndarray) -> np.ndarray:
    """(n,) bool: candidates whose features are no labeled row's nor an earlier candidate's."""
    seen = {row.tobytes() for row in labeled.round(6) + 0.0}
    new = np.zeros(len(given), dtype=bool)
    for place, row in enumerate(given.round(6) + 0.0):
        key = row.tobytes()
        new[place] = key not in seen
        seen.add(key)
    return new


def _stands_for(given: np.ndarray, picked: Sequence[int]) -> np.ndarray:
    """(p,) share of the candidates that each picked row is the most alike of."""
    if not picked:
        return np.zeros(0)
    centers = given[list(picked)]
    distance = (centers**2).sum(axis=1)[None, :] - 2 * given @ centers.T
    return np.bincount(distance.argmin(axis=1), minlength=len(picked)) / len(given)
