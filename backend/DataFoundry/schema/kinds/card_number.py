"""Payment cards: 13 to 19 digits with a check digit (Luhn, ISO/IEC 7812)."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from stdnum import luhn

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
_FORM = re.compile(r"[2-6]\d{12,18}")
_SEPARATORS = str.maketrans("", "", " -")


def recognise(evidence: Evidence) -> Finding | None:
    """Nine of ten pass the check, which one of ten random numbers does."""
    share = evidence.share(_is_card)
    if share < 0.9 or len(evidence.texts) < 3:
        return None
    return Finding(0.97, fitting(share, "a card number with a right check digit"))


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values pass."""
    return np.array([_is_card(each) for each in values.astype(str)], dtype=bool)


def _is_card(text: str) -> bool:
    plain = text.strip().translate(_SEPARATORS)
    return bool(_FORM.fullmatch(plain)) and luhn.is_valid(plain)
