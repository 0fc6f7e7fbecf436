"""Words of free texts that may tell classes apart."""

import re
from collections import Counter

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
    found = [set(_WORD.findall(str(value).lower())) if isinstance(value, str) else set() for value in column]
    counts = Counter(word for words in found for word in words)
    known = [word for word, count in counts.items() if _FEWEST_ROWS <= count < len(column)]
    classes = np.eye(int(labels.max(initial=0)) + 1)[labels]
    scored = []
    for word in known:
        there = np.array([word in words for words in found], dtype=float)
        expected = there.sum() * classes.mean(axis=0)
        gap = (there @ classes - expected) ** 2 / np.maximum(expected, 1e-9)
        scored.append((-float(gap.sum()), word))
    return [word for _, word in sorted(scored)[:_MOST_WORDS]]
