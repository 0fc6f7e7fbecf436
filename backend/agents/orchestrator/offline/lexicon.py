"""The words that the offline planner knows, each with the part it plays, read from the language files in `data/`.

English is complete; the other languages are translated into it word by word, so that one grammar serves all.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from DataFoundry.storage.files import read_own_file

_DATA = Path(__file__).with_name("data")
_DOUBLED = frozenset("fit tag label model get run stop plot put flag spot scan drop zip hit".split())  # noqa: SIM905


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, as a tuple."""
    return tuple(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Alternatives that are divided by `|`."""
    return tuple(" ".join(each.split()) for each in text.split("|") if each.strip())


def verb_forms(base: str) -> dict[str, str]:
    """Each form of a verb -> `base`, `past` or `ing` (`labelled` beside `labeled`)."""
    if base in _IRREGULAR:
        moods = zip(("base", "past", "ing"), _IRREGULAR[base].split("|"), strict=True)
        return {form: mood for mood, forms in moods for form in forms.split()}
    stem = base.removesuffix("e")
    doubled = base + base[-1] if base in _DOUBLED else stem
    plural = base + "es" if base.endswith(("s", "x", "ch", "sh")) else base + "s"
    past = stem[:-1] + "ied" if base.endswith(("ify", "ompany", "tidy")) else stem + "ed"
    return {
        base: "base",
        plural: "base",
        past: "past",
        stem + "ing": "ing",
        doubled + "ed": "past",
        doubled + "ing": "ing",
    }


@dataclass(frozen=True)
class Language:
    """A language that is read by way of English: phrases, number words, and how thousands are divided."""

    phrases: dict[tuple[str, ...], tuple[str, ...]]
    numbers: dict[str, float]
    thousands: str
    vocabulary: frozenset[str]


def _language(name: str) -> Language:
    data = _file(name)
    table = {
        tuple(foreign.split()): words(english) for english, each in data["words"].items() for foreign in phrases(each)
    }
    numbers = {word: float(value) for value, each in data["numbers"].items() for word in each.split()}
    vocabulary = frozenset(word for phrase in table for word in phrase) | frozenset(numbers)
    return Language(table, numbers, data["thousands"], vocabulary)


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(read_own_file(_DATA / f"{name}.toml"))


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, each in table.items() for word in each.split()}


def _verbs(classes: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str, str]]:
    return {
        form: (kind, base, mood)
        for kind, each in classes
        for base in each.split()
        for form, mood in verb_forms(base).items()
    }


def _evidence(line: str) -> tuple[frozenset[str], frozenset[str], float]:
    *features, weight = line.split()
    refused = frozenset(each[1:] for each in features if each.startswith("-"))
    return frozenset(each for each in features if not each.startswith("-")), refused, float(weight)


_ENGLISH = _file("en")
_IRREGULAR = _ENGLISH["irregular"]
WORDS = {name: frozenset(each.split()) for name, each in _ENGLISH["words"].items()}
VERBS = _verbs(_ENGLISH["verbs"].items())  # form -> (class, base form, mood)
NOUNS = _by_word(_ENGLISH["nouns"])
UNITS = _by_word(_ENGLISH["units"])
MODEL_TYPES = _by_word(_ENGLISH["model_types"])
VALUES = _by_word(_ENGLISH["values"])
COMPARISONS = sorted(
    ((tuple(phrase.split()), sign) for sign, each in _ENGLISH["comparisons"].items() for phrase in phrases(each)),
    key=lambda pair: -len(pair[0]),
)
WORK = {noun: words(each) for noun, each in _ENGLISH["work"].items()}
SPELLED = {name: words(each) for name, each in _ENGLISH["spelled"].items()}
SUFFIXES = words(_ENGLISH["suffixes"]["data"])
SLIPS = _by_word(_ENGLISH["slips"])
PHRASES = {tuple(p.split()): words(known) for known, each in _ENGLISH["phrases"].items() for p in phrases(each)}
LANGUAGES = {name: _language(name) for name in ("de", "fr", "es")}
ACTS = {
    name: frozenset(p for data in (_ENGLISH, *map(_file, LANGUAGES)) for p in phrases(data["acts"].get(name, "")))
    for name in _ENGLISH["acts"]
}
STARTS = {name: phrases(each) for name, each in _ENGLISH["starts"].items()}
# a tool, features that must all be there, features that must not, and how much that speaks for the tool
EVIDENCE = [(tool, *_evidence(line)) for tool, lines in _file("evidence")["tools"].items() for line in phrases(lines)]
ROW_NOUNS = frozenset(word for word, kind in NOUNS.items() if kind == "rows")
WHOLE = words("epochs batch_size max_attempts num_rows latent_dim max_functions")  # units that are counted
DETERMINERS = frozenset(words("the that this those these my our your its a an same whole entire each every no any"))
KNOWN = (
    frozenset(VERBS) | frozenset(NOUNS) | frozenset(UNITS) | frozenset(MODEL_TYPES) | frozenset(VALUES)
    | frozenset(word for known in PHRASES.values() for word in known)
    | frozenset(word for phrase in PHRASES for word in phrase)
    | frozenset(word for name, each in WORDS.items() if name != "unmendable" for word in each)
)  # fmt: skip
