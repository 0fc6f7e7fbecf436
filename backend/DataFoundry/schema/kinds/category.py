"""Categories: values from a list, and whatever no other kind claims."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = True


def recognise(evidence: Evidence) -> Finding | None:
    """Any column that has values; surer where they repeat."""
    if not len(evidence.values):
        return None
    if isinstance(evidence.values.dtype, pd.CategoricalDtype):
        return Finding(0.75, f"It was written as a category of {evidence.distinct} values.")
    sure = 0.6 if not evidence.is_number and evidence.uniqueness < 0.5 else 0.3
    return Finding(sure, f"It has {evidence.distinct} distinct values in {evidence.rows - evidence.missing} rows.")


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: all of them."""
    return np.ones(len(values), dtype=bool)
