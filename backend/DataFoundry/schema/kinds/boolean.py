"""Yes and no, in any spelling."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding

PERSONAL = False
MODELLED = True
_PAIRS = (
    ("yes", "no"),
    ("y", "n"),
    ("true", "false"),
    ("t", "f"),
    ("on", "off"),
    ("ja", "nein"),
    ("j", "n"),
    ("oui", "non"),
    ("si", "no"),
    ("sí", "no"),
    ("sim", "não"),
    ("active", "inactive"),
    ("enabled", "disabled"),
    ("1", "0"),
)


def recognise(evidence: Evidence) -> Finding | None:
    """Truth values, or two spellings that mean yes and no."""
    if pd.api.types.is_bool_dtype(evidence.values.dtype) or (
        len(evidence.values) and all(isinstance(each, (bool, np.bool_)) for each in evidence.values.head(100))
    ):
        return Finding(0.99, "Its values are true and false.")
    if len(evidence.texts) != 2:
        return None
    found = {text.strip().lower() for text in evidence.texts}
    for yes, no in _PAIRS:
        if found == {yes, no}:
            spelled = sorted(evidence.texts, key=lambda text: text.strip().lower() != yes)
            return Finding(
                0.95,
                f"Its two values are {spelled[0]!r} and {spelled[1]!r}.",
                {"true": spelled[0], "false": spelled[1]},
            )
    return None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values are one of the two."""
    if not format:
        return np.array([isinstance(each, (bool, np.bool_)) for each in values], dtype=bool)
    return values.map(lambda each: str(each)).isin([format["true"], format["false"]]).to_numpy()
