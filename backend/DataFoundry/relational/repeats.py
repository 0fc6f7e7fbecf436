"""Second parents that come again: of the visits of a patient most are to the usual doctor.

Whether a row names who the row before of the same parent named, or the first row, is drawn as a column of its own; only
the others are matched.
"""

from collections.abc import Sequence

import numpy as np

from DataFoundry.preprocessing.spans import CATEGORY, Span
from DataFoundry.relational.matching import exchange

ANOTHER, AS_BEFORE, AS_FIRST = 0, 1, 2
_FEWEST_ROWS = 50  # that follow another
_MOST_EXCHANGES = 20
_OFTEN = 0.1  # share of these that name the same, beyond what chance gives


def told_repeats(second: np.ndarray, position: np.ndarray) -> np.ndarray:
    """(n,) for rows at their places among those of their parent (n,) whether their second parents (n,) come again."""
    before, first = np.roll(second, 1), second[np.arange(len(second)) - position]
    follows = (position > 0) & (second >= 0)
    told = np.where(follows & (second == first), AS_FIRST, ANOTHER)
    return np.where(follows & (second == before), AS_BEFORE, told)


def come_again(second: np.ndarray, position: np.ndarray) -> bool:
    """Whether second parents come again in rows of one parent, more often than in rows of different ones."""
    follows = np.flatnonzero((position > 0) & (second >= 0) & (np.roll(second, 1) >= 0))
    if len(follows) < _FEWEST_ROWS:
        return False
    shares = np.bincount(second[follows]) / len(follows)
    return bool((told_repeats(second, position)[follows] != ANOTHER).mean() > _OFTEN + (shares**2).sum())


def repeats_span(counts: Sequence[int]) -> Span:
    """The column as a network sees it."""
    return Span(0, len(counts), CATEGORY, (), tuple(counts))


def copied_rows(
    codes: np.ndarray,
    flag: int,
    part: slice,
    earlier: tuple[np.ndarray, np.ndarray],
    nobody: int,
    agreeing: Sequence[int] = (),
) -> np.ndarray:
    """Codes (n, r) of new rows with what the second parent is like taken from the row before or the first, as drawn.

    Where that one names nobody, or one that is not as it has to be (its columns `agreeing`), another parent is meant.

    Parameters
    ----------
    flag, part
        Where it stands whether the parent comes again, and what it is like.
    earlier
        Codes (n, r) of the rows before and of the first rows.
    nobody
        The token of the first of its columns that stands for none.
    """
    places = list(agreeing)
    codes = codes.copy()
    for told, from_row in zip((AS_BEFORE, AS_FIRST), earlier, strict=True):
        rows = codes[:, flag] == told
        lacking = (from_row[:, part.start] >= nobody) | (codes[:, part.start] >= nobody)
        lacking |= (from_row[:, places] != codes[:, places]).any(axis=1)
        codes[rows & lacking, flag] = ANOTHER
        codes[rows & ~lacking, part] = from_row[rows & ~lacking, part]
    return codes


def handed_on(
    chosen: np.ndarray, told: np.ndarray, position: np.ndarray, cells: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Second parents (n,) with those of rows that come again taken from the rows (in order) that they come from.

    The others are exchanged between rows of the same cell (n,) until none names again whom it is not to, where it goes.
    """
    chosen, origin = chosen.copy(), _origins(told, position)
    for _ in range(_MOST_EXCHANGES):
        again = (told_repeats(chosen[origin], position) != ANOTHER) & (told == ANOTHER)
        rows = np.flatnonzero(again & (chosen >= 0))
        if not len(rows):
            break
        exchange(chosen, rows, np.flatnonzero((told == ANOTHER) & (chosen >= 0)), cells, rng)
    return chosen[origin]


def _origins(told: np.ndarray, position: np.ndarray) -> np.ndarray:
    """(n,) for each row the one whose second parent it has: itself, or where a chain of rows leads."""
    rows = np.arange(len(told))
    origin = np.where(told == AS_BEFORE, rows - 1, np.where(told == AS_FIRST, rows - position, rows))
    while (origin[origin] != origin).any():
        origin = origin[origin]
    return origin


def scaled_to(numbers: np.ndarray, aim: int, rng: np.random.Generator) -> np.ndarray:
    """(m,) whole numbers in the proportions of others, with the sum `aim`."""
    if not numbers.sum():
        return numbers
    exact = numbers / numbers.sum() * aim
    whole = np.floor(exact).astype(np.int64)
    missing = aim - int(whole.sum())
    if missing:
        rest = exact - whole
        whole[rng.choice(len(whole), missing, replace=False, p=rest / rest.sum())] += 1
    return whole
