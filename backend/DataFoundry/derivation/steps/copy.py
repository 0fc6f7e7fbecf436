"""A column that says the same as another, in the same or in other clothes: `revenue` is `total` as text."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.written import numbers, written
from DataFoundry.schema.table_schema import Rule

_BEST_DRAWN = ("number", "moment", "category", "boolean")


def propose(rule: Rule, table: Planned) -> list[Step]:
    """Either column copied from the other; plain numbers rather stay than those in other clothes."""
    first, second = rule.columns
    pairs = [(first, second), (second, first)]
    if table.kind(second) in _BEST_DRAWN and table.kind(first) not in _BEST_DRAWN:
        pairs.reverse()
    return [_step(table, kept, copied) for kept, copied in pairs if table.may_go(copied) and kept in table.drawn]


def _step(table: Planned, kept: str, copied: str) -> Step:
    clothes = [table.writing(name) for name in (kept, copied)]
    state = {} if None in clothes else {"from": clothes[0], "to": clothes[1]}
    return Step("copy", copied, (kept,), True, {"source": kept, "target": copied, **state})


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """Without the copy."""
    return frame.drop(columns=state["target"])


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With the copy, written as it was."""
    source = frame[state["source"]]
    if "to" not in state:
        return frame.assign(**{state["target"]: source})
    return frame.assign(**{state["target"]: written(*numbers(source, state["from"]), state["to"])})
