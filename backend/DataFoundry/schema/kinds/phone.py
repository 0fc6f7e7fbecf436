"""Phone numbers."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import phonenumbers

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
_FORM = re.compile(r"\+?[\d\s().x/-]{7,22}(ext\.? ?\d+)?")
_SEPARATED = re.compile(r"[\s().x/-]")
_NAMES = (
    "phone",
    "tel",
    "telephone",
    "mobile",
    "fax",
    "cell",
    "telefon",
    "telefono",
    "handy",
    "phonenumber",
    "contact",
)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")


def recognise(evidence: Evidence) -> Finding | None:
    """Ten digits or so with a plus, or parted as phones are; plain digits only with a name that says so."""
    share = evidence.share(_has_form)
    if share < 0.9 or evidence.uniqueness < 0.02:
        return None
    if evidence.named(*_NAMES):
        return Finding(0.96, fitting(share, "a phone number"))
    if not evidence.is_text:
        return None
    international = evidence.share(lambda text: text.strip().startswith("+") and _is_possible(text))
    if international >= 0.9:
        return Finding(0.95, fitting(international, "a phone number with its country code"))
    parted = evidence.share(lambda text: bool(_SEPARATED.search(text.strip())) and text.strip()[:1] in "(0123456789+")
    return Finding(0.8, fitting(share, "written as a phone number")) if parted >= 0.9 else None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values have the form."""
    return np.array([_has_form(each) for each in values.astype(str)], dtype=bool)


def _has_form(text: str) -> bool:
    text = text.strip()
    digits = sum(letter.isdigit() for letter in text)
    return bool(_FORM.fullmatch(text)) and 7 <= digits <= 17 and not _DATE.match(text) and text.count(".") != 1


def _is_possible(text: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        # A country code that nobody has stands in much test data.
        return bool(re.match(r"\+\d", text.strip()))
