"""Postcodes, which are words of digits: never to be added up."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = False
MODELLED = False
_LETTERED = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4} ?[A-Z]{2}|\d{5}-\d{4}")
# With the letters of a country before the digits; by itself this may as well be the number of a patient.
_PREFIXED = re.compile(r"(A|B|CH|D|DK|F|FI|FL|GR|I|L|LT|LU|LV|MD|N|NL|P|S|SE|SI|SK)-\d{4,5}")
_DIGITS = re.compile(r"\d{3,6}|\d{5}-?\d{3}|\d{5}-\d{4}|\d{2}-\d{3}|\d{3} ?\d{2}|\d{3}-\d{4}")
_NAMES = (
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "postalcode",
    "plz",
    "postleitzahl",
    "cap",
    "cep",
    "codepostal",
    "pincode",
)


def recognise(evidence: Evidence) -> Finding | None:
    """A name that says so and the form; or letters among digits as in postcodes; or 5 digits, some with a 0."""
    lettered = evidence.share(_is_lettered)
    if evidence.named(*_NAMES):
        share = evidence.share(lambda text: _is_digits(text) or _is_lettered(text) or _is_prefixed(text))
        if share >= 0.9:
            return Finding(0.97, fitting(share, "a postcode"))
    if not evidence.is_text or len(evidence.texts) < 10:
        return None
    if lettered >= 0.95:
        return Finding(0.9, fitting(lettered, "written as a postcode"))
    five = evidence.share(lambda text: len(text) == 5 and text.isdigit())
    zeros = evidence.share(lambda text: text.startswith("0"))
    if five >= 0.98 and 0 < zeros < 0.5:
        return Finding(0.8, f"{fitting(five, 'of five digits')[:-1]}, and some begin with 0.")
    return None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values have the form of a postcode."""
    tests = (_is_digits, _is_lettered, _is_prefixed)
    return np.array([any(test(each) for test in tests) for each in values.astype(str)], dtype=bool)


def _is_digits(text: str) -> bool:
    return bool(_DIGITS.fullmatch(text.strip()))


def _is_lettered(text: str) -> bool:
    return bool(_LETTERED.fullmatch(text.strip().upper()))


def _is_prefixed(text: str) -> bool:
    return bool(_PREFIXED.fullmatch(text.strip().upper()))
