"""Texts of numbers: which of them would not be read as they stand, were they taken for numbers."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from DataFoundry.sources.text_bytes import TextBytes
from DataFoundry.sources.whole_numbers import cast_numbers

_LONG = 16  # digits that float64 may not hold
_ZERO, _NINE, _PLUS, _MINUS, _POINT = map(ord, "09+-.")


def plain_numbers(texts: pa.Array, decimal: str) -> pa.Array:
    """Texts of numbers as Arrow reads them: no spaces around, a point before the decimals.

    Where a comma stands before the decimals, a point parts thousands or is a fault: such a text becomes no number.
    """
    if len(texts) and TextBytes(texts).may_have_blanks():
        texts = pc.utf8_trim_whitespace(texts)
    return pc.replace_substring(pc.replace_substring(texts, ".", "_"), ",", ".") if decimal == "," else texts


def are_numbers(texts: pa.Array) -> bool:
    """Whether Arrow reads all, and no leading zero, plus, or whole number beyond float64's reach would be lost."""
    if cast_numbers(texts, pa.float64()) is None:
        return False
    suspicious = texts.filter(_may_be_changed(texts))
    suspicious = suspicious.filter(pc.match_substring_regex(suspicious, r"^\+|^-?0[0-9]|^[-+]?[0-9]{16,}$"))
    return all(_is_kept(each) for each in pc.unique(suspicious).to_pylist())


def _may_be_changed(texts: pa.Array) -> pa.Array:
    """Whether each text begins with a plus or a zero before a digit, or is long and has no point."""
    found = TextBytes(texts)
    first, second = found.at(0), found.at(1)
    changed = (first == _PLUS) | (first == _ZERO) & _is_digit(second) & (found.lengths > 1)
    negative = np.flatnonzero((first == _MINUS) & (second == _ZERO) & (found.lengths > 2))
    changed[negative] = _is_digit(found.at(2, negative))
    is_long = found.lengths >= _LONG
    if is_long.any():
        for place in range(1, 5):  # most numbers have few digits before their point
            is_long &= found.at(place) != _POINT
    long = np.flatnonzero(is_long)
    if len(long):
        pointed = pc.match_substring(texts.take(pa.array(long)), ".")
        changed[long] |= ~np.asarray(pointed.to_numpy(zero_copy_only=False), bool)
    return pa.array(changed)


def _is_digit(signs: np.ndarray) -> np.ndarray:
    return (signs >= _ZERO) & (signs <= _NINE)


def _is_kept(text: str) -> bool:
    return not text.startswith("+") and not re.match(r"-?0\d", text) and int(text) == int(float(text))
