"""Internet addresses, versions 4 and 6."""

import ipaddress
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False


def recognise(evidence: Evidence) -> Finding | None:
    """Nine of ten values are addresses."""
    if not evidence.is_text:
        return None
    share = evidence.share(_is_address)
    if share < 0.9:
        return None
    return Finding(0.9 + 0.09 * share, fitting(share, "an IP address"))


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are addresses."""
    return np.array([_is_address(each) for each in values.astype(str)], dtype=bool)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return "." in text or ":" in text
