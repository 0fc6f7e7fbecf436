"""Words of free texts that may tell classes apart."""

import re

import numpy as np
import pandas as pd

_WORD = re.compile(r"[^\W\d_]{3,}")
_FEWEST_ROWS = 3
_MOST_WORDS = 150
_WORDS_IN_TEXT = 3.0  # on average, of a column of free texts


def is_text(column: pd.Series, most_categories: int) -> bool:
    """Whether a column holds free texts: sentences, most of them different."""
    present = column.dropna()
    if present.empty or not present.map(lambda value: isinstance(value, str)).all():
        return False
    if present.nunique() <= max(most_categories, len(present) // 4):
        return False
    return float(present.head(1_000).str.count(r"\S+").mean()) >= _WORDS_IN_TEXT


def telling_words(column: pd.Series, labels: np.ndarray) -> list[str]:
    """The words whose presence depends most on the class, by the chi-squared statistic of presence and class.

    Words are of three letters or more, in lower case, and stand in three rows at least.

    Parameters
    ----------
    column
        n texts.
    labels
        (n,) class numbers.
    """
    shares = np.bincount(labels) / max(len(labels), 1)
    counts: dict[str, np.ndarray] = {}
    for value, label in zip(column, labels.tolist(), strict=True):
        for word in set(_WORD.findall(value.lower())) if isinstance(value, str) else ():
            counts.setdefault(word, np.zeros(len(shares)))[label] += 1
    scored = []
    for word, by_class in counts.items():
        rows = by_class.sum()
        if _FEWEST_ROWS <= rows < len(column):
            expected = rows * shares
            scored.append((-float(((by_class - expected) ** 2 / np.maximum(expected, 1e-9)).sum()), word))
    return [word for _, word in sorted(scored)[:_MOST_WORDS]]
