"""New primary keys in the form of the real ones: whole numbers that lie as these do, or texts that never were there.

Whole numbers rise as the real ones do: with the parent's, or with what the rows hold, such as the time when they were
written. They are numbers of the same range, and say nothing of the real row that may have the same one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import mixed
from DataFoundry.making.kinds import MAKERS
from DataFoundry.preprocessing.columns.number import as_dtype

_SALT = 0x4B4559
_KNOTS = 101


def learn_key(column: pd.Series) -> dict[str, Any]:
    """How a key of one column is written."""
    values = column.dropna().reset_index(drop=True)
    dtype = str(column.dtype)
    if pd.api.types.is_integer_dtype(column.dtype):
        whole = np.sort(values.to_numpy(dtype=np.int64))
        places = np.linspace(0, len(whole) - 1, min(_KNOTS, len(whole))).round().astype(np.int64)
        return {"dtype": dtype, "knots": whole[places], "places": places / max(len(whole) - 1, 1), "rows": len(whole)}
    others = pd.DataFrame(index=values.index)
    others.attrs = {"names": [], "label": [], "locale": None}
    return {"dtype": dtype, "values": MAKERS["key"].learn(values, others, _SALT)}


def places_of(values: pd.Series, state: Mapping[str, Any]) -> np.ndarray:
    """(n,) float64 from 0 to 1: where whole keys lie among the real ones."""
    return np.interp(
        values.to_numpy(dtype=np.float64), np.asarray(state["knots"], dtype=np.float64), np.asarray(state["places"])
    )


def make_keys(state: Mapping[str, Any], count: int, seed: int) -> pd.Series:
    """(count,) keys, all different."""
    dtype = str(state["dtype"])
    if "knots" in state:
        return as_dtype(_numbers(state, count), np.zeros(count, dtype=bool), dtype)
    salt = int(mixed(np.array([_SALT]), seed)[0] >> np.uint64(2))
    values = MAKERS["key"].make(state["values"], np.arange(count), pd.DataFrame(index=np.arange(count)), salt)
    if dtype in ("object", "string", "str", "category"):
        texts = pd.Series(values, dtype=object)
        return texts.astype(dtype) if dtype in ("string", "str") else texts
    return as_dtype(pd.to_numeric(pd.Series(values)).to_numpy(), np.zeros(count, dtype=bool), dtype)


def _numbers(state: Mapping[str, Any], count: int) -> np.ndarray:
    """(count,) int64 rising: quantiles of the real keys; the range is as many times as wide as there are more rows."""
    knots = np.asarray(state["knots"], dtype=np.float64)
    more = max(1.0, count / max(int(state["rows"]), 1))
    at = (np.arange(count) + 0.5) / max(count, 1)
    spread = knots[0] + (np.interp(at, np.asarray(state["places"]), knots) - knots[0]) * more
    steps = np.arange(count)
    return np.maximum.accumulate(np.floor(spread).astype(np.int64) - steps) + steps
