"""Names of people, known from Faker's lists of a dozen languages."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.evidence import Evidence, Finding, fitting

PERSONAL = True
MODELLED = False
LOCALES: tuple[str, ...] = (
    "en_US",
    "en_GB",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "pt_BR",
    "nl_NL",
    "pl_PL",
    "sv_SE",
    "da_DK",
    "no_NO",
)
LOCALES += ("fi_FI", "cs_CZ", "tr_TR", "ro_RO", "hu_HU", "en_IN", "ru_RU", "ja_JP", "zh_CN", "ko_KR")
_NAMES: tuple[str, ...] = (
    "name",
    "firstname",
    "lastname",
    "surname",
    "fullname",
    "vorname",
    "nachname",
    "nombre",
    "apellido",
    "nom",
)
_NAMES += ("prenom", "cognome", "nome", "customer", "patient", "employee", "contact", "author", "owner", "agent")
_NAMES += ("arzt", "doctor", "physician", "nurse", "medecin", "medico", "driver", "teacher", "manager", "salesperson")
_NAMES += ("seller", "berater", "mitarbeiter", "kunde", "vendeur", "vendedor", "assignee", "reporter", "representative")
_NAMES += (
    "techniker",
    "technician",
    "sachbearbeiter",
    "fahrer",
    "pfleger",
    "therapist",
    "lawyer",
    "anwalt",
    "betreuer",
)
_NAMES += ("ansprechpartner", "tecnico", "technicien", "conseiller", "asesor", "cashier", "operator", "supervisor")
_INITIAL = re.compile(r"(?:[^\W\d_]\. ?){1,3}([^\W\d_]{2}[^\d_.]*)")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]*)*\.?")


def recognise(evidence: Evidence) -> Finding | None:
    """One to five capitalised words of which most rows hold a known first or last name."""
    if not evidence.is_text or evidence.distinct < 3:
        return None
    shaped = evidence.share(_has_shape)
    if shaped < 0.9:
        return None
    if evidence.share(_is_initial_and_name) >= 0.8:
        return Finding(0.94, "Its values are an initial and a last name.")
    known = evidence.share(_is_known)
    named = evidence.named(*_NAMES)
    several = evidence.share(lambda text: len(text.split()) > 1)
    if (known >= 0.6 and several >= 0.8 and evidence.uniqueness > 0.2) or (named and known >= 0.5):
        return Finding(0.94, fitting(known, "a name that people have"))
    if known >= 0.9 and len(evidence.texts) >= 15:
        return Finding(0.85, fitting(known, "a name that people have"))
    return None


def check(values: pd.Series, format: Mapping[str, Any]) -> np.ndarray:
    """(n,) bool: which values have the shape of a name."""
    return np.array([_has_shape(each) for each in values.astype(str)], dtype=bool)


@cache
def known_names() -> frozenset[str]:
    """First and last names in lower case; some 40,000, read when the first text column is looked at."""
    return frozenset(name for first, last in names_by_locale() for name in (*first, *last))


@cache
def names_by_locale() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """First names and last names in lower case, for each of the languages."""
    found = []
    for locale in LOCALES:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        lists = [
            frozenset(str(name).lower() for attribute in attributes for name in getattr(provider, attribute, ()))
            for attributes in (("first_names", "first_names_male", "first_names_female"), ("last_names",))
        ]
        found.append((lists[0], lists[1]))
    return tuple(found)


def _has_shape(text: str) -> bool:
    words = text.replace(",", " ").split()
    return 1 <= len(words) <= 6 and len(text) <= 60 and all(_WORD.fullmatch(word) for word in words)


def _is_initial_and_name(text: str) -> bool:
    """Such as "M. Schulz": few people in many rows are people, too."""
    found = _INITIAL.fullmatch(text)
    return found is not None and any(word.lower() in known_names() for word in re.split(r"[ -]", found[1]))


def _is_known(text: str) -> bool:
    words = [word.strip(".,").lower() for word in text.replace(",", " ").split()]
    names = known_names()
    matched = sum(word in names for word in words)
    return matched * 2 >= len([word for word in words if len(word) > 2]) and matched > 0
