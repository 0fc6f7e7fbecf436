"""Columns without a single value."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = False


def recognise(evidence: Evidence) -> Finding | None:
    """No value at all."""
    return None if len(evidence.values) else Finding(1.0, "No row has a value.")


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: none, since an empty column has no values."""
    return np.zeros(len(values), dtype=bool)
