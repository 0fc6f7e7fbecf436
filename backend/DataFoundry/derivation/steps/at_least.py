"""A number that is never less than another: both are drawn, and those that come out the wrong way round change places.

A network that has learnt both draws few such rows, so that changing places hardly moves their distributions.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import numbers, written
from DataFoundry.schema.table_schema import Rule


def propose(rule: Rule, table: Planned) -> list[Step]:
    """The greater one mended by the smaller one."""
    clothes = [table.writing(name) for name in rule.columns]
    if None in clothes or table.kind(rule.columns[0]) == "moment" or not table.drawn.issuperset(rule.columns):
        return []
    if table.fixed.intersection(rule.columns):
        return []
    smaller, greater = rule.columns
    return [Step("at_least", greater, (smaller,), False, {"columns": [smaller, greater], "written": clothes})]


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """As it is."""
    return frame


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """The two in order; of columns with other decimals the greater one is raised instead."""
    (a, no_a), (b, no_b) = (
        numbers(frame[name], how) for name, how in zip(state["columns"], state["written"], strict=True)
    )
    wrong = ~no_a & ~no_b & (a > b)
    if not wrong.any():
        return frame
    digits = [int(how["decimals"]) for how in state["written"]]
    smaller, greater = state["columns"]
    if digits[0] != digits[1] or state.get("raise"):
        raised = np.ceil(np.round(a * 10.0 ** digits[1], 6)) / 10.0 ** digits[1]
        return frame.assign(**{greater: written(np.where(wrong, raised, b), no_b, state["written"][1])})
    low, high = np.where(wrong, b, a), np.where(wrong, a, b)
    return frame.assign(
        **{smaller: written(low, no_a, state["written"][0]), greater: written(high, no_b, state["written"][1])}
    )
