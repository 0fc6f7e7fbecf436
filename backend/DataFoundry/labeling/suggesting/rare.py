"""Classes of which so few hand-labeled rows are that what is found about them rests on a handful."""

from collections.abc import Sequence

import numpy as np

_RARE = 0.1  # share of the hand-labeled rows
_ENOUGH = 100  # rows of a class, from which on its figures are known to a few per cent


def rare_classes(labels: np.ndarray) -> dict[int, int]:
    """Class number to its rows, for the classes that are rare and have few."""
    found, counts = np.unique(labels[labels >= 0], return_counts=True)
    return {
        int(label): int(count)
        for label, count in zip(found, counts, strict=True)
        if count < _ENOUGH and count < _RARE * counts.sum()
    }


def rare_warning(labels: np.ndarray, names: Sequence[object] | None, what: str, learn_share: float) -> list[str]:
    """A sentence for each rare class: how many rows what was found about it rests on.

    Parameters
    ----------
    names
        The values of the classes; by default they are called by their numbers.
    what
        What rests on them, such as `functions`.
    learn_share
        Share of a class's rows that it was found on, the others being those that it was measured on; 1 if none were.
    """
    told = []
    for label, count in rare_classes(labels).items():
        name = f"class {label}" if names is None else repr(names[label])
        learnt = max(1, round(learn_share * count))
        rows = f"{learnt:,} of them, and is measured on {count - learnt:,}" if learn_share < 1 else "these alone"
        told.append(
            f"Only {count:,} of the {int((labels >= 0).sum()):,} hand-labeled rows are {name}: {what} for it rests on "
            f"{rows}; label more of them by hand before you trust it: suggest-rows names rows that are likelier to be."
        )
    return told
