"""How much columns tell of each other: one measure for all kinds.

Cramer's V with Bergsma's correction (Bergsma 2013, "A bias-correction for Cramer's V and Tschuprow's T"), numbers and
moments in bins of equally many rows: 0 for columns that have nothing to do with each other, however many values they
have, 1 where one tells the other.
"""

from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column, TableSchema

MOST_COLUMNS = 40
_MOST_ROWS = 5000
_BINS = 10
_MOST_CATEGORIES = 40
_TELLING = 0.3
_MOST_PAIRS = 15


def associations(schema: TableSchema, sample: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Names (n,) of the first 40 columns that a network models, and their measures (n, n) in [0, 1].

    A column without two values has NaN.
    """
    names = [name for name, column in schema.columns.items() if KINDS[column.kind].MODELLED][:MOST_COLUMNS]
    rows = sample.sample(_MOST_ROWS, random_state=0) if len(sample) > _MOST_ROWS else sample
    codes = [_codes(rows[name], schema.columns[name]) for name in names]
    found = np.full((len(names), len(names)), np.nan)
    for first in range(len(names)):
        for second in range(first, len(names)):
            found[first, second] = found[second, first] = _measure(codes[first], codes[second])
    return names, found


def strongest(names: list[str], found: np.ndarray) -> list[dict[str, Any]]:
    """The pairs above .3, the strongest first: `columns`, `strength`."""
    pairs = [
        {"columns": [names[first], names[second]], "strength": round(float(found[first, second]), 3)}
        for first in range(len(names))
        for second in range(first + 1, len(names))
        if found[first, second] >= _TELLING
    ]
    return sorted(pairs, key=lambda pair: -float(str(pair["strength"])))[:_MOST_PAIRS]


def _codes(values: pd.Series, column: Column) -> np.ndarray:
    """(n,) int64; a missing value is a value of its own."""
    kind = KINDS[column.kind]
    if hasattr(kind, "to_numbers"):
        numbers, missing = kind.to_numbers(values, column.format)
        ranks = pd.Series(np.where(missing, np.nan, numbers.astype(np.float64)))
        if ranks.nunique() > _BINS:
            ranks = pd.qcut(ranks, _BINS, labels=False, duplicates="drop")
        return pd.factorize(ranks, use_na_sentinel=False)[0]
    texts = values.map(str, na_action="ignore")
    frequent = texts.value_counts().index[:_MOST_CATEGORIES]
    return pd.factorize(texts.where(texts.isin(frequent) | texts.isna(), "(other)"), use_na_sentinel=False)[0]


def _measure(first: np.ndarray, second: np.ndarray) -> float:
    rows = len(first)
    if rows < 2:
        return np.nan
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), 1)
    r, c = table.shape
    if min(r, c) < 2:
        return np.nan
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / rows
    square = float(((table - expected) ** 2 / np.where(expected > 0, expected, 1)).sum()) / rows
    corrected = max(0.0, square - (r - 1) * (c - 1) / (rows - 1))
    rows_left, columns_left = r - (r - 1) ** 2 / (rows - 1), c - (c - 1) ** 2 / (rows - 1)
    most = min(rows_left, columns_left) - 1
    return float(min(1.0, np.sqrt(corrected / most))) if most > 0 else np.nan
