"""Categories that are never or hardly ever seen: typing errors, and values written in another form than all others."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Mark
from DataFoundry.cleaning.spelling import nearest
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

MOST_LEVELS = 2_000  # distinct values; a column of more is one of names or texts
_FEWEST_ROWS = 50
_OPEN = 0.01  # share of values seen once: above, new values are no news
_ESTABLISHED = 20  # rows that make a value a usual one
_RARE = 0.003  # share of rows with this value or a rarer one, from which on it is suspicious
_TEXT_KINDS = ("category", "boolean", "postcode", "constant")
_SURE, _ODD = 0.97, 0.9
_LESS = 0.25  # what of that goes the more rows have the odd value, up to those of a usual one
_FEWEST_OF_WORD, _MOST_WORDS, _NEARLY_ALL = 20, 4, 0.95  # of a flag, `yes` and `no`, that one letter may stand for
_CLASSES = ((re.compile(r"[^\W\d_]+"), ""), (re.compile(r"\d+"), "9"))


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """For each column of categories how often each value and each form of value occurs."""
    found = {}
    for name, column in view.columns.items():
        if column.kind not in _TEXT_KINDS:
            continue
        counts = as_levels(view.frame[name]).value_counts()
        if len(counts) <= MOST_LEVELS and counts.sum() >= _FEWEST_ROWS:
            forms = counts.groupby([form_of(level) for level in counts.index]).sum()
            found[name] = {
                "levels": {str(level): int(count) for level, count in counts.items()},
                "forms": {str(form): int(count) for form, count in forms.items()},
            }
    return found


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Cells whose value, or form of value, hardly ever occurs in a column of a few values."""
    for name, known in state.items():
        levels = as_levels(view.frame[name])
        codes, distinct = pd.factorize(levels)
        judged = [_judged(str(level), known) for level in distinct]
        for kind in ("spelling", "range", "format", "outlier"):
            of_kind = np.array([each is not None and each[0] == kind for each in judged] + [False])
            rows = np.flatnonzero(of_kind[codes])
            if not len(rows):
                continue
            chosen = [judged[code] for code in codes[rows]]
            yield Mark(
                kind,
                name,
                rows,
                np.array([each[1] for each in chosen if each]),
                np.array([each[2] for each in chosen if each] + [None], dtype=object)[:-1],
                _teller(name, [str(distinct[code]) for code in codes[rows]], known, [each for each in chosen if each]),
            )


def as_levels(column: pd.Series) -> pd.Series:
    """Values as texts, whole numbers without their point, missing ones missing."""
    present = column[column.notna()]
    numbers = pd.api.types.is_float_dtype(present.dtype)
    texts = present.map(lambda each: f"{each:.15g}") if numbers else present.astype(object).map(str)
    return texts.reindex(column.index)


def form_of(level: str) -> str:
    """The form of a text: `Aa-aa` of `Never-married`, `9a-9a` of `5th-6th`."""
    text = re.sub(r"\d+", "9", level)
    text = re.sub(r"(?:(?!\d)[^\W_])+", _letters, text)
    return re.sub(r"\s+", " ", text)


def _letters(match: re.Match[str]) -> str:
    word = match[0]
    if word.islower():
        return "a"
    return "A" if word.isupper() else "Aa" if word[0].isupper() else "aA"


def _judged(level: str, known: Mapping[str, Any]) -> tuple[str, float, str | None] | None:
    """Kind, confidence and suggestion for a value that is hardly ever seen; None for a usual one."""
    counts, forms = known["levels"], known["forms"]
    rows = sum(counts.values())
    own = counts.get(level, 0)
    near = nearest(level, own, counts)
    if near is not None:
        return "spelling", near.confidence, near.suggested
    if own > min(_RARE * rows, _ESTABLISHED):
        return None
    word = _begun(level, counts)
    if word is not None:
        return "spelling", _ODD, word
    form = form_of(level)
    if _tail(forms, forms.get(form, 0), form) <= _RARE and len(forms) < len(counts):
        return "format", _SURE if own == 0 else _ODD, None
    once = sum(count == 1 for count in counts.values())
    if own == 0:
        return ("range", _SURE, None) if once <= _OPEN * rows and len(counts) <= math.sqrt(rows) * 4 else None
    odd = _ODD - _LESS * own / _ESTABLISHED
    return ("outlier", odd, None) if _tail(counts, own, level) <= _RARE and once <= _OPEN * rows else None


def _begun(level: str, counts: Mapping[str, int]) -> str | None:
    """The word that a single letter begins where nearly all rows have one of two to four words: `Y` beside `yes`."""
    rows = sum(counts.values())
    words = [value for value, count in counts.items() if count > max(_RARE * rows, _FEWEST_OF_WORD)]
    if not (len(level) == 1 and level.isalpha() and 2 <= len(words) <= _MOST_WORDS):
        return None
    if sum(counts[word] for word in words) < _NEARLY_ALL * rows or any(len(word) < 2 for word in words):
        return None
    begun = [word for word in words if word[0].casefold() == level.casefold()]
    return begun[0] if len(begun) == 1 else None


def _tail(counts: Mapping[str, int], own: int, itself: str) -> float:
    """The share of rows with a value as rare as this one, or rarer: its tail probability."""
    rows = sum(counts.values())
    rare = sum(count for value, count in counts.items() if count <= own or value == itself)
    return rare / max(rows, 1)


def _teller(name: str, found: list[str], known: Mapping[str, Any], judged: list[tuple[str, float, str | None]]) -> Any:
    counts = known["levels"]

    def why(place: int) -> str:
        kind, _, suggested = judged[place]
        level, own = found[place], counts.get(found[place], 0)
        seen = "in no row" if own == 0 else f"in {own:,} {'row' if own == 1 else 'rows'}"
        if kind == "spelling" and len(level) == 1 < len(str(suggested)):
            return f"{level!r} ({seen}) begins {suggested!r} alone, which {counts[suggested]:,} rows have."
        if kind == "spelling":
            return f"{level!r} ({seen}) is written nearly as {suggested!r}, which {counts[suggested]:,} rows have."
        most = max(counts, key=lambda each: counts[each])
        if kind == "format":
            return f"{level!r} ({seen}) is written in another form than the values of {name}, such as {most!r}."
        return f"{level!r} stands {seen}; {name} has {len(counts):,} values, such as {most!r}."

    return why
