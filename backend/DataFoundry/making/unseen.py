"""Which values stand in the training table, so that none of them is made again.

A Bloom filter (Bloom 1970) of one bit a value, so full that it calls one of five other values seen, too: values can be
avoided by it, but nobody can be looked up in it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_BITS_PER_VALUE = 4  # a share of 1 - exp(-1/4) = .22 of all other values looks seen
_LEAST_BITS = 64


def remember(values: pd.Series, salt: int) -> dict[str, Any]:
    """The filter of the distinct values, as plain data."""
    texts = pd.unique(values.map(_text))
    bits = max(_LEAST_BITS, _BITS_PER_VALUE * len(texts))
    taken = np.zeros(bits, dtype=bool)
    taken[_places(texts, bits, salt)] = True
    return {"bits": bits, "taken": np.packbits(taken), "salt": salt}


def may_be_seen(values: np.ndarray, state: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: True for every value that was seen, and for one of five others."""
    texts = np.array([_text(each) for each in values], dtype=object)
    taken = np.unpackbits(np.asarray(state["taken"]))[: state["bits"]].astype(bool)
    return taken[_places(texts, int(state["bits"]), int(state["salt"]))]


def _places(texts: np.ndarray, bits: int, salt: int) -> np.ndarray:
    key = f"{salt % 10**16:016d}"
    return pd.util.hash_array(np.asarray(texts, dtype=object), hash_key=key, categorize=False) % np.uint64(bits)


def _text(value: Any) -> str:
    return str(value).strip().lower()
