"""A number that comes in steps: what is drawn between two steps goes to the nearer one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import numbers, written
from DataFoundry.schema.table_schema import Rule


def propose(rule: Rule, table: Planned) -> list[Step]:
    """The number mended by itself."""
    name, step = rule.columns[0], float(rule.details.get("step", 0))
    how = table.writing(name)
    if how is None or how["kind"] == "moment" or not table.may_go(name) or step <= 0:
        return []
    return [Step("multiples", name, (), False, {"column": name, "written": how, "step": step})]


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """As it is."""
    return frame


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """Each value at a step."""
    name = state["column"]
    values, missing = numbers(frame[name], state["written"])
    nearest = np.round(values / state["step"]) * state["step"]
    if np.array_equal(nearest, values):
        return frame
    return frame.assign(**{name: written(nearest, missing, state["written"])})
