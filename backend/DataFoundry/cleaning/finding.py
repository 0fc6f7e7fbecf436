"""What is wrong with a cell, as it is told to people."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Mark:
    """What one check found in one column of a block of rows.

    Attributes
    ----------
    kind
        One of `rule, range, spelling, format, outlier`.
    column
        The column to blame.
    rows
        (m,) ascending positions in the block.
    confidence
        (m,) in 0..1, that the cell is wrong.
    suggested
        (m,) object, the value that should stand there; None where nothing is suggested.
    why
        Makes the sentence for the i-th of the rows.
    also
        Other columns of a broken rule, any of which may be to blame.
    """

    kind: str
    column: str
    rows: np.ndarray
    confidence: np.ndarray
    suggested: np.ndarray
    why: Callable[[int], str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One wrong cell.

    Attributes
    ----------
    row
        Position in the table, from 0.
    column, kind
        As in `Mark`.
    found, suggested
        Values; suggested is None where nothing is.
    confidence
        In 0..1, that the cell is wrong.
    why
        A sentence.
    """

    row: int
    column: str
    kind: str
    found: Any
    suggested: Any
    confidence: float
    why: str
