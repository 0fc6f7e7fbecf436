"""Postal addresses: a street and a number."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
_STREETS = re.compile(
    r"\b(street|st|avenue|ave|road|rd|lane|ln|drive|dr|blvd|boulevard|way|court|ct|square|sq|place|pl|terrace|parkway|"
    r"pkwy|highway|hwy|suite|apt|po box|p\.o\. box|rue|chemin|via|viale|piazza|corso|calle|avenida|plaza|"
    r"rua|travessa|camino|cuesta|vial|pasaje|glorieta|ronda|paseo|alameda|callejón|c\.|pl\.|av\.|"
    r"ulica|ul|al|os|park|plein|laan|gatan|vägen)\b|(straße|strasse|str\.|gasse|weg|allee|platz|ring|straat|gade|vej|"
    r"veien|gata|gatan|vägen|katu|tie|laan)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\d+[a-zA-Z]?,? ([^\W\d_][\w.'’-]*[, ]*){2,6}|"
    r"([^\W\d_][\w.'’-]*[, ]*){1,5} \d+[a-zA-Z]?([/-]\d+)?( \w+\.? \w+)?$"
)
_DIGITS = re.compile(r"\d+")
_NAMES = ("address", "street", "adresse", "strasse", "addr", "direccion", "indirizzo", "endereco")


def recognise(evidence: Evidence) -> Finding | None:
    """Words of a street beside a number; with a name that says so, digits and words suffice."""
    if not evidence.is_text:
        return None
    mixed = evidence.share(_is_mixed)
    if evidence.named(*_NAMES) and mixed >= 0.7:
        return Finding(0.96, fitting(mixed, "a street with a number"))
    if mixed < 0.6 or evidence.uniqueness <= 0.1:  # what follows takes time
        return None
    streets = evidence.share(_is_street)
    differ = len({_DIGITS.sub("", text) for text in evidence.texts}) > 0.5 * len(evidence.texts)
    if streets >= 0.85 and differ:
        return Finding(0.85, fitting(streets, "a street with a number"))
    return None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values have words and a number."""
    return np.array([_is_mixed(each) for each in values.astype(str)], dtype=bool)


def _is_street(text: str) -> bool:
    return bool(_NUMBERED.match(text.strip()) or _STREETS.search(text))


def _is_mixed(text: str) -> bool:
    words = text.split()
    return (
        2 <= len(words) <= 20
        and any(letter.isdigit() for letter in text)
        and any(len(word) > 2 and word[0].isalpha() for word in words)
    )
