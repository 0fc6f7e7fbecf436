"""E-mail addresses."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
_FORM = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")


def recognise(evidence: Evidence) -> Finding | None:
    """Nine of ten values have the form of an address."""
    share = evidence.share(lambda text: bool(_FORM.fullmatch(text.strip())))
    return Finding(0.9 + 0.09 * share, fitting(share, "an e-mail address")) if share >= 0.9 else None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are addresses."""
    return values.astype(str).str.fullmatch(_FORM.pattern).to_numpy(dtype=bool)
