"""A column's numbers, and numbers written as the column writes them: numbers, moments and formatted numbers alike."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.preprocessing.columns import moment, number
from DataFoundry.schema.kinds import KINDS, formatted_number

DAY = 86_400 * 10**9  # nanoseconds


def writing(column: pd.Series, kind: str, format: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the column writes its numbers, as plain data; None for a kind that has none, and for durations."""
    if kind not in ("number", "moment", "formatted_number") or format.get("unit") == "duration":
        return None
    state: dict[str, Any] = {"kind": kind, "format": dict(format), "dtype": str(column.dtype)}
    if kind == "moment":
        state |= moment.writing(column, format)
    else:
        values, _ = numbers(column, state)
        state["decimals"] = number.decimals_of(values[np.isfinite(values)])
    return state


def numbers(column: pd.Series, state: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) and (n,) bool where they are missing: float64, of moments nanoseconds since 1970 int64."""
    if state["kind"] == "moment":
        return moment.nanoseconds(column, state)
    values, missing = KINDS[state["kind"]].to_numbers(column, state["format"])
    return np.where(missing, 0.0, values), missing


def written(values: np.ndarray, missing: np.ndarray, state: Mapping[str, Any]) -> pd.Series:
    """(n,) values as the column writes them, rounded to its decimals."""
    if state["kind"] == "moment":
        return moment.written(pd.Series(values).astype("Int64").mask(missing), state)
    rounded = np.round(np.where(missing, 0.0, values), int(state["decimals"]))
    if state["kind"] == "formatted_number":
        texts = formatted_number.write(rounded, state["format"])
        return pd.Series(texts, dtype=object).where(~missing, None)
    whole = state["decimals"] == 0 and not str(state["dtype"]).lower().startswith("float")
    return number.as_dtype(rounded.astype(np.int64) if whole else rounded, missing, str(state["dtype"]))
