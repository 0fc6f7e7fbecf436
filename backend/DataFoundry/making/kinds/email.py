"""E-mail addresses: made of the new names as the table's are of theirs; only domains that several rows share stay."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import chosen
from DataFoundry.making.forms import FEWEST
from DataFoundry.making.handles import learn_handles, make_handles
from DataFoundry.making.kinds.user_name import names_of, unseen
from DataFoundry.making.unseen import remember

HOW = "new addresses made of the new names"
_RESERVED = ("example.com", "example.org", "example.net")  # nobody's (RFC 2606)


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """How addresses are made of names, and the domains."""
    texts = values.map(str).str.strip()
    halves = texts.str.rsplit("@", n=1)
    local, domain = halves.str[0].fillna(""), halves.str[-1].fillna("")
    counted = Counter(domain)
    kept = {name: count for name, count in counted.items() if count >= FEWEST and "." in name}
    rest = len(texts) - sum(kept.values())
    domains = {**kept, **{name: rest / len(_RESERVED) for name in _RESERVED if rest and name not in kept}}
    state = learn_handles(local.tolist(), names_of(others))
    return state | {
        "domains": list(domains),
        "shares": np.array(list(domains.values()), dtype=np.float64),
        "seen": remember(texts, salt),
    }


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    which = chosen(numbers, salt + 5, np.asarray(state["shares"]))
    domains = np.array([f"@{name}" for name in state["domains"]], dtype=object)[which]
    return unseen(
        numbers,
        lambda part, turn: make_handles(state, numbers[part], rows.iloc[part], turn, salt) + domains[part],
        state["seen"],
    )
