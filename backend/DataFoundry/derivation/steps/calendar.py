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
from DataFoundry.preprocessing.weekdays import day_of, follow_the_week, is_uneven, week_of, weekday_of
from DataFoundry.schema.table_schema import Rule

_FEWEST_ROWS = 100
_FEWEST_DAYS = 60  # fewer distinct ones are drawn one by one, so that their weekdays are right anyway
_CLOCK = (80.0, 0.1)  # chi-squared and total variation from which on hours are not even


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
    days = present // DAY
    weekly = len(np.unique(days)) >= _FEWEST_DAYS and follow_the_week(days)
    daily = follow_the_clock(present % DAY)
    if not weekly and not daily or (days == days[0]).all():
        return None
    times = present % DAY
    timed = bool((times != times[0]).any())
    date = table.new_name(f"{name} week" if weekly else f"{name} day")
    weekday = table.new_name(f"{name} weekday") if weekly else None
    time = table.new_name(f"{name} time of day") if timed else None
    unit = int(np.gcd.reduce(np.append(times, DAY)))
    state = {"column": name, "written": how, "date": date, "weekday": weekday, "time": time, "unit": unit}
    state |= {"at": int(times[0]), "first": int(days.min()), "last": int(days.max())}
    added = tuple(each for each in (date, weekday, time) if each is not None)
    return Step("calendar", name, added, True, state, added)


def follow_the_clock(times: np.ndarray) -> bool:
    """Whether some hours come more often than others among times of day (n,) in nanoseconds."""
    if (times == times[0]).all():
        return False
    return is_uneven(np.bincount(times // (DAY // 24), minlength=24), np.full(24, 1 / 24), *_CLOCK)


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With week (or day), weekday and time of day in place of the moment; missing is the first of them alone.

    The others have in such rows what other rows have, so that they hold nothing that no moment has.
    """
    values, missing = numbers(frame[state["column"]], state["written"])
    if not missing.all():
        values = np.where(missing, np.resize(values[~missing], len(values)), values)
    days = values // DAY
    date = pd.Series(week_of(days) if state["weekday"] else days, index=frame.index)
    parts = {state["date"]: date.astype(np.float64).mask(missing) if missing.any() else date}
    if state["weekday"]:
        parts[state["weekday"]] = pd.Series(weekday_of(days), index=frame.index)
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
        days = day_of(days, np.clip(whole[state["weekday"]], 0, 6))
        days = np.where(days < state["first"], days + 7, np.where(days > state["last"], days - 7, days))
    times = np.clip(whole[state["time"]] * state["unit"], 0, DAY - 1) if state["time"] else state["at"]
    moments = written(days * DAY + times, missing, state["written"])
    return frame.drop(columns=names).assign(**{state["column"]: moments})


def bounds(state: Mapping[str, Any], low: int | None, high: int | None) -> dict[str, float]:
    """The condition on the drawn week or day that moments between two, nanoseconds since 1970, meet at least."""
    found = {}
    for key, value in (("min", low), ("max", high)):
        if value is not None:
            day = np.asarray(value, dtype=np.int64) // DAY
            found[key] = float(week_of(day) if state["weekday"] else day)
    if state["weekday"]:  # at the ends of the table a drawn week may be moved by one
        found = {key: value + (-1 if key == "min" else 1) for key, value in found.items()}
    return found
