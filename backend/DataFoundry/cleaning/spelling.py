"""Rare values that are written nearly as a frequent one."""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

_FEWEST_LETTERS, _LONG, _WORD = 3, 8, 5
_SEVERAL = 3  # rows: one may be a slip of the hand, several may be another value
_CODE = 5  # letters at most, all of them capitals: of codes one letter makes another value (`AUS`, `AUT`)
_FEW_VALUES = 50  # of a column of states or kinds; of more, they may be names (`Hofmann`, `Hoffmann`)
# How much more frequent the other value must be: where only its form differs, where a letter was struck twice or two
# changed places in a column of few values, where a letter is another one, and where that stands in several rows.
_FORM, _SLIP, _TIMES, _TIMES_OF_SEVERAL = 5, 8, 20, 50
_SURE, _LESS_SURE, _UNSURE = 0.97, 0.92, 0.8
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "å": "aa", "œ": "oe"})
_INFLECTED = ("s", "es", "e", "n", "en", "er")  # an end that makes a plural or another gender of a word


@dataclass(frozen=True)
class Near:
    """The frequent value, and in 0..1 how sure it is that it was meant."""

    suggested: str
    confidence: float


def nearest(value: str, count: int, counts: Mapping[str, int]) -> Near | None:
    """The frequent value that a rare one was meant to be; None if there is none.

    Where only case, blanks or accents differ, or umlauts are spelt out, it is sure, however short the values. Else one
    letter may be wrong, of eight and more two, and no digit: with another digit it is another value. Of a value of two
    letters, one more is an error (`noq`), and another is a value of its own (`NL`, `NO`). What stands in several rows
    must be the rarer, the likelier it is a value of its own; a plural and a code are never called sure.
    """
    best: tuple[tuple[float, int], str] | None = None
    few = len(counts) <= _FEW_VALUES
    for other, often in counts.items():
        if other == value or often < _FORM * max(count, 1):
            continue
        edits = _edits(value, other)
        if edits > (1 if len(other) < _LONG else 2) or often < _least(value, other, edits, count, few) * max(count, 1):
            continue
        if best is None or (edits, -often) < best[0]:
            best = ((edits, -often), other)
    if best is None:
        return None
    (edits, _), other = best
    return Near(other, _confidence(value, other, edits, count))


def _edits(value: str, other: str) -> float:
    """Letters to change; a half where only the form differs, infinite for another value."""
    if _plain(value) == _plain(other) or _spelt_out(value) == _spelt_out(other):
        return 0.5
    longer = len(other) == _FEWEST_LETTERS - 1 < len(value)
    if _digits(other) != _digits(value) or not (len(other) >= _FEWEST_LETTERS or longer):
        return math.inf
    return OSA.distance(value.casefold(), other.casefold(), score_cutoff=2)


def _least(value: str, other: str, edits: float, count: int, few: bool) -> float:
    """How many times as frequent the other value must be; infinite for two codes."""
    if edits < 1:
        return _FORM if few and not _digits(value) else _TIMES  # `12 OZ` is mended by its unit
    if count < _SEVERAL:
        return _SLIP if few and count and _is_slip(value, other) else _TIMES
    short = max(len(value), len(other))
    if short <= _FEWEST_LETTERS or (short <= _CODE and value.isupper() and other.isupper()):
        return math.inf
    return _SLIP if few and _is_slip(value, other) else _TIMES_OF_SEVERAL


def _confidence(value: str, other: str, edits: float, count: int) -> float:
    ends = [value.casefold().removeprefix(other.casefold()), other.casefold().removeprefix(value.casefold())]
    if count >= _SEVERAL and edits >= 1 and any(end in _INFLECTED for end in ends):
        return _UNSURE
    return _SURE if edits <= 1 else _LESS_SURE


def _is_slip(value: str, other: str) -> bool:
    """Whether a letter was struck twice or once too few, or two neighbours changed places."""
    one, two = value.casefold(), other.casefold()
    if min(len(one), len(two)) < _WORD:
        return False
    return re.sub(r"(.)\1", r"\1", one) == re.sub(r"(.)\1", r"\1", two) or (
        len(one) == len(two) and sorted(one) == sorted(two) and OSA.distance(one, two) == 1
    )


def _plain(text: str) -> str:
    """Without case, accents and blanks; blanks that part numbers stay, but for those around or doubled."""
    blank = " " if any(each.isdigit() for each in text) else ""
    letters = unicodedata.normalize("NFKD", blank.join(text.split()).casefold())
    return "".join(each for each in letters if not unicodedata.combining(each))


def _spelt_out(text: str) -> str:
    """With umlauts as those write them who have no key for them: `Muenchen`."""
    return _plain(unicodedata.normalize("NFKC", text.casefold()).translate(_SPELT_OUT))


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())
