"""A moment that follows the week or the clock: its week, weekday and time of day are drawn, and put together.

Drawn as one number, a moment lies anywhere between two quantiles: tickets of a shop that is closed on Sundays would be
opened on Sundays, and at night. No rule asks for this step; `derivation.plan` adds it where the table has the pattern.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import DAY, numbers, written
from DataFoundry.schema.table_schema import Rule

_FEWEST_ROWS = 100
_FEWEST_DAYS = 60  # fewer distinct ones are drawn one by one, so that their weekdays are right anyway
_WEEK, _CLOCK = (40.0, 0.05), (80.0, 0.1)  # chi-squared and total variation from which on there is a pattern
_MONDAY = 3  # days from the Monday before 1970 to its first day


def propose(rule: Rule, table: Planned) -> list[Step]:
    """None: it keeps no rule; see `for_column`."""
    return []


def for_column(name: str, table: Planned) -> Step | None:
    """The step for a moment that has weekdays or times of day more often than others; None for any other column."""
    how = table.writing(name)
    if table.kind(name) != "moment" or how is None or not table.may_go(name):
        return None
    values, missing = numbers(table.frame[name], how)
    present = values[~missing]
    if len(present) < _FEWEST_ROWS:
        return None
    weekly, daily = follows_week(present // DAY), follows_clock(present % DAY)
    if not weekly and not daily:
        return None
    times = present % DAY
    timed = bool((times != times[0]).any())
    date = table.new_name(f"{name} week" if weekly else f"{name} day")
    weekday = table.new_name(f"{name} weekday") if weekly else None
    time = table.new_name(f"{name} time of day") if timed else None
    unit = int(np.gcd.reduce(np.append(times, DAY)))
    state = {"column": name, "written": how, "date": date, "weekday": weekday, "time": time, "unit": unit}
    state |= {"at": int(times[0]), "first": int(present.min() // DAY), "last": int(present.max() // DAY)}
    added = tuple(each for each in (date, weekday, time) if each is not None)
    return Step("calendar", name, added, True, state, added)


def follows_week(days: np.ndarray) -> bool:
    """Whether some weekdays come more often among days (n,) since 1970 than there are of them in that time.

    Days that are few and come often, such as the first of each month, are chosen by something else.
    """
    distinct = len(np.unique(days))
    possible = np.bincount((np.arange(days.min(), days.max() + 1) + _MONDAY) % 7, minlength=7)
    counts = np.bincount((days + _MONDAY) % 7, minlength=7)
    few = len(days) > 2 * distinct and distinct < possible[counts > 0].sum() / 2
    return distinct >= _FEWEST_DAYS and not few and _differs(counts, possible / possible.sum(), *_WEEK)


def follows_clock(times: np.ndarray) -> bool:
    """Whether some hours come more often than others among times of day (n,) in nanoseconds."""
    if (times == times[0]).all():
        return False
    return _differs(np.bincount(times // (DAY // 24), minlength=24), np.full(24, 1 / 24), *_CLOCK)


def _differs(counts: np.ndarray, expected: np.ndarray, least_chi: float, least_distance: float) -> bool:
    """Whether counts are not what chance gives by shares `expected`, by Pearson's test, and not only a little so."""
    rows = counts.sum()
    apart = counts / rows - expected
    chi = float(rows * (apart**2 / expected).sum())
    return chi > least_chi and float(np.abs(apart).sum()) / 2 > least_distance


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With week (or day), weekday and time of day in place of the moment; missing is the first of them alone.

    The others have in such rows what other rows have, so that they hold nothing that no moment has.
    """
    values, missing = numbers(frame[state["column"]], state["written"])
    if not missing.all():
        values = np.where(missing, np.resize(values[~missing], len(values)), values)
    days = values // DAY
    date = pd.Series((days + _MONDAY) // 7 if state["weekday"] else days, index=frame.index)
    parts = {state["date"]: date.astype(np.float64).mask(missing) if missing.any() else date}
    if state["weekday"]:
        parts[state["weekday"]] = pd.Series((days + _MONDAY) % 7, index=frame.index)
    if state["time"]:
        parts[state["time"]] = pd.Series(values % DAY // state["unit"], index=frame.index)
    return frame.drop(columns=state["column"]).assign(**parts)


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the moment put together; a weekday before the first day or after the last one moves by a week."""
    names = [state[each] for each in ("date", "weekday", "time") if state[each]]
    drawn = {name: frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names}
    missing = np.isnan(drawn[state["date"]])
    whole = {name: np.where(np.isnan(values), 0, values).astype(np.int64) for name, values in drawn.items()}
    days = whole[state["date"]]
    if state["weekday"]:
        days = days * 7 - _MONDAY + np.clip(whole[state["weekday"]], 0, 6)
        days = np.where(days < state["first"], days + 7, np.where(days > state["last"], days - 7, days))
    times = np.clip(whole[state["time"]] * state["unit"], 0, DAY - 1) if state["time"] else state["at"]
    moments = written(days * DAY + times, missing, state["written"])
    return frame.drop(columns=names).assign(**{state["column"]: moments})


def bounds(state: Mapping[str, Any], low: int | None, high: int | None) -> dict[str, float]:
    """The condition on the drawn week or day that moments between two, nanoseconds since 1970, meet at least."""
    found = {}
    for key, value in (("min", low), ("max", high)):
        if value is not None:
            day = int(value) // DAY
            found[key] = float((day + _MONDAY) // 7 if state["weekday"] else day)
    if state["weekday"]:  # at the ends of the table a drawn week may be moved by one
        found = {key: value + (-1 if key == "min" else 1) for key, value in found.items()}
    return found
