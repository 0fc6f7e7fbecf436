"""Fidelity: how close the columns and the pairs of columns of a synthetic table come to the real ones."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sdmetrics.reports.single_table._properties import ColumnPairTrends, ColumnShapes

from DataFoundry.metrics.features import MOST_LEVELS, as_numbers, as_text, is_number

MOST_ROWS = 50_000
_MOST_COLUMNS = 60  # 1,770 pairs: beyond, trends are those of the first 60 columns
_RARE = "(other)"


@dataclass(frozen=True)
class FidelityResult:
    """Scores in [0, 1], 1 is identical; None where no column or pair can be scored.

    Attributes
    ----------
    shapes
        Mean over columns of 1 - Kolmogorov-Smirnov distance (numbers, times) or 1 - total variation distance.
    trends
        Mean over pairs of 1 - |difference of correlations| / 2 (two numbers) or 1 - total variation distance of the
        contingency tables (numbers in ten bins), over all pairs: SDMetrics' definition before 0.27, as papers have it.
    missing
        Mean over columns of 1 - |difference of the shares of missing values|.
    columns
        Column to its shape score and its missing-value score.
    pairs
        (column, column, score), worst first.
    """

    shapes: float | None
    trends: float | None
    missing: float
    columns: dict[str, tuple[float | None, float]]
    pairs: list[tuple[str, str, float]]


def fidelity(real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str]) -> FidelityResult:
    """Compare the named columns of two tables, each sampled down to 50,000 rows.

    A column is compared as what it is in `real`: numbers and times by distribution, the rest by shares of its 250 most
    frequent values and of all others.
    """
    real, synthetic = comparable(_sample(real), _sample(synthetic), columns)
    numeric = [name for name in columns if is_number(real[name])]
    absent = {name: 1 - abs(float(real[name].isna().mean() - synthetic[name].isna().mean())) for name in columns}
    shapes, trends = ColumnShapes(), ColumnPairTrends()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of constant and empty columns, whose scores are null
        shape = _known(shapes.get_score(real, synthetic, _metadata(columns, numeric)))
        paired = list(columns[:_MOST_COLUMNS])
        known = _metadata(paired, numeric)
        trend = _known(trends.get_score(real[paired], synthetic[paired], known)) if len(paired) > 1 else None
    by_column = shapes.details.set_index("Column")["Score"]
    return FidelityResult(
        shapes=shape,
        trends=trend,
        missing=float(np.mean(list(absent.values()))) if absent else 1.0,
        columns={name: (_known(by_column.get(name, math.nan)), absent[name]) for name in columns},
        pairs=_pairs(trends.details) if len(paired) > 1 else [],
    )


def comparable(
    real: pd.DataFrame, synthetic: pd.DataFrame, columns: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables with float64 for what is a number in `real`, and text of few values for the rest."""
    typed: tuple[dict[str, object], dict[str, object]] = ({}, {})
    for name in columns:
        if is_number(real[name]):
            pair = as_numbers(real[name]), as_numbers(synthetic[name])
        else:
            texts = as_text(real[name]), as_text(synthetic[name])
            frequent = _frequent(texts[0])
            pair = tuple(text.where(text.isin(frequent) | text.isna(), _RARE).to_numpy() for text in texts)
        typed[0][name], typed[1][name] = pair
    return pd.DataFrame(typed[0], index=range(len(real))), pd.DataFrame(typed[1], index=range(len(synthetic)))


def _frequent(texts: pd.Series) -> pd.Index:
    """At most 250 values that more than one row has: those of single rows differ from table to table by chance."""
    counts = texts.value_counts()
    return counts.index[: min(MOST_LEVELS, int((counts > 1).sum()) or len(counts))]


def correlations(frame: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Correlation matrix, in [-1, 1], of what `comparable` gave; a category counts as its share in `reference`.

    Constant columns have NaN.
    """
    coded = {
        name: frame[name]
        if is_number(reference[name])
        else frame[name].map(reference[name].value_counts(normalize=True)).astype(float)
        for name in frame.columns
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(coded).corr()


def _sample(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(MOST_ROWS, random_state=0) if len(frame) > MOST_ROWS else frame


def _metadata(columns: Sequence[str], numeric: Sequence[str]) -> dict[str, object]:
    return {"columns": {name: {"sdtype": "numerical" if name in numeric else "categorical"} for name in columns}}


def _pairs(details: pd.DataFrame) -> list[tuple[str, str, float]]:
    found = details.dropna(subset=["Score"]).sort_values("Score", kind="stable")
    return list(zip(found["Column 1"], found["Column 2"], found["Score"].astype(float), strict=True))


def _known(score: float) -> float | None:
    return None if math.isnan(score) else float(score)
