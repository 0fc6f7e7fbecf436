"""Postal addresses: streets that several rows share or that Faker has in the language, new house numbers."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.forms import FEWEST
from DataFoundry.making.forms import make as make_by_form
from DataFoundry.making.unseen import remember

HOW = "new streets and house numbers"
_NUMBER = re.compile(r"\d+[a-zA-Z]?\b")
_WORDS = re.compile(r"[^\W\d_][\w'’.-]*")
_COMPOUND = re.compile(
    r"(stra(?:ß|ss)e|str\.|str|weg|gasse|allee|platz|ring|gatan|gata|vej|laan|straat)(?!\w)", re.IGNORECASE
)
_FRONT: tuple[str, ...] = ("Oak", "Elm", "Maple", "Cedar", "Pine", "Lake", "Hill", "Park", "River", "Forest")
_FRONT += ("Garden", "Mill", "Church", "Spring", "Meadow", "Valley", "Bridge")
# What a street is called after in the language of its first or last word, or of the names in the table.
_CALLED: dict[str, tuple[str, ...]] = {
    "fr": (
        "de la Gare",
        "des Lilas",
        "du Moulin",
        "de l'Église",
        "des Écoles",
        "du Stade",
        "des Acacias",
        "de la Paix",
    ),
    "es": ("Mayor", "Real", "del Sol", "de la Paz", "Nueva", "del Carmen", "de la Fuente", "San Juan"),
    "it": ("Roma", "Garibaldi", "Verdi", "Mazzini", "Dante", "Marconi", "Cavour", "dei Mille"),
    "pt": ("das Flores", "da Igreja", "do Sol", "Nova", "da Paz", "do Comércio", "São João", "da Escola"),
}
_LANGUAGES = {
    **dict.fromkeys(("rue", "avenue", "boulevard", "chemin", "impasse", "allée", "place"), "fr"),
    **dict.fromkeys(("calle", "avenida", "paseo", "plaza", "camino"), "es"),
    **dict.fromkeys(("via", "viale", "corso", "piazza", "vicolo"), "it"),
    **dict.fromkeys(("rua", "travessa", "praça", "largo"), "pt"),
}
_GERMAN = ("straße", "weg")
_JOINED = ("Linden", "Garten", "Park", "Berg", "Wald", "Feld", "Kirch", "Sonnen", "Tal", "Markt", "Rosen", "Wiesen")


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """The order of street and number, the streets that several rows share or how streets end, the house numbers."""
    texts = values.map(str).str.strip()
    numbers = texts.str.extract(r"(\d{1,5})")[0].dropna().astype(int)
    streets = Counter(_NUMBER.sub("", text).strip(" ,/-") for text in texts)
    shared = [street for street, count in streets.items() if count >= FEWEST and street]
    return {
        "number_first": bool(texts.str.match(r"\d").mean() > 0.5),
        "streets": shared if len(shared) >= 10 else _streets(texts, others.attrs.get("locale")),
        "most": max(int(numbers.quantile(0.9)) if len(numbers) else 100, 20),
        "seen": remember(texts, salt),
    }


def _streets(texts: pd.Series, locale: str | None) -> list[str]:
    """Streets of common words, with the beginnings or endings that several of the table's streets have."""
    language = (locale or "")[:2]
    compound = Counter(match[1].lower() for match in map(_COMPOUND.search, texts) if match)
    if sum(compound.values()) > (0.1 if language == "de" else 0.4) * len(texts):
        return [f"{front}{tail}" for tail, _ in compound.most_common(6) for front in _JOINED]
    if language == "de":
        return [f"{front}{tail}" for tail in _GERMAN for front in _JOINED]
    words = [_WORDS.findall(text) for text in texts]
    for place, written in ((-1, "{front} {word}"), (0, "{word} {front}")):
        counted = Counter(each[place] for each in words if each)
        kept = [word for word, count in counted.most_common(12) if count >= FEWEST]
        if kept and sum(counted[word] for word in kept) > 0.3 * len(texts):
            return [
                written.format(front=front, word=word)
                for word in kept
                for front in _CALLED.get(_LANGUAGES.get(word.casefold(), language) if place == 0 else "", _FRONT)
            ]
    return [f"{front} Street" for front in _FRONT]


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    houses = [str(number) for number in range(1, int(state["most"]) + 1)]
    streets = list(state["streets"])
    parts = [houses, [" "], streets] if state["number_first"] else [streets, [" "], houses]
    form = {"head": "", "parts": parts}
    return make_by_form([form], np.zeros(len(numbers), dtype=np.int64), numbers, salt, state["seen"])
