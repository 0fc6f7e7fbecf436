"""A moment that is never before another: the time between them is drawn, and the later one computed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import DAY, numbers, written
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
    if (no_a & ~no_b).any() or (a[~no_b] > b[~no_b]).sum() > rule.exceptions:
        return []  # there would be nothing to compute the later one from
    # A day that is counted from a time counts from its day: 10:25 to midnight of the next is one day, not 815 minutes.
    dated = bool(not (b[~no_b] % DAY).any() and (a[~no_b] % DAY).any())
    between = (b - (a // DAY * DAY if dated else a))[~no_b]
    unit = next(name for name, length in _UNITS.items() if not (between % length).any())
    column = table.new_name(f"{unit} from {earlier} to {later}")
    state = {"columns": [earlier, later], "written": clothes, "unit": unit, "between": column, "dated": dated}
    return [Step("difference", later, (earlier, column), True, state, (column,))]


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the time between the two in place of the later one; missing where that is."""
    (a, _), (b, missing) = (
        numbers(frame[name], how) for name, how in zip(state["columns"], state["written"], strict=True)
    )
    a = a // DAY * DAY if state.get("dated") else a
    between = pd.Series((b - a) // _UNITS[state["unit"]], index=frame.index)
    between = between.astype(np.float64).mask(missing) if missing.any() else between
    return frame.drop(columns=state["columns"][1]).assign(**{state["between"]: between})


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the later one computed."""
    earlier, later = state["columns"]
    a, no_a = numbers(frame[earlier], state["written"][0])
    between = frame[state["between"]].to_numpy(dtype=np.float64, na_value=np.nan)
    missing = no_a | np.isnan(between)
    steps = np.where(missing, 0, np.maximum(between, 0)).astype(np.int64)
    if state.get("dated"):
        days = a // DAY * DAY + steps * _UNITS[state["unit"]]
        values = np.where(days < a, days + DAY, days)
    else:
        values = a + steps * _UNITS[state["unit"]]
    return frame.drop(columns=state["between"]).assign(**{later: written(values, missing, state["written"][1])})
