"""International bank account numbers (ISO 13616)."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from stdnum import iban

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
_FORM = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def recognise(evidence: Evidence) -> Finding | None:
    """Nine of ten values have the form; invented test data has wrong check digits, which is told."""
    if not evidence.is_text:
        return None
    share = evidence.share(_has_form)
    if share < 0.9:
        return None
    valid = evidence.share(lambda text: iban.is_valid(text, check_country=False))
    return Finding(0.97, f"{fitting(share, 'an IBAN')[:-1]}; the check digits of {valid:.0%} are right.")


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values have the form and right check digits."""
    return np.array([iban.is_valid(each, check_country=False) for each in values.astype(str)], dtype=bool)


def _has_form(text: str) -> bool:
    plain = text.replace(" ", "").replace("-", "").upper()
    return bool(_FORM.fullmatch(plain)) and plain[:2].isalpha() and len(plain) >= 15
