"""A moment that follows the week or the clock: its week, weekday and time of day are drawn, and put together.

Drawn as one number, a moment lies anywhere between two quantiles: tickets of a shop that is closed on Sundays would be
opened on Sundays, and at night, and sales would not know of Saturdays. No rule asks for this step; `derivation.plan`
adds it where the table has the pattern.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation import time_of_day
from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import DAY, numbers, written
from DataFoundry.preprocessing.weekdays import (
    NO_CHANCE_OF_WEEK,
    are_chosen,
    day_of,
    follow_the_week,
    week_of,
    weekday_of,
)
from DataFoundry.schema.table_schema import Rule

_FEWEST_ROWS = 100
_FEWEST_DAYS = 60  # fewer distinct ones are drawn one by one, so that their weekdays are right anyway
_MATTERS = 0.03  # share of the variance of a column that weekdays or hours must explain
_MOST_VALUES = 50  # of a category that is looked at
_MOST_ROWS = 20_000  # of which this is found out


def propose(rule: Rule, table: Planned) -> list[Step]:
    """None: it keeps no rule; see `for_column`."""
    return []


def for_column(name: str, table: Planned) -> Step | None:
    """The step for a moment that has some weekdays or hours more often than others, or on which another column hangs.

    None for any other column.
    """
    how = table.writing(name)
    if table.kind(name) != "moment" or how is None or not table.may_go(name):
        return None
    values, missing = numbers(table.frame[name], how)
    present = values[~missing]
    if len(present) < _FEWEST_ROWS:
        return None
    days, times = present // DAY, present % DAY
    timed = bool((times != times[0]).any())
    weekly = len(np.unique(days)) >= _FEWEST_DAYS and (
        follow_the_week(days)
        or not are_chosen(days)
        and _matter(weekday_of(days), ~missing, name, table, NO_CHANCE_OF_WEEK)
    )
    daily = timed and (
        time_of_day.follow_the_clock(times)
        or _matter(times // time_of_day.HOUR, ~missing, name, table, time_of_day.NO_CHANCE)
    )
    if not weekly and not daily or (days == days[0]).all():
        return None
    date = table.new_name(f"{name} week" if weekly else f"{name} day")
    weekday = table.new_name(f"{name} weekday") if weekly else None
    time = table.new_name(f"{name} time of day") if timed else None
    state: dict[str, Any] = {"column": name, "written": how, "date": date, "weekday": weekday, "time": time}
    state |= {"unit": time_of_day.unit_of(times)}
    state |= {"at": int(times[0]), "first": int(days.min()), "last": int(days.max())}
    added = tuple(each for each in (date, weekday, time) if each is not None)
    return Step("calendar", name, added, True, state, added)


def _matter(groups: np.ndarray, rows: np.ndarray, name: str, table: Planned, no_chance: float) -> bool:
    """Whether another column hangs on weekdays or hours (m,) of those rows (n,) bool: sales on the day of the week."""
    step = max(1, len(groups) // _MOST_ROWS)
    places, groups = np.flatnonzero(rows)[::step], groups[::step]
    others = (each for each in table.frame.columns if each != name and each in table.drawn)
    return any(_explained(groups, column, no_chance) for each in others for column in _as_ranks(each, places, table))


def _as_ranks(name: str, places: np.ndarray, table: Planned) -> Iterator[np.ndarray]:
    """(m,) float64 for rows at places (m,): ranks of numbers, NaN for missing; 1 and 0 for each value of a category."""
    how, column = table.writing(name), table.frame[name].iloc[places]
    if table.kind(name) in ("category", "boolean"):
        codes, values = pd.factorize(column.map(str).where(column.notna()))
        if 2 <= len(values) <= _MOST_VALUES:
            yield from ((codes == code).astype(np.float64) for code in range(len(values)))
    elif how is not None and table.kind(name) != "moment":
        values, missing = numbers(column, how)
        yield pd.Series(values).mask(missing).rank().to_numpy()


def _explained(groups: np.ndarray, values: np.ndarray, no_chance: float) -> bool:
    """Whether the means of values (m,) differ between groups (m,): the correlation ratio, tested as chi-squared."""
    known = np.isfinite(values)
    if known.sum() < _FEWEST_ROWS:
        return False
    groups, values = groups[known], values[known] - values[known].mean()
    sizes, sums = np.bincount(groups), np.bincount(groups, weights=values)
    all_of_it = float((values**2).sum())
    explained = float((sums[sizes > 0] ** 2 / sizes[sizes > 0]).sum())
    return all_of_it > 0 and explained > _MATTERS * all_of_it and explained / all_of_it * len(values) > no_chance


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With week (or day), weekday and time of day in place of the moment; missing is the first of them alone.

    The others have in such rows what other rows have, so that they hold nothing that no moment has.
    """
    values, missing = numbers(frame[state["column"]], state["written"])
    values = time_of_day.filled(values, missing)
    days = values // DAY
    date = pd.Series(week_of(days) if state["weekday"] else days, index=frame.index)
    parts = {state["date"]: date.astype(np.float64).mask(missing) if missing.any() else date}
    if state["weekday"]:
        parts[state["weekday"]] = pd.Series(weekday_of(days), index=frame.index)
    if state["time"]:
        parts[state["time"]] = time_of_day.told(values, state["unit"], frame.index)
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
    times = time_of_day.restored(frame[state["time"]], state["unit"]) if state["time"] else state["at"]
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
