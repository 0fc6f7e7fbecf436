"""Days of the week, and whether moments follow them."""

import numpy as np

_FEWEST_ROWS = 100
NO_CHANCE_OF_WEEK = 40.0  # chi-squared of 7 groups
_UNEVEN = 0.05  # total variation from which on weekdays are not even
_MONDAY = 3  # days from the Monday before 1970 to its first day


def week_of(days: np.ndarray) -> np.ndarray:
    """Number of the week, from Monday on, of days since 1970."""
    return np.floor_divide(days + _MONDAY, 7)


def weekday_of(days: np.ndarray) -> np.ndarray:
    """0 for Monday to 6 for Sunday of days since 1970; NaN for NaN."""
    return np.mod(days + _MONDAY, 7)


def day_of(week: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Days since 1970, from what `week_of` and `weekday_of` tell."""
    return week * 7 - _MONDAY + weekday


def follow_the_week(days: np.ndarray) -> bool:
    """Whether some weekdays come more often among days (n,) since 1970 than there are of them in that time."""
    if len(days) < _FEWEST_ROWS or are_chosen(days):
        return False
    possible = np.bincount(weekday_of(np.arange(days.min(), days.max() + 1)), minlength=7)
    counts = np.bincount(weekday_of(days), minlength=7)
    return is_uneven(counts, possible / possible.sum(), NO_CHANCE_OF_WEEK, _UNEVEN)


def are_chosen(days: np.ndarray) -> bool:
    """Whether days (n,) are few of those that might be, and come often: the first of each month, whatever weekday."""
    weekdays = np.unique(weekday_of(days))
    possible = np.isin(weekday_of(np.arange(days.min(), days.max() + 1)), weekdays).sum()
    distinct = len(np.unique(days))
    return bool(len(days) > 2 * distinct and distinct < possible / 2)


def is_uneven(counts: np.ndarray, expected: np.ndarray, no_chance: float, uneven: float) -> bool:
    """Whether counts are not what chance gives by shares `expected`, by Pearson's test, and not only a little so.

    Parameters
    ----------
    no_chance
        Least chi-squared.
    uneven
        Least total variation between the shares.
    """
    rows = counts.sum()
    known = expected > 0
    apart = counts[known] / rows - expected[known]
    return bool(rows * (apart**2 / expected[known]).sum() > no_chance and np.abs(apart).sum() / 2 > uneven)
