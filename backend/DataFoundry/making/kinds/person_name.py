"""Names of people: new ones of the language found, in the order and spelling of the column."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import chosen
from DataFoundry.making.forms import FEWEST
from DataFoundry.making.forms import make as make_by_form
from DataFoundry.making.names import first_names, last_names, locale_of
from DataFoundry.making.unseen import remember

HOW = "new names of the same language"
_PATTERNS = {
    "first": ["{first}"],
    "last": ["{last}"],
    "first last": ["{first}", " ", "{last}"],
    "last first": ["{last}", " ", "{first}"],
    "last, first": ["{last}", ", ", "{first}"],
    "first last last": ["{first}", " ", "{last}", " ", "{last}"],
    "first first last": ["{first}", " ", "{first}", " ", "{last}"],
}


def learn(values: pd.Series, others: pd.DataFrame, salt: int) -> dict[str, Any]:
    """Language, order of the names, titles that several rows share, spelling."""
    texts = values.map(str)
    locale = others.attrs.get("locale") or locale_of([word for text in texts.head(2000) for word in text.split()])
    patterns = Counter(_pattern(text, locale) for text in texts.head(5000))
    patterns = _one_of_single(patterns, len(texts))
    kept = {name: count for name, count in patterns.items() if count >= FEWEST} or dict(patterns.most_common(1))
    return {
        "locale": locale,
        "patterns": list(kept),
        "weights": np.array(list(kept.values()), dtype=np.float64),
        "upper": bool(texts.str.isupper().all()),
        "lower": bool(texts.str.islower().all()),
        "seen": remember(texts, salt),
    }


def _one_of_single(patterns: Counter[str], rows: int) -> Counter[str]:
    """A column of single names holds first or last ones, not both: many names are either."""
    single = [name for name in patterns if name.endswith(("|first", "|last"))]
    if sum(patterns[name] for name in single) < 0.5 * rows:
        return patterns
    best = max(single, key=lambda name: patterns[name])
    others = {name: count for name, count in patterns.items() if name not in single}
    return Counter({best: sum(patterns[name] for name in single), **others})


def make(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
    """(n,) object texts."""
    words = {"{first}": list(first_names(state["locale"])), "{last}": list(last_names(state["locale"]))}
    forms = []
    for name in state["patterns"]:
        title, _, pattern = name.rpartition("|")
        parts = [words.get(part, [part]) for part in _PATTERNS[pattern]]
        forms.append({"head": f"{title} " if title else "", "parts": parts})
    which = chosen(numbers, salt + 1, np.asarray(state["weights"]))
    # A first name alone is carried by many and names nobody: only names of several words are to be new ones.
    alone = np.array([len(form["parts"]) == 1 for form in forms])[which]
    made = np.full(len(numbers), None, dtype=object)
    for members, seen in ((alone, None), (~alone, state["seen"])):
        made[members] = make_by_form(forms, which[members], numbers[members], salt, seen)
    # Of a language with few names nearly all pairs may have been there: chance decides, not the table.
    left = np.array([each is None for each in made], dtype=bool)
    made[left] = make_by_form(forms, which[left], numbers[left], salt)
    spell = str.upper if state["upper"] else str.lower if state["lower"] else str
    return np.array([None if each is None else spell(each) for each in made], dtype=object)


def _pattern(text: str, locale: str) -> str:
    """The title, "|", and the order of first and last names."""
    words = text.split()
    title = words.pop(0) if len(words) > 2 and words[0].endswith(".") else ""
    if len(words) == 1:
        return f"{title}|{'first' if _is_first(words[0], locale) else 'last'}"
    if words[0].endswith(","):
        return f"{title}|last, first"
    if len(words) > 2:
        return f"{title}|{'first first last' if _is_first(words[1], locale) else 'first last last'}"
    backwards = not _is_first(words[0], locale) and _is_first(words[1], locale)
    return f"{title}|{'last first' if backwards else 'first last'}"


def _is_first(word: str, locale: str) -> bool:
    return word.strip(",").lower() in _known(locale)


@cache
def _known(locale: str) -> frozenset[str]:
    return frozenset(name.lower() for name in first_names(locale))


def split(name: str) -> tuple[str, str]:
    """First and last name of a full one, however it is ordered with a comma; ("", name) of one word."""
    words = [word for word in name.replace(",", " , ").split() if not word.endswith(".")]
    if "," in words:
        place = words.index(",")
        return " ".join(words[place + 1 :]), " ".join(words[:place])
    if len(words) < 2:
        return "", " ".join(words)
    return words[0], words[-1]
