"""Lists, objects and bytes: carried through, not modelled."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = False
_NESTED = (list, tuple, dict, set, np.ndarray, bytes)


def recognise(evidence: Evidence) -> Finding | None:
    """A value that holds others, or bytes."""
    if is_nested(evidence.values):
        return Finding(1.0, "Its values are lists, objects or bytes.")
    return None


def is_nested(column: pd.Series) -> bool:
    """Whether any value of the column holds others."""
    return column.dtype == object and any(isinstance(each, _NESTED) for each in column)


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values hold others."""
    return np.array([isinstance(each, _NESTED) for each in values], dtype=bool)
