"""A number that has one value, or that of another column, where a third has certain values: it is set there."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.schema.table_schema import Rule


def propose(rule: Rule, table: Planned) -> list[Step]:
    """The last column, mended by the others."""
    *told, name = rule.columns
    if not table.may_go(name) or not set(told) <= set(table.drawn):
        return []
    kinds = [table.frame[each].dtype.kind for each in (told[-1], name)]
    if rule.kind == "same_when" and kinds == ["f", "i"]:  # a fraction that is drawn would be cut off
        return []
    state = {"column": name, "teller": told[0], "values": [str(each) for each in rule.details["values"]]}
    state |= {"source": told[1]} if rule.kind == "same_when" else {"value": rule.details["value"]}
    return [Step("set_when", name, tuple(told), False, state)]


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """As it is: the network learns the number from all rows."""
    return frame


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the number set where the column that tells says so, and there is one."""
    column = frame[state["column"]]
    chosen = frame[state["teller"]].map(str).isin(state["values"]) & column.notna()
    if "source" in state:
        source = frame[state["source"]]
        chosen &= source.notna()
        return frame.assign(**{state["column"]: column.mask(chosen, source).astype(column.dtype)})
    return frame.assign(**{state["column"]: column.mask(chosen, state["value"]).astype(column.dtype)})
