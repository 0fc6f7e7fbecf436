"""A number that is another one times a constant, and a constant more: a tax of 19 %, Celsius as Fahrenheit."""

from collections.abc import Iterable

import numpy as np

from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_EXCEPTIONS

_FEWEST_VALUES = 5
_MOST_DIGITS = 6


def constants(first: np.ndarray, second: np.ndarray, decimals: int) -> tuple[float, float] | None:
    """(factor, offset) with which the second column (n,) is computed from the first (n,), rounded to its decimals.

    The constants of fewest digits that hold; None where none do. NaN is missing. A factor of 1 alone,
    which is equality, is none.
    """
    if not on_a_line(first, second, decimals):
        return None
    kept = ~(np.isnan(first) | np.isnan(second))
    a, b = first[kept], second[kept]
    for offset in (False, True):
        if offset and not _tells_apart(a, b, decimals):
            break  # city codes // 10 lie on a line, too
        for factor, constant in _candidates(a, b, offset):
            if holds(a, b, factor, constant, decimals) and (factor, constant) != (1.0, 0.0):
                return factor, constant
    return None


def _tells_apart(a: np.ndarray, b: np.ndarray, decimals: int) -> bool:
    """Whether neighbouring numbers of the first column are not rounded to the same number of the second."""
    steps = np.diff(np.unique(a[:1000]))
    return bool(len(steps) and abs(_line(a, b)[0]) * steps.min() >= 0.5 * 10.0**-decimals)


def on_a_line(first: np.ndarray, second: np.ndarray, decimals: int) -> bool:
    """Whether there are enough values, and a straight line through most of them leaves nothing but rounding."""
    kept = ~(np.isnan(first) | np.isnan(second))
    a, b = first[kept], second[kept]
    if len(a) < FEWEST_ROWS or len(np.unique(a)) < _FEWEST_VALUES or len(np.unique(b)) < _FEWEST_VALUES:
        return False
    slope, level = _line(a, b)
    return bool(np.median(np.abs(slope * a + level - b)) <= 10.0**-decimals + 1e-6 * np.median(np.abs(b)))


def holds(first: np.ndarray, second: np.ndarray, factor: float, offset: float, decimals: int) -> bool:
    """Whether all but a few rows are so computed."""
    return bool(off(first, second, factor, offset, decimals).sum() <= MOST_EXCEPTIONS * len(first))


def off(first: np.ndarray, second: np.ndarray, factor: float, offset: float, decimals: int) -> np.ndarray:
    """(n,) bool: where the second number is not the computed one, rounded."""
    with np.errstate(all="ignore"):
        computed = first * factor + offset
        return ~(np.abs(computed - second) <= 0.5 * 10.0**-decimals * 1.001 + 1e-9 * np.abs(second))


def _line(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Least squares without the tenth of the rows that it fits worst, so that a few errors do not bend it."""
    rows = np.arange(len(a))
    slope = level = 0.0
    for _ in range(3):
        spread = a[rows] - a[rows].mean()
        square = float((spread**2).sum())
        if square == 0:
            return 0.0, float(np.median(b))
        slope = float((spread * (b[rows] - b[rows].mean())).sum() / square)
        level = float(b[rows].mean() - slope * a[rows].mean())
        apart = np.abs(slope * a + level - b)
        rows = np.argsort(apart, kind="stable")[: max(int(0.9 * len(a)), 2)]
    return slope, level


def _candidates(a: np.ndarray, b: np.ndarray, offset: bool) -> Iterable[tuple[float, float]]:
    """Constants rounded to more and more digits."""
    slope, _ = _line(a, b)
    if not offset:
        biggest = np.argsort(np.abs(a), kind="stable")[-max(len(a) // 2, 1) :]
        some = biggest[a[biggest] != 0]
        slope = float(np.median(b[some] / a[some])) if len(some) else slope
    for digits in range(_MOST_DIGITS + 1):
        factor = round(slope, digits)
        if factor != 0:
            shift = float(np.median(b - factor * a)) if offset else 0.0
            yield factor, round(shift, min(digits, 3)) if offset else 0.0
