"""Rows that stand in a table more than once: equal in all, or in all but what names a row."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.hashing import hashes
from DataFoundry.schema.table_schema import TableSchema

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_EXAMPLES = 5


def duplicates(schema: TableSchema, blocks: Iterable[pd.DataFrame]) -> dict[str, Any]:
    """How many rows repeat an earlier one.

    `rows` are equal in all, `but_for_keys` are with keys left aside; `examples` are numbers, from 0, of rows that are
    equal in all, or else but for keys.

    Eight bytes a row are held. `keys` are the columns left aside; `but_for_keys` is null where there are none, or
    nothing but keys.
    """
    keys = keys_of(schema)
    others = [name for name in schema.columns if name not in keys]
    whole: list[np.ndarray] = []
    part: list[np.ndarray] = []
    for block in blocks:
        whole.append(joint(block, list(schema.columns)))
        if keys and others:
            part.append(joint(block, others))
    rows, pairs = _repeated(np.concatenate(whole)) if whole else (0, [])
    but, near = _repeated(np.concatenate(part)) if part else (None, [])
    told = [name for name in schema.columns if name in keys]
    return {"rows": rows, "but_for_keys": but, "keys": told, "examples": pairs or near}


def keys_of(schema: TableSchema) -> set[str]:
    """The columns that name a row by themselves, also those that a few rows share: rows that stand there twice."""
    unique = [rule.columns for rule in schema.rules if rule.kind == "unique"]
    return {key[0] for key in (*schema.keys, *unique) if len(key) == 1}


def joint(block: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """(n,) uint64 of the values of several columns together."""
    found = np.zeros(len(block), dtype=np.uint64)
    for name in columns:
        with np.errstate(over="ignore"):
            found = found * _PRIME + hashes(block[name])
    return found


def _repeated(values: np.ndarray) -> tuple[int, list[list[int]]]:
    """How many values repeat an earlier one, and the places of the first few that are equal."""
    order = np.argsort(values, kind="stable")
    same = np.flatnonzero(values[order][1:] == values[order][:-1])
    pairs = np.stack([order[same], order[same + 1]], axis=1)
    first = pairs[np.argsort(pairs[:, 1], kind="stable")[:_EXAMPLES]]
    return len(same), [[int(place), int(again)] for place, again in first]
