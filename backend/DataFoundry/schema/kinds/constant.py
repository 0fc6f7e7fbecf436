"""Columns that say the same in every row."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = False
_FEWEST_ROWS = 5  # fewer rows say little about what a column can hold


def recognise(evidence: Evidence) -> Finding | None:
    """One value, no row without it: a value that some rows lack tells something."""
    if evidence.distinct != 1 or evidence.missing or evidence.rows < _FEWEST_ROWS:
        return None
    return Finding(0.99, f"Every row says {evidence.texts[0]!r:.60}.", {"value": evidence.texts[0]})


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are the one."""
    return (values.astype(str) == format.get("value")).to_numpy()
