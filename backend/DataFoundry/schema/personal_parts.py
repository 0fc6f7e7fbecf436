"""Parts of texts that tell who somebody is: `Herr Richter` in `Herr Richter war zufrieden`, an address, a phone number.

A part is sure by itself, or doubtful: `Hugo Boss` may be a person or a brand. Which it is, the column tells: a sentence
is about a person, and so is a column of which many values are such.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from stdnum import iban, luhn

from DataFoundry.schema.kinds.person_name import LOCALES, names_by_locale

_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"']+@[^@\s,;.<>()]+(?:\.[^@\s,;.<>()]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,9}\b")
_CARD = re.compile(r"(?<![\w.+-])[2-6]\d{3}(?:[ -]?\d{2,6}){2,4}(?![\w-])")
_PHONE = re.compile(r"(?<![\w.,+-])(?<!\d )(?:\+|\(0|00?)[1-9][\d ()/-]{5,20}\d(?![\w.,-]?\d)")
_CALLED = re.compile(
    r"\b(?:tel|phone|fax|mobil|handy|call|number|nummer|anruf|cell|whatsapp)\w*[.:]?\s*$", re.IGNORECASE
)
_PARTED = re.compile(r"[ ()/-]")
_FEWEST_DIGITS = 9
_WORD = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_WORDS = re.compile(_WORD)
_ADDRESSED = (
    r"Herrn?|Frau|Fräulein|Hr|Fr|Mister|Mr|Mrs|Ms|Miss|Mx|Sir|Monsieur|Madame|Mademoiselle|Mme|Mlle|Señora?|Sra?|Señorita|"
    r"Signora?|Sig|Sig\.ra|Senhora?|Dhr|Mevr|Mevrouw|Meneer|Pan|Pani|Herra|Rouva|Fru|Frøken"
)
_LEARNED = r"Dr|Prof|Doctor|Doktor|Professor|Docteur|Dott|Dra|Ing|Mag"
_TITLED = re.compile(
    rf"\b(?:(?P<sure>{_ADDRESSED})|{_LEARNED})\b\.?\s+(?:(?:{_LEARNED}|med)\b\.?\s+)*(?P<name>{_WORD})"
)
_MAY_BE_BRANDS = ("mr", "mister", "mrs", "miss", "sir")  # `Mr Muscle drain cleaner for kitchens`
# Frequent family names that Faker's German list lacks.
_GERMAN = frozenset(
    [
        "albrecht",
        "arnold",
        "baumann",
        "beck",
        "bergmann",
        "brandt",
        "braun",
        "busch",
        "böhm",
        "dietrich",
        "engel",
        "frank",
        "friedrich",
        "fuchs",
        "groß",
        "günther",
        "haas",
        "horn",
        "huber",
        "jung",
        "jäger",
        "kaiser",
        "keller",
        "klein",
        "krämer",
        "krüger",
        "kuhn",
        "kühn",
        "könig",
        "lang",
        "lorenz",
        "ludwig",
        "maier",
        "mayer",
        "meier",
        "möller",
        "neumann",
        "peters",
        "pfeiffer",
        "richter",
        "roth",
        "schmid",
        "schmitt",
        "schmitz",
        "schneider",
        "schreiber",
        "schröder",
        "schubert",
        "schulte",
        "schulze",
        "schumacher",
        "schwarz",
        "simon",
        "sommer",
        "stein",
        "thomas",
        "vogel",
        "voigt",
        "weber",
        "winter",
        "wolf",
        "wolff",
        "ziegler",
        "zimmermann",
    ]
)
_PERSON = "the name of a person"
_SENTENCE = 2  # words in small letters beside the name: of a text that is more than a name
_FEWEST_DOUBTFUL = 2  # values
_SHOWN = 80  # characters of an example
_MANY_DOUBTFUL = 0.3  # share of values that may be names, from which on they are


@dataclass(frozen=True)
class Part:
    """A place in a text that tells who somebody is.

    Attributes
    ----------
    what
        For people: `an e-mail address`.
    start, end
        Its characters.
    sure
        False for what may be the name of a thing as well.
    """

    what: str
    start: int
    end: int
    sure: bool = True


def personal_parts(text: str) -> list[Part]:
    """All such parts of a text, in its order; none overlap."""
    found: list[Part] = []
    for part in (*_contacts(text), *_numbers(text), *_titled(text), *_full_names(text)):
        if all(part.end <= other.start or part.start >= other.end for other in found):
            found.append(part)
    return sorted(found, key=lambda each: each.start)


def told_of_people(texts: Sequence[str]) -> dict[str, Part]:
    """The texts of one column that tell of people, each with the part that does; none where they tell of things."""
    found = {text: parts for text in dict.fromkeys(texts) if (parts := personal_parts(text))}
    sure = {text: part for text, parts in found.items() if (part := next((each for each in parts if each.sure), None))}
    sentences = {
        text: parts[0] for text, parts in found.items() if text not in sure and _small(text, parts[0]) >= _SENTENCE
    }
    # `Mrs Dash` alone may be a thing, `Mrs Dash called` is not.
    certain = [text for text, part in sure.items() if part.what != _PERSON or _small(text, part)]
    if certain or len(sure) >= _FEWEST_DOUBTFUL or len(sentences) >= _FEWEST_DOUBTFUL:
        return {**sure, **sentences}
    many = len(found) >= max(_FEWEST_DOUBTFUL, _MANY_DOUBTFUL * len(set(texts)))
    return {text: parts[0] for text, parts in found.items()} if many else {}


def warning_of_people(name: str, texts: Sequence[str]) -> str | None:
    """A sentence about a column whose values are taken over though they tell of people; None where they do not.

    It shows one value with what tells of somebody masked, and says what to do.
    """
    found = told_of_people(texts)
    if not found:
        return None
    text, part = next(iter(found.items()))
    anew, fine = (f'{{"{name}": {{{said}}}}}' for said in ('"kind": "text", "personal": true', '"personal": false'))
    return (
        f"{name!r} holds {part.what} in {len(found):,} of its {len(set(texts)):,} values, such as "
        f"{masked(text, part)[:_SHOWN]!r}, and synthetic rows have them as they stand: give columns {anew} to have "
        f"them made anew, or {fine} if they are about nobody."
    )


def without_people(text: str, sign: str) -> str:
    """The text with a sign in place of each such part."""
    for part in reversed(personal_parts(text)):
        text = f"{text[: part.start]}{sign}{text[part.end :]}"
    return text


def masked(text: str, part: Part) -> str:
    """The text with the part made unreadable but for its first letter."""
    return f"{text[: part.start]}{text[part.start]}***{text[part.end :]}"


def _small(text: str, part: Part) -> int:
    """How many words beside the part begin with a small letter: of a sentence, two or more."""
    rest = f"{text[: part.start]} {text[part.end :]}"
    return sum(word[0].islower() for word in _WORDS.findall(rest))


def _contacts(text: str) -> Iterator[Part]:
    if "@" in text:
        yield from (Part("an e-mail address", *each.span()) for each in _EMAIL.finditer(text))


def _numbers(text: str) -> Iterator[Part]:
    if sum(letter.isdigit() for letter in text) < _FEWEST_DIGITS:
        return
    for each in _IBAN.finditer(text):
        if iban.is_valid(re.sub(r"[ -]", "", each[0]), check_country=False):
            yield Part("an IBAN", *each.span())
    for each in _CARD.finditer(text):
        digits = re.sub(r"\D", "", each[0])
        if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
            yield Part("a card number", *each.span())
    for each in _PHONE.finditer(text):
        called = each[0][0] == "+" or _PARTED.search(each[0]) or _CALLED.search(text[: each.start()])
        if called and sum(letter.isdigit() for letter in each[0]) >= _FEWEST_DIGITS:
            yield Part("a phone number", *each.span())


def _titled(text: str) -> Iterator[Part]:
    """`Herr Richter`, `Mrs. Smith`; behind a title of learning a thing may be named, too (`Dr. Oetker`)."""
    firsts, lasts = _known()
    for each in _TITLED.finditer(text):
        name = each["name"]
        if not name[0].isupper():
            continue
        known = any(word in names for word in _forms(name) for names in (firsts, lasts))
        end = each.end()
        follows = _WORDS.match(text, end + 1) if text[end : end + 1] == " " else None
        if known and follows and follows[0][0].isupper() and any(word in lasts for word in _forms(follows[0])):
            end = follows.end()
        part = Part(_PERSON, each.start(), end, sure=False)
        in_sentence = _small(text, part) >= _SENTENCE
        if known or in_sentence:  # `Mr Clean` and `Dr Pepper` are things
            title = (each["sure"] or "").casefold()
            yield replace(part, sure=bool(title) and (known or (in_sentence and title not in _MAY_BE_BRANDS)))


def _full_names(text: str) -> Iterator[Part]:
    """A first name and a family name of one language, in either order."""
    firsts, lasts = _known()
    words = list(_WORDS.finditer(text))
    for one, two in zip(words, words[1:], strict=False):
        if not (one[0][0].isupper() and two[0][0].isupper()) or text[one.end() : two.start()] not in (" ", ", "):
            continue
        order = (one[0], two[0]) if text[one.end()] == " " else (two[0], one[0])
        shared = _locales(firsts, order[0]) & _locales(lasts, order[1])
        if shared:
            yield Part(_PERSON, one.start(), two.end(), sure=False)


def _locales(names: dict[str, int], word: str) -> int:
    """Bits of the languages that have the name."""
    return next((names[form] for form in _forms(word) if form in names), 0)


def _forms(word: str) -> tuple[str, ...]:
    """As the lists have it, and without the s of a genitive."""
    plain = word.casefold()
    bare = re.sub(r"['’]?s$", "", plain)
    return (plain, bare) if bare != plain else (plain,)


@cache
def _known() -> tuple[dict[str, int], dict[str, int]]:
    """First names and family names, each with the languages that have it as bits."""
    firsts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    for bit, (locale, (first, last)) in enumerate(zip(LOCALES, names_by_locale(), strict=True)):
        last = last | _GERMAN if locale == "de_DE" else last
        for known, names in ((firsts, first), (lasts, last)):
            for name in names:
                known[name] = known.get(name, 0) | 1 << bit
    return firsts, lasts
