"""A moment that is never before another: the time between them is drawn, and the later one computed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation import time_of_day
from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import DAY, numbers, written
from DataFoundry.schema.rules.evidence import MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Rule

_UNITS = {
    "days": DAY,
    "hours": DAY // 24,
    "minutes": DAY // 1440,
    "seconds": 10**9,
    "milliseconds": 10**6,
    "microseconds": 1000,
    "nanoseconds": 1,
}


def propose(rule: Rule, table: Planned) -> list[Step]:
    """The later moment from the earlier one and the time between them."""
    earlier, later = rule.columns
    clothes = [how for how in map(table.writing, rule.columns) if how is not None]
    if len(clothes) < 2 or table.kind(later) != "moment" or earlier not in table.drawn or not table.may_go(later):
        return []
    (a, no_a), (b, no_b) = (numbers(table.frame[name], how) for name, how in zip(rule.columns, clothes, strict=True))
    both = ~no_a & ~no_b
    if (no_a & ~no_b).sum() > MOST_EXCEPTIONS * len(a) or (a[both] > b[both]).sum() > rule.exceptions:
        return []  # there would be nothing to compute the later one from
    by_day, time = _ways(a[both], b[both])
    between = ((b // DAY - a // DAY) * DAY if by_day else b - a)[both]
    unit = next(name for name, length in _UNITS.items() if not (between % length).any())
    column = table.new_name(f"{unit} from {earlier} to {later}")
    state = {"columns": [earlier, later], "written": clothes, "unit": unit, "between": column, "by_day": by_day}
    added = [column]
    if time:
        added.append(table.new_name(f"{later} time of day"))
        state |= {"time": added[-1], "time_unit": time}
    return [Step("difference", later, (earlier, *added), True, state, tuple(added))]


def _ways(earlier: np.ndarray, later: np.ndarray) -> tuple[bool, int]:
    """Whether the time between moments (n,) is told in days, from date to date; and in what the later time of day is
    told, nanoseconds, 0 where it is not.

    From 10:25 to midnight of the next day is one day, not 815 minutes. A login that is days later is at an hour of its
    own, not so many minutes after another.
    """
    times = later % DAY
    if not times.any():
        return bool((earlier % DAY).any()), 0
    apart = not (earlier % DAY).any() or float(np.median(later - earlier)) >= DAY
    if len(later) and apart and time_of_day.follow_the_clock(times):
        return True, time_of_day.unit_of(times)
    return False, 0


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the time between the two in place of the later one; missing where that is."""
    (a, no_a), (b, missing) = (
        numbers(frame[name], how) for name, how in zip(state["columns"], state["written"], strict=True)
    )
    apart = (b // DAY - a // DAY) * DAY if state.get("by_day") else b - a
    missing = missing | no_a
    between = pd.Series(apart // _UNITS[state["unit"]], index=frame.index)
    parts = {state["between"]: between.astype(np.float64).mask(missing) if missing.any() else between}
    if state.get("time"):
        moments = time_of_day.filled(b, missing)
        parts[state["time"]] = time_of_day.told(moments, state["time_unit"], frame.index)
    return frame.drop(columns=state["columns"][1]).assign(**parts)


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the later one computed."""
    earlier, later = state["columns"]
    a, no_a = numbers(frame[earlier], state["written"][0])
    between = frame[state["between"]].to_numpy(dtype=np.float64, na_value=np.nan)
    missing = no_a | np.isnan(between)
    steps = np.where(missing, 0, np.maximum(between, 0)).astype(np.int64)
    values = (a // DAY * DAY if state.get("by_day") else a) + steps * _UNITS[state["unit"]]
    drawn = [state["between"]]
    if state.get("time"):
        values = values + time_of_day.restored(frame[state["time"]], state["time_unit"])
        drawn.append(state["time"])
    if state.get("by_day"):
        values = np.where(values < a, values + DAY, values)
    return frame.drop(columns=drawn).assign(**{later: written(values, missing, state["written"][1])})
