"""How values are written, place by place: what several rows share is kept, the rest is filled anew.

A form is a list of parts, each a list of texts of which one is taken; a value is a number in their mixed radix. So
values of one form are numbered without gaps, and different numbers are different values.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import chosen, mixed, permuted
from DataFoundry.making.telling import mutual_information
from DataFoundry.making.unseen import may_be_seen

FEWEST = 5  # rows that share something before it is kept
_MOST_HEADS = 60
_LONGEST_HEAD = 40
_MOST_FORMS = 80
_FEW_FORMS = 20
_MOST_CODES = 2**100  # more values than any table needs
_TRIES = 8
_DIGITS, _UPPER, _LOWER = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def shape(text: str) -> str:
    """Digits as 9, letters as A and a, all else as it is."""
    return re.sub(r"[^\W\d_A-Z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", text)))


def coarse_shape(text: str) -> str:
    """Letters and digits alike as X, all else as it is: the shape of hexadecimal numbers and the like."""
    return re.sub(r"[0-9A-Za-z]", "X", text)


def learn_forms(texts: Sequence[str]) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The forms of a column's texts, the most frequent first, and (n,) int64 which of them each text has.

    The beginning that at least five rows share is part of a form (a country code, the prefix of a key). A text of a
    form that fewer share counts to the most frequent one.
    """
    heads = _heads(texts)
    named = [(head, shape(text[len(head) :])) for head, text in zip(heads, texts, strict=True)]
    counted = Counter(named)
    if sum(count for _, count in counted.most_common(_FEW_FORMS)) < 0.5 * len(texts):
        named = [(head, coarse_shape(text[len(head) :])) for head, text in zip(heads, texts, strict=True)]
        counted = Counter(named)
    kept = [form for form, count in counted.most_common(_MOST_FORMS) if count >= FEWEST] or [
        counted.most_common(1)[0][0]
    ]
    place = {form: number for number, form in enumerate(kept)}
    members: list[list[str]] = [[] for _ in kept]
    for form, text in zip(named, texts, strict=True):
        if form in place:
            members[place[form]].append(text[len(form[0]) :])
    forms = [{"head": head, "parts": _parts(tails)} for (head, _), tails in zip(kept, members, strict=True)]
    return forms, np.array([place.get(form, 0) for form in named], dtype=np.int64)


def _heads(texts: Sequence[str]) -> list[str]:
    """The longest beginning of each text such that few beginnings are shared by nearly all rows."""
    best = [""] * len(texts)
    for length in range(1, _LONGEST_HEAD + 1):
        heads = [text[:length] for text in texts]
        counted = Counter(heads)
        rare = sum(count for count in counted.values() if count < FEWEST)
        # A beginning that many rows share by chance, as numbers do, says nothing: it must be rarer than chance has it.
        if len(counted) > _MOST_HEADS or rare > 0.02 * len(texts) or _by_chance(counted, len(texts)):
            break
        best = [head if counted[head] >= FEWEST else "" for head in heads]
    return best


def _by_chance(counted: Counter[str], rows: int) -> bool:
    """Whether the last letter of the beginnings is spread as the digits of a number are."""
    last = Counter(head[-1] for head in counted if head)
    return len(last) >= 8 and max(counted.values()) < 0.3 * rows


def _parts(tails: Sequence[str]) -> list[list[str]]:
    """For each place the texts that may stand there."""
    parts = []
    for letters in zip(*tails, strict=True):
        seen = set(letters)
        if len(seen) == 1 and (len(tails) >= FEWEST or not next(iter(seen)).isalnum()):
            parts.append([letters[0]])
            continue
        parts.append(_alphabet(seen, len(tails)))
    return parts


def _alphabet(seen: set[str], rows: int) -> list[str]:
    """The letters that may stand at a place: of the kind of those seen, without 0 where no number begins with it."""
    hexadecimal = [_DIGITS + "abcdef", _DIGITS + "ABCDEF"]
    for known in (_DIGITS, _UPPER, _LOWER, *hexadecimal, _DIGITS + _LOWER, _DIGITS + _UPPER, _UPPER + _LOWER):
        if seen <= set(known):
            letters = list(known)
            if "0" in letters and "0" not in seen and rows >= 30:
                letters.remove("0")
            # A digit that many rows avoid, such as the first of a month, stays away.
            return [each for each in letters if each in seen] if rows >= 40 * len(letters) else letters
    return sorted(seen)


def capacity(form: Mapping[str, Any]) -> int:
    """How many values a form has."""
    size = 1
    for part in form["parts"]:
        size *= len(part)
    return size


