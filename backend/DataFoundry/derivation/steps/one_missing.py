"""Columns that are missing in the same rows, or exactly when another has certain values: one tells for all.

The network learns the others from rows whose missing values are filled with values of other rows, so that it never
draws a missing one; restoring takes the values away where the column that tells says so.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.steps.absent import emptied
from DataFoundry.schema.table_schema import Rule


def propose(rule: Rule, table: Planned) -> list[Step]:
    """Each column but the one that tells, mended by it."""
    columns = [name for name in rule.columns if name in table.drawn]  # `making` keeps it for the others
    if not columns or rule.kind == "missing_when" and columns[0] != rule.columns[0]:
        return []
    teller, *others = columns
    values = list(rule.details["values"]) if rule.kind == "missing_when" else None
    state = {"teller": teller, "values": values}
    return [
        Step("one_missing", name, (teller,), False, {**state, "column": name}) for name in others if table.may_go(name)
    ]


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """The column's missing values filled with its other values, in their order again and again."""
    column = frame[state["column"]]
    missing = column.isna().to_numpy()
    if not missing.any() or missing.all():
        return frame
    values = column.to_numpy(dtype=object, copy=True)
    # Some other row's, however far away: what the network learns of these rows is not used.
    chosen = np.random.default_rng(0).integers(int((~missing).sum()), size=int(missing.sum()))
    values[missing] = values[~missing][chosen]
    return frame.assign(**{state["column"]: pd.Series(values, index=frame.index, dtype=object).astype(column.dtype)})


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """The column without a value where the one that tells says so."""
    teller = frame[state["teller"]]
    missing = teller.isna() if state["values"] is None else teller.map(str).isin(state["values"])
    return frame.assign(**{state["column"]: emptied(frame[state["column"]], missing.to_numpy())})
