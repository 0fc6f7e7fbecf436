"""Conditions of a request on columns that no network draws, or whose drawn values are mended."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.plan import Derivation
from DataFoundry.derivation.step import Step
from DataFoundry.derivation.steps import calendar, lookup
from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.columns import category
from DataFoundry.preprocessing.columns.wanted import read_wanted
from DataFoundry.preprocessing.filtering import rows_where
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.table_schema import Column


def translated(conditions: Mapping[str, Any], derivation: Derivation) -> tuple[dict[str, Any], dict[str, Any]]:
    """What to ask of the columns that are drawn, and what then to look for in whole rows.

    A condition on a column that is looked up becomes one on the column that it is looked up by. Raises RequestError
    where no training row meets one.
    """
    asked, later = dict(conditions), {}
    for step in reversed(derivation.steps):
        if not step.removes or step.writes not in asked:
            continue
        later[step.writes] = condition = asked.pop(step.writes)
        if step.kind == "lookup" and step.reads[0] not in asked:
            _, shares = category.restrict(dict(step.state["right"]), read_wanted(step.writes, condition))
            found = lookup.sources(step.state, shares > 0)
            if found:
                asked[step.reads[0]] = found
        if step.kind == "calendar" and (reached := _reached(condition, step, derivation)):
            asked[step.reads[0]] = reached
    later |= {name: condition for name, condition in asked.items() if name in derivation.mended}
    return asked, later


def _reached(condition: Any, step: Step, derivation: Derivation) -> dict[str, float]:
    """The condition on the drawn week or day that a condition on the moment comes to; empty where it says nothing."""
    kind = (derivation.kinds or {})[step.writes]
    wanted = read_wanted(step.writes, _with_numbers(condition, step.writes, kind))
    if wanted.values is None:
        return calendar.bounds(step.state, wanted.low, wanted.high)
    values = [each for each in wanted.values if each is not None]
    return calendar.bounds(step.state, min(values), max(values)) if len(values) == len(wanted.values) else {}


def rows_that_meet(frame: pd.DataFrame, conditions: Mapping[str, Any], derivation: Derivation) -> np.ndarray:
    """(n,) bool: the rows that meet conditions; formatted numbers and moments are compared by what they say."""
    columns, plain = {}, {}
    for name, condition in conditions.items():
        kind = (derivation.kinds or {}).get(name)
        if kind is not None and kind.kind in ("formatted_number", "moment"):
            columns[name] = _said(frame[name], kind)
            plain[name] = _with_numbers(condition, name, kind)
        else:
            columns[name], plain[name] = frame[name], condition
    return rows_where(pd.DataFrame(columns), plain)


def _said(column: pd.Series, kind: Column) -> pd.Series:
    numbers, missing = KINDS[kind.kind].to_numbers(column, kind.format)
    return pd.Series(numbers).astype("Int64" if kind.kind == "moment" else "Float64").mask(missing)


def _with_numbers(condition: Any, name: str, kind: Column) -> Any:
    """The condition with its values and bounds as numbers."""
    if isinstance(condition, Mapping):
        return {key: _number(each, name, kind) for key, each in condition.items()}
    if isinstance(condition, (list, tuple)):
        return [_number(each, name, kind) for each in condition]
    return _number(condition, name, kind)


def _number(value: Any, name: str, kind: Column) -> Any:
    if value is None or kind.kind == "formatted_number" and isinstance(value, (int, float)):
        return value
    read, missing = KINDS[kind.kind].to_numbers(pd.Series([value], dtype=object), kind.format)
    if missing[0] and kind.kind == "moment" and isinstance(value, str):
        read, missing = KINDS["moment"].to_numbers(pd.Series([value], dtype=object), {})
    if missing[0]:
        what = "a date or time" if kind.kind == "moment" else "a number"
        raise RequestError(f"conditions: {name!r} is {what}, so it cannot be {value!r:.60}.", column=name)
    return read[0].item()