def roomier(form: Mapping[str, Any], values: int) -> dict[str, Any]:
    """The form with digits of the number that ends it set free, from behind, until it has so many values.

    The digits of a year in the middle stay, and a number that is used up keeps its length.
    """
    head, parts = str(form["head"]), [*form["parts"]]
    place = len(parts) - 1
    while capacity({"parts": parts}) < values:
        if place >= 0 and set(parts[place]) <= set(_DIGITS):
            before = parts[place - 1][0] if place else head
            parts[place] = _any_digit(parts[place], before)
            place -= 1
        elif place < 0 and head[-1:].isdigit():
            parts.insert(0, _any_digit([head[-1]], head[:-1]))
            head = head[:-1]
        else:
            break
    return {"head": head, "parts": parts}


def _any_digit(seen: Sequence[str], before: str) -> list[str]:
    """Every digit, but 0 at the beginning of a number that does not begin with it."""
    return list(_DIGITS if "0" in seen or before[-1:].isdigit() else _DIGITS[1:])


def fill(form: Mapping[str, Any], numbers: np.ndarray, turn: int, salt: int, longer: bool) -> np.ndarray:
    """(n,) object texts of a form: different ones for different numbers and turns.

    Numbers beyond a form's capacity come again, or with `longer` (each turn then has its own part of it) get more
    digits.
    """
    size = min(capacity(form), _MOST_CODES)
    stratum = max(size // _TRIES, 1)
    if size >= 2**62:  # too many for int64
        numbers = numbers.astype(object)
    codes: np.ndarray = permuted((numbers % stratum if longer else numbers) + (turn * stratum) % size, size, salt)
    pieces: list[np.ndarray] = []
    left = size
    for place, part in enumerate(reversed(form["parts"])):
        table = np.array(part, dtype=object)
        if left == 1 and size == _MOST_CODES:  # the codes are used up: the others differ already
            pieces.append(table[(mixed(numbers, salt + 1000 * turn + place) % np.uint64(len(part))).astype(np.int64)])
            continue
        pieces.append(table[(codes % len(part)).astype(np.int64)])
        codes = codes // len(part)
        left = -(-left // len(part))
    text = np.full(len(numbers), form["head"], dtype=object)
    for piece in reversed(pieces):
        text = text + piece
    if longer:
        for row in np.flatnonzero(numbers >= stratum):
            text[row] = f"{text[row]}{numbers[row] // stratum}"
    return text


def make(
    forms: Sequence[Mapping[str, Any]],
    which: np.ndarray,
    numbers: np.ndarray,
    salt: int,
    seen: Mapping[str, Any] | None = None,
    finish: Callable[[np.ndarray], np.ndarray] | None = None,
    longer: bool = False,
) -> np.ndarray:
    """(n,) object: a new value for each entity's number, of the form that `which` (n,) says; None where none is found.

    What may have been seen is tried again with another text, which no other entity is given. `finish` turns texts into
    what stands in the column, None where they cannot be one. With `longer`, no two entities share a value.
    """
    values = np.full(len(numbers), None, dtype=object)
    left = np.arange(len(numbers))
    for turn in range(_TRIES):
        texts = np.full(len(left), None, dtype=object)
        for form in np.unique(which[left]):
            members = np.flatnonzero(which[left] == form)
            texts[members] = fill(forms[form], numbers[left[members]], turn, salt + int(form), longer)
        texts = texts if finish is None else finish(texts)
        fits = np.array([each is not None for each in texts], dtype=bool)
        if seen is not None and fits.any():
            fits[fits] = ~may_be_seen(texts[fits], seen)
        values[left[fits]] = texts[fits]
        left = left[~fits]
        if not len(left):
            break
    return values


class Choice:
    """Which form an entity has, as often as in training; by the category that tells most about it."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._state = state

    @staticmethod
    def learn(which: np.ndarray, others: pd.DataFrame, count: int) -> dict[str, Any]:
        """The frequencies of forms (n,), alone and by the column of `others` that tells most."""
        weights = np.bincount(which, minlength=count).astype(np.float64)
        best, gain = None, 0.02
        for name in others.columns if count > 1 else ():
            told = _told(which, others[name])
            if told > gain:
                best, gain = name, told
        state: dict[str, Any] = {"weights": weights, "by": best, "levels": {}}
        if best is not None:
            column = others[best].map(str).to_numpy()
            for value, size in zip(*np.unique(column, return_counts=True), strict=True):
                if size >= FEWEST:
                    state["levels"][str(value)] = np.bincount(which[column == value], minlength=count).astype(float)
        return state

    def of(self, numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> np.ndarray:
        """(n,) int64."""
        found = chosen(numbers, salt, self._state["weights"])
        by = self._state["by"]
        if by is None or by not in rows.columns:
            return found
        column = rows[by].map(str).to_numpy()
        for value, weights in self._state["levels"].items():
            members = np.flatnonzero(column == value)
            if len(members):
                found[members] = chosen(numbers[members], salt, weights)
        return found


def _told(which: np.ndarray, column: pd.Series) -> float:
    """Nats that a category tells of the form."""
    codes, values = pd.factorize(column.map(str))
    table = np.zeros((which.max() + 1, len(values)))
    np.add.at(table, (which, codes), 1)
    return mutual_information(table)
