"""A column that is worked out and yet has no value in some rows: whether it has is drawn."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.schema.table_schema import Rule


def propose(rule: Rule, table: Planned) -> list[Step]:
    """None: `derivation.plan` adds it to a step that gives values where the table has none."""
    return []


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With a column that says where there is no value."""
    return frame.assign(**{state["flag"]: frame[state["column"]].isna()})


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """The column without the values that are not there."""
    flags = frame[state["flag"]].astype(bool).to_numpy()
    return frame.drop(columns=state["flag"]).assign(**{state["column"]: emptied(frame[state["column"]], flags)})


def emptied(column: pd.Series, missing: Any) -> pd.Series:
    """The column without values in some rows (n,) bool, in its dtype or the next one that knows missing values."""
    if not missing.any():
        return column
    if column.dtype == object or column.dtype == bool:
        return column.astype(object).where(~missing, None)
    return column.mask(missing)
