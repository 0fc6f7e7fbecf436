"""First and last names that people have, by language, from Faker's lists."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from DataFoundry.schema.kinds.person_name import LOCALES

_FEWEST = 10
_TITLES = {
    **dict.fromkeys(
        [
            "mr",
            "mister",
            "herr",
            "herrn",
            "hr",
            "sir",
            "monsieur",
            "m",
            "señor",
            "sr",
            "don",
            "signor",
            "signore",
            "sig",
            "senhor",
            "dhr",
            "meneer",
            "pan",
        ],
        "male",
    ),
    **dict.fromkeys(
        [
            "mrs",
            "ms",
            "miss",
            "madam",
            "frau",
            "fr",
            "fräulein",
            "madame",
            "mme",
            "mademoiselle",
            "mlle",
            "señora",
            "sra",
            "señorita",
            "doña",
            "signora",
            "signorina",
            "senhora",
            "mevr",
            "mevrouw",
            "pani",
        ],
        "female",
    ),
}
_FIRST = ("first_names", "first_names_female", "first_names_male")


@cache
def first_names(locale: str) -> tuple[str, ...]:
    """In the order of the alphabet."""
    return _listed(locale, _FIRST)


@cache
def last_names(locale: str) -> tuple[str, ...]:
    """In the order of the alphabet."""
    return _listed(locale, ("last_names",))


@cache
def first_names_of(locale: str, sex: str) -> tuple[str, ...]:
    """Those of one sex, `female` or `male`, that are not of the other as well; all where the list is too short."""
    other = "male" if sex == "female" else "female"
    found = tuple(sorted(_given(locale, sex) - _given(locale, other)))
    return found if len(found) >= _FEWEST else first_names(locale)


def sex_of_title(word: str) -> str | None:
    """`female` of `Frau` and `Mrs.`, `male` of `Herr`; None of what is no such title."""
    return _TITLES.get(word.strip(".,").casefold())


def sex_of_name(word: str, locale: str) -> str | None:
    """Of a first name that one sex has; None of others."""
    female, male = (word.strip(".,").casefold() in _lower(locale, sex) for sex in ("female", "male"))
    return None if female == male else "female" if female else "male"


@cache
def _lower(locale: str, sex: str) -> frozenset[str]:
    return frozenset(name.casefold() for name in _given(locale, sex))


@cache
def _given(locale: str, sex: str) -> frozenset[str]:
    known = set(first_names(locale))
    provider = import_module(f"faker.providers.person.{locale}").Provider
    return frozenset(str(name) for name in getattr(provider, f"first_names_{sex}", ())) & known


def locale_of(words: Sequence[str]) -> str:
    """The language whose names most of the words are; English where none are."""
    counted = Counter(word.strip(".,").lower() for word in words)
    best, found = 0.0, LOCALES[0]
    for locale in LOCALES:
        known = {name.lower() for name in (*first_names(locale), *last_names(locale))}
        # Of two languages that know as many words, the one with the shorter list knows them for a reason.
        share = sum(count for word, count in counted.items() if word in known) / (len(known) ** 0.15)
        if share > best:
            best, found = share, locale
    return found


def _listed(locale: str, attributes: Sequence[str]) -> tuple[str, ...]:
    """Names of one word; English ones where Faker has fewer than ten of the language."""
    provider = import_module(f"faker.providers.person.{locale}").Provider
    names: set[str] = set()
    for attribute in attributes:
        names.update(str(name) for name in getattr(provider, attribute, ()))
    found = tuple(sorted(name for name in names if " " not in name))
    return found if len(found) >= _FEWEST or locale == LOCALES[0] else _listed(LOCALES[0], attributes)
