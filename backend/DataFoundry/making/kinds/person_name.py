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
from DataFoundry.making.names import (
    first_names,
    first_names_of,
    last_names,
    locale_of,
    sex_of_name,
    sex_of_title,
)
from DataFoundry.making.unseen import remember

HOW = "new names of the same language"
_ONE_SEX = 0.9  # share of first names of one sex beside a value that tells it
_MOST_SEXES = 10  # values of a column that tells the sex
_ANY = ""
_INITIALS = [f"{letter}." for letter in "ABCDEFGHIJKLMNOPRSTUVW"]
_PATTERNS = {
    "first": ["{first}"],
    "last": ["{last}"],
    "first last": ["{first}", " ", "{last}"],
    "last first": ["{last}", " ", "{first}"],
    "last, first": ["{last}", ", ", "{first}"],
    "initial last": ["{initial}", " ", "{last}"],
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
        "sexes": _sexes(texts, others, locale),
    }


def _sexes(texts: pd.Series, others: pd.DataFrame, locale: str) -> dict[str, Any] | None:
    """The column whose values go with the sex of the first names (`Herr`, `Mrs`, `f`), and the sex of each value.

    A value tells it where nine of ten names are of one sex; a column does where two values tell different ones.
    """
    found = {text: _sex_of_first(text, locale) for text in texts.unique()}
    female = texts.map(found).map({"female": 1.0, "male": 0.0})
    if female.notna().sum() < FEWEST:
        return None
    best: tuple[int, dict[str, Any]] | None = None
    for name in others.columns:
        if name in others.attrs.get("names", ()) or not 2 <= others[name].nunique() <= _MOST_SEXES:
            continue
        shares = female.groupby(others[name].map(str).to_numpy()).agg(["mean", "count"])
        told = shares[(shares["count"] >= FEWEST) & ((shares["mean"] - 0.5).abs() >= _ONE_SEX - 0.5)]
        values = {str(value): "female" if mean > 0.5 else "male" for value, mean in told["mean"].items()}
        rows = int(told["count"].sum())
        if len(set(values.values())) == 2 and (best is None or rows > best[0]):
            best = rows, {"column": str(name), "values": values}
    return None if best is None else best[1]


def _sex_of_first(text: str, locale: str) -> str | None:
    """Of the first name in a name of any order; None where it is not known or both have it."""
    sexes = {sex for word in text.replace(",", " ").split() if (sex := sex_of_name(word, locale))}
    return sexes.pop() if len(sexes) == 1 else None


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
    sexes = _told_sexes(state.get("sexes"), rows)  # older models know none
    kinds = sorted(set(sexes.tolist()))
    forms = [_form(name, state["locale"], sex) for sex in kinds for name in state["patterns"]]
    which = chosen(numbers, salt + 1, np.asarray(state["weights"]))
    which = which + len(state["patterns"]) * np.searchsorted(kinds, sexes) if len(kinds) > 1 else which
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


def _told_sexes(known: Mapping[str, Any] | None, rows: pd.DataFrame) -> np.ndarray:
    """(n,) texts: the sex that each row tells, `` where it tells none."""
    if known is None or known["column"] not in rows.columns:
        return np.full(len(rows), _ANY)
    return rows[known["column"]].map(str).map(known["values"]).fillna(_ANY).to_numpy(dtype=str)


def _form(name: str, locale: str, sex: str) -> dict[str, Any]:
    """A form of `forms.make`; a title in it tells the sex, too."""
    title, _, pattern = name.rpartition("|")
    sex = sex_of_title(title.split(" ")[0]) or sex
    firsts = first_names_of(locale, sex) if sex else first_names(locale)
    words = {"{first}": list(firsts), "{last}": list(last_names(locale)), "{initial}": _INITIALS}
    parts = [words.get(part, [part]) for part in _PATTERNS[pattern]]
    return {"head": f"{title} " if title else "", "parts": parts}


def _pattern(text: str, locale: str) -> str:
    """The title, "|", and the order of first and last names."""
    words = text.split()
    titled = words[0].endswith(".") and len(words[0]) > 2 or sex_of_title(words[0]) is not None
    title = words.pop(0) if len(words) > 2 and titled else ""
    if len(words) == 1:
        return f"{title}|{'first' if _is_first(words[0], locale) else 'last'}"
    if words[0].endswith(","):
        return f"{title}|last, first"
    if len(words) == 2 and words[0].endswith(".") and len(words[0]) == 2:
        return f"{title}|initial last"
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
