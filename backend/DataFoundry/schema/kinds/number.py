"""Numbers: whole or decimal, in a column of a numeric dtype, or of text that is numbers but for a few odd values."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = True
# Not 007 nor +49, which are no numbers.
_PLAIN = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?([eE][-+]?\d+)?")
_ENOUGH = 0.95
_FEWEST = 10


def recognise(evidence: Evidence) -> Finding | None:
    """A numeric dtype, or Python's decimals."""
    if evidence.is_number and not pd.api.types.is_complex_dtype(evidence.values.dtype):
        span = f"from {evidence.values.min():g} to {evidence.values.max():g}" if len(evidence.values) else ""
        return Finding(0.7, f"Its values are numbers {span}.")
    if len(evidence.values) and all(isinstance(each, Decimal) for each in evidence.values.head(100)):
        return Finding(0.9, "Its values are decimal numbers.")
    if evidence.is_text and len(evidence.texts) >= _FEWEST:
        share = evidence.share(lambda text: bool(_PLAIN.fullmatch(text.strip())))
        if _ENOUGH <= share < 1:
            return Finding(0.84, f"{share:.1%} of its values are numbers; the others count as missing.")
    return None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are numbers."""
    return pd.to_numeric(values, errors="coerce").notna().to_numpy()


def to_numbers(values: pd.Series, format: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Values (n,) float64, and (n,) bool where they are missing."""
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers, np.isnan(numbers)


def write(numbers: np.ndarray, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) object: the numbers themselves."""
    return np.asarray(numbers).astype(object)
