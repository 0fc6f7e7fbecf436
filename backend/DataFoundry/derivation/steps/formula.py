"""A number computed from two others, or a moment computed from another and the days between them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import DAY, numbers, written
from DataFoundry.schema.rules.formula import LINEAR, OPERATIONS
from DataFoundry.schema.table_schema import Rule


def propose(rule: Rule, table: Planned) -> list[Step]:
    """The result computed from its parts; of two moments rather the later one from the earlier one and the days."""
    if len(rule.columns) == 2:
        return _linear(rule, table)
    first, second, result = rule.columns
    clothes = {name: table.writing(name) for name in rule.columns}
    if None in clothes.values() or not table.drawn.issuperset(rule.columns):
        return []
    operation = str(rule.details.get("operation"))
    if operation not in OPERATIONS:
        return []
    ways = [(operation, first, second, result)]
    if table.kind(first) == "moment":
        ways = [("later", second, result, first), ("days", first, second, result)]
    offset = float(rule.details.get("offset", 0.0))
    return [_step(offset, clothes, *way) for way in ways if table.may_go(way[-1])]


def _linear(rule: Rule, table: Planned) -> list[Step]:
    source, scaled = rule.columns
    clothes = [table.writing(name) for name in rule.columns]
    if None in clothes or source not in table.drawn or not table.may_go(scaled):
        return []
    constants = {"factor": float(rule.details["factor"]), "offset": float(rule.details.get("offset", 0.0))}
    state = {"operation": LINEAR, "columns": [source, scaled], "written": clothes, **constants}
    return [Step("formula", scaled, (source,), True, state)]


def _step(offset: float, clothes: Mapping[str, Any], operation: str, first: str, second: str, result: str) -> Step:
    state = {
        "operation": operation,
        "columns": [first, second, result],
        "written": [clothes[name] for name in (first, second, result)],
        "offset": offset,
    }
    return Step("formula", result, (first, second), True, state)


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """Without the result."""
    return frame.drop(columns=state["columns"][-1])


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the result; missing where a part is."""
    if state["operation"] == LINEAR:
        source, scaled = state["columns"]
        values, missing = numbers(frame[source], state["written"][0])
        return frame.assign(
            **{scaled: written(values * state["factor"] + state["offset"], missing, state["written"][1])}
        )
    first, second, result = state["columns"]
    (a, no_a), (b, no_b) = (
        numbers(frame[name], how) for name, how in zip((first, second), state["written"], strict=False)
    )
    values, missing = _computed(state["operation"], a, b, float(state.get("offset", 0.0))), no_a | no_b
    if values.dtype == np.float64:
        missing |= ~np.isfinite(values)
    return frame.assign(**{result: written(np.where(missing, 0, values), missing, state["written"][2])})


def _computed(operation: str, first: np.ndarray, second: np.ndarray, offset: float) -> np.ndarray:
    """(n,) float64, of moments int64 nanoseconds; `offset` is what the days are more than the difference."""
    if operation == "later":
        return first + np.round(np.clip(second - offset, -1e5, 1e5) * DAY).astype(np.int64)
    if operation == "days":
        return (first - second) / DAY + offset
    with np.errstate(all="ignore"):
        return OPERATIONS[operation](first, second)
