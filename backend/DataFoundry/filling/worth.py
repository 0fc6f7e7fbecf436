"""Whether what is filled in is worth more than an empty cell."""

from collections.abc import Mapping

import pandas as pd

_LEAST_GAIN = 0.1  # of what is wrong or unexplained when every cell gets the most usual value
_RIGHT_ENOUGH = 0.9  # share of right guesses, however little the other columns add to it
_FEWEST_KNOWN = 200  # rows: of fewer, a tenth is too few to judge by
_FEWEST_WORDS, _FEWEST_NOTES = 3, 20  # words a value, and different values
_OFTEN_EMPTY = 0.1
_CURE = "leave it out of columns to keep its cells empty."


def hardly_told(quality: Mapping[str, float], known: pd.Series) -> str | None:
    """That guesses are hardly better than the most usual value, as the end of a sentence; None where they are better.

    Parameters
    ----------
    quality
        As measured in rows held out, see `columns.Categories` and `columns.Numbers`.
    known
        The values that are there.
    """
    if len(known) < _FEWEST_KNOWN:
        return None
    if "accuracy" in quality:
        right, usual = quality["accuracy"], quality["most_frequent"]
        if right >= _RIGHT_ENOUGH or right - usual >= _LEAST_GAIN * (1 - usual):
            return None
        told = f"right in {right:.0%} of the rows held out, the most frequent value in {usual:.0%}"
        return f"a guess from the other columns is hardly better than chance ({told}); {_CURE}"
    if quality.get("explained", 1.0) >= _LEAST_GAIN or known.value_counts(normalize=True).iloc[0] >= _RIGHT_ENOUGH:
        return None
    told = f"they explain {max(quality['explained'], 0):.0%} of its variance in rows held out"
    return f"the other columns hardly tell it ({told}); {_CURE}"


def is_free_text(column: pd.Series) -> bool:
    """Whether these are notes that people wrote, often none, though some repeat."""
    present = column.dropna()
    if not len(present) or column.isna().mean() < _OFTEN_EMPTY or present.dtype != object:
        return False
    texts = present.map(str)
    return texts.nunique() >= _FEWEST_NOTES and texts.str.split().str.len().mean() >= _FEWEST_WORDS
