"""Web addresses."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = False
MODELLED = False
_FORM = re.compile(r"(?:[a-z][a-z0-9+.-]*://\S+|www\.[\w-]+(\.[\w-]+)+\S*)", re.IGNORECASE)


def recognise(evidence: Evidence) -> Finding | None:
    """Nine of ten values begin as addresses do."""
    share = evidence.share(lambda text: bool(_FORM.fullmatch(text.strip())))
    return Finding(0.9 + 0.09 * share, fitting(share, "a web address")) if share >= 0.9 else None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are web addresses."""
    return np.array([bool(_FORM.fullmatch(each)) for each in values.astype(str)], dtype=bool)
