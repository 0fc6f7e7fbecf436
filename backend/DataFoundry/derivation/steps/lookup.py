"""A column that follows from another: the country is looked up by the city."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.preprocessing.columns import category
from DataFoundry.preprocessing.options import TokenOptions
from DataFoundry.schema.table_schema import Rule

_ALL = 10**9


def propose(rule: Rule, table: Planned) -> list[Step]:
    """The last column looked up by the first."""
    left, right = rule.columns[0], rule.columns[-1]
    if len(rule.columns) != 2 or left not in table.drawn or not table.may_go(right):
        return []
    options = TokenOptions(categories=_ALL, rare_threshold=table.rare_threshold)
    lefts = category.fit(table.frame[left], options)
    rights = category.fit(table.frame[right], options)
    found = _most_frequent(category.encode(table.frame[left], lefts), category.encode(table.frame[right], rights))
    places = np.array([found.get(token, len(rights["values"]) + 1) for token in range(len(lefts["values"]) + 2)])
    used = np.isin(np.arange(len(rights["values"])), places)
    renamed = np.append(np.cumsum(used) - 1, [used.sum(), used.sum() + 1])  # values that only rare ones had are left
    rights |= {
        "values": [value for value, kept in zip(rights["values"], used, strict=True) if kept],
        "counts": rights["counts"][used],
    }
    state = {"source": left, "target": right, "left": lefts, "right": rights, "places": renamed[places]}
    return [Step("lookup", right, (left,), True, state)]


def _most_frequent(lefts: np.ndarray, rights: np.ndarray) -> dict[int, int]:
    """The most frequent right token of each left one."""
    counted = pd.Series(1, index=pd.MultiIndex.from_arrays([lefts, rights])).groupby(level=[0, 1]).sum()
    return {int(left): int(right) for left, right in counted.groupby(level=0).idxmax()}


def reduce(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """Without the column that follows."""
    return frame.drop(columns=state["target"])


def restore(frame: pd.DataFrame, state: Mapping[str, Any]) -> pd.DataFrame:
    """With it, looked up; a number that was not seen has what its neighbour has."""
    lefts = category.encode(frame[state["source"]], state["left"])
    unseen = lefts == len(state["left"]["values"])
    if unseen.any():
        lefts = np.where(unseen, _neighbours(frame[state["source"]], state["left"]["values"], lefts), lefts)
    tokens = np.asarray(state["places"])[lefts]
    rng = np.random.default_rng(0)  # nothing is drawn: no value is rare here
    return frame.assign(**{state["target"]: category.decode(tokens, dict(state["right"]), rng)})


def _neighbours(column: pd.Series, values: list[Any], tokens: np.ndarray) -> np.ndarray:
    """(n,) the token of the nearest known number; of what is no number, the token itself."""
    known = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    asked = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    order = np.argsort(known)[: int((~np.isnan(known)).sum())]
    if not len(order):
        return tokens
    place = np.searchsorted(known[order], asked)
    lower, upper = (np.clip(each, 0, len(order) - 1) for each in (place - 1, place))
    nearer = np.abs(asked - known[order][lower]) <= np.abs(known[order][upper] - asked)
    found = order[np.where(nearer, lower, upper)]
    return np.where(np.isnan(asked), tokens, found)


def remembered(frame: pd.DataFrame, state: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: the rows of which neither side is too rare to be remembered."""
    sides = ((state["source"], "left"), (state["target"], "right"))
    tokens = {side: category.encode(frame[name], state[side]) for name, side in sides}
    return np.logical_and(*(tokens[side] != len(state[side]["values"]) for side in ("left", "right")))


def sources(state: Mapping[str, Any], wanted: np.ndarray) -> list[Any]:
    """The values of the first column from which one of the `wanted` (tokens of the last one,) bool follows."""
    places = np.asarray(state["places"])[: len(state["left"]["values"])]
    return [value for value, place in zip(state["left"]["values"], places, strict=True) if wanted[place]]
