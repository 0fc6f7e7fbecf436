"""Internet addresses: version 4 by its four numbers, version 6 by its form."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import chosen
from DataFoundry.making.formed import learn_formed, make_formed, plain
from DataFoundry.making.forms import FEWEST
from DataFoundry.making.forms import make as make_by_form
from DataFoundry.making.unseen import remember

HOW = "new addresses in the same networks or form"
_MOST_NETWORKS = 20


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """The first numbers that several rows share, and for each the range of the other three."""
    texts = values.map(plain)
    if not texts.str.fullmatch(r"\d{1,3}(\.\d{1,3}){3}").all():
        return learn_formed(values, others, salt)
    octets = texts.str.split(".", expand=True).astype(int)
    counts = octets[0].value_counts()
    shared = counts[counts >= FEWEST]
    many = len(shared) > _MOST_NETWORKS or shared.sum() < 0.9 * len(texts)
    groups = [octets] if many else [octets[octets[0] == first] for first in shared.index]
    return {
        "version": 4,
        "forms": [{"head": "", "parts": _parts(group)} for group in groups],
        "weights": np.array([len(group) for group in groups], dtype=np.float64),
        "seen": remember(texts, salt),
        "unique": bool(values.is_unique),
    }


def _parts(octets: pd.DataFrame) -> list[list[str]]:
    """For each number its range, in steps of 16 so that no row's is told; what all rows share stays."""
    parts: list[list[str]] = []
    for place in range(4):
        low, high = int(octets[place].min()), int(octets[place].max())
        shared = low == high and len(octets) >= FEWEST
        parts += [[str(low)] if shared else [str(each) for each in range(low // 16 * 16, (high // 16 + 1) * 16)], ["."]]
    return parts[:-1]


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    if state.get("version") != 4:
        return make_formed(state, numbers, rows, salt)
    which = chosen(numbers, salt, np.asarray(state["weights"]))
    return make_by_form(state["forms"], which, numbers, salt, state["seen"], None, bool(state["unique"]))
