"""What people call themselves where they log in, made of their names: `anna.smith12`, `asmith`, `smith_a`."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.making.chance import chosen, permuted, shares
from DataFoundry.making.forms import FEWEST
from DataFoundry.making.kinds import person_name
from DataFoundry.making.names import first_names, last_names

_MOST = 40
_WIDTH = 3
_TURNS = 8
_DIGIT = "\ue000"  # stands for a digit; of the private use area, so that no handle has it
_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l", "đ": "d"})
_FILL = re.compile(r"(\d+)")


def learn_handles(handles: Sequence[str], names: pd.DataFrame) -> dict[str, Any]:
    """How handles are made of the names in the same row; of invented names where the table has none.

    Parameters
    ----------
    names
        The columns of names of the same rows: one of full names, or one of first and one of last names.
    """
    parts = _parts(names)
    kept: dict[str, int] = {}
    if parts is not None:
        kept = _telling(Counter(_pattern(handle, *each) for handle, each in zip(handles, parts, strict=True)))
    related = sum(kept.values()) >= 0.3 * len(handles)
    if not related:
        kept = _telling(Counter(_loose(handle) for handle in handles)) or {"{first}.{last}": 1}
    return {
        "columns": list(names.columns) if related else [],
        "locale": names.attrs.get("locale") or "en_US",
        "width": max(_WIDTH, *(name.count(_DIGIT) for name in kept)) if len(set(handles)) == len(handles) else 0,
        "patterns": list(kept),
        "weights": np.array(list(kept.values()), dtype=np.float64),
    }


def _telling(counted: Counter[str]) -> dict[str, int]:
    """The patterns that several rows have and that hold a name."""
    return dict(Counter({name: n for name, n in counted.items() if n >= FEWEST and "{" in name}).most_common(_MOST))


def make_handles(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, turn: int, salt: int) -> np.ndarray:
    """(n,) object handles; numbers in them differ from entity to entity and from turn to turn."""
    firsts, lasts = _names(state, numbers, rows, salt)
    which = chosen(numbers, salt + 3, np.asarray(state["weights"]))
    patterns = [state["patterns"][place] for place in which]
    made = np.array([_filled(*each) for each in zip(patterns, firsts, lasts, strict=True)], dtype=object)
    return _numbered(made, numbers, turn, salt, int(state["width"]))


def _numbered(made: np.ndarray, numbers: np.ndarray, turn: int, salt: int, width: int) -> np.ndarray:
    """Each number in a handle made one of its entity and turn; a handle without gets one from the second turn on.

    With a `width`, every handle gets a number of so many digits or more that no other entity or turn has.
    """
    if width:
        room = 10**width // _TURNS
        codes = permuted(numbers % room + turn % _TURNS * room, 10**width, salt)
        beyond = numbers // room
        texts = [f"{code:0{width}d}{more}" if more else str(code) for code, more in zip(codes, beyond, strict=True)]
        bare = np.array([_DIGIT not in each for each in made])
        return np.array([_with(*each) for each in zip(made, texts, bare, strict=True)], dtype=object)
    result = made.copy()
    widths = np.array([each.count(_DIGIT) for each in made])
    bare = widths == 0
    widths = np.where(bare & (turn > 0), _WIDTH, widths)
    for size in np.unique(widths[widths > 0]):
        members = np.flatnonzero(widths == size)
        codes = permuted(numbers[members] + turn * max(10**size // _TURNS, 1), 10 ** int(size), salt + int(size))
        for place, code in zip(members, codes, strict=True):
            result[place] = _with(made[place], f"{code:0{size}d}", bare[place])
    return result


def _with(handle: str, number: str, bare: bool) -> str:
    """The handle with its number in place of the first digits that are marked, or behind it."""
    return re.sub(f"{_DIGIT}+", number, handle + _DIGIT if bare else handle, count=1).replace(_DIGIT, "")


def _names(state: Mapping[str, Any], numbers: np.ndarray, rows: pd.DataFrame, salt: int) -> tuple[list[str], list[str]]:
    parts = _parts(rows[[name for name in state["columns"] if name in rows.columns]]) if state["columns"] else None
    if parts is not None and all(first or last for first, last in parts):
        return [folded(first) for first, _ in parts], [folded(last) for _, last in parts]
    firsts, lasts = first_names(state["locale"]), last_names(state["locale"])
    one, other = (shares(numbers, salt + turn) for turn in (11, 12))
    return (
        [folded(firsts[int(place)]) for place in one * len(firsts)],
        [folded(lasts[int(place)]) for place in other * len(lasts)],
    )


def _parts(names: pd.DataFrame) -> list[tuple[str, str]] | None:
    """First and last name of each row."""
    if names.shape[1] == 1:
        return [person_name.split(name) if isinstance(name, str) else ("", "") for name in names.iloc[:, 0]]
    if names.shape[1] == 2:
        plain = names.astype(object).where(names.notna(), "")
        return [(str(first), str(last)) for first, last in plain.itertuples(index=False)]
    return None


def folded(name: str) -> str:
    """In small ASCII letters, as addresses have them."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_ASCII)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain)


def _pattern(handle: str, first: str, last: str) -> str:
    """The handle with the names' places marked, digits as `_DIGIT`; what is left of its letters makes it no pattern."""
    first, last = folded(first), folded(last)
    text = handle.lower()
    for name, mark in ((last, "{last}"), (first, "{first}")):
        if len(name) > 1 and name in text:
            text = text.replace(name, mark, 1)
    rest = re.sub(r"\{\w+\}", "", text)
    letters = re.sub(r"[^a-z]", "", rest)
    if letters and letters == first[:1] and "{first}" not in text:
        text = _marked(text, first[0], "{f}")
    elif letters and letters == last[:1] and "{last}" not in text:
        text = _marked(text, last[0], "{l}")
    elif letters:
        return "other"
    return _FILL.sub(lambda match: _DIGIT * len(match[0]), text)


def _marked(text: str, letter: str, mark: str) -> str:
    """The first letter that stands outside of a mark."""
    return re.sub(r"(\{\w+\})|" + letter, lambda match: match[1] or mark, text)


def _loose(handle: str) -> str:
    """The form of a handle of which no name is known: two words parted, or one."""
    text = _FILL.sub(lambda match: _DIGIT * len(match[0]), handle.lower())
    words = re.findall(r"[a-z]+", text)
    marks = (
        ["{first}", "{last}"] if len(words) > 1 else ["{last}" if len(words[0]) < 6 else "{f}{last}"] if words else []
    )
    for word, mark in zip(words, marks, strict=False):
        text = text.replace(word, mark, 1)
    return text if len(words) <= 2 and words else "other"


def _filled(pattern: str, first: str, last: str) -> str:
    return (
        pattern.replace("{first}", first or last)
        .replace("{last}", last or first)
        .replace("{f}", (first or last)[:1])
        .replace("{l}", (last or first)[:1])
    )
