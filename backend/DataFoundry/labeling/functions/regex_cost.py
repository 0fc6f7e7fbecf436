"""How long Python's backtracking engine can take over a regular expression, told from the expression alone.

The sandbox's own engine answers most endless ones at once, but a function must mean here what it means in Python, and
there such a search does not return.
"""

import re
import warnings
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)  # possessive repeats do not backtrack
_ONE_CHARACTER = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)


def may_never_end(pattern: str) -> bool:
    """Whether `pattern` repeats, without bound, something that itself repeats without bound and has no fixed border.

    `(a+)+`, `(a*b?)*` and `(\\w+\\s*)+` do; `(\\w+,)+` does not, for each turn of it ends at a comma, and a word
    holds none. A pattern that does not compile is none of our business: False.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return any(_ambiguous(body) for body in _unbounded_bodies(_parser.parse(pattern)))
    except (re.error, RecursionError, OverflowError):
        return False


def worst_steps(pattern: str, flags: int, length: int) -> float | None:
    """An upper bound on the steps that one search of `pattern` takes in a string of `length` characters.

    Every place of the string may be a start, and from each every choice of every branch and repeat may be tried. None
    for a pattern with parts whose cost is not known here: back references, assertions, repeats of repeats.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(pattern, flags)
            return (length + 1) * _ways(parsed, length) * (_size(parsed) + length)
    except (re.error, RecursionError, OverflowError, ValueError, _UnknownCostError):
        return None


class _UnknownCostError(Exception):
    """The cost of a part of the pattern is not known."""


def _ways(items: Any, length: int) -> float:
    """In how many ways a sequence can be tried at one place."""
    ways = 1.0
    for operation, argument in items:
        if operation is sre.SUBPATTERN:
            ways *= _ways(argument[-1], length)
        elif operation is sre.BRANCH:
            ways *= sum(_ways(branch, length) for branch in argument[1])
        elif operation in _REPEATS:
            if len(argument[2]) != 1 or argument[2][0][0] not in _ONE_CHARACTER:
                raise _UnknownCostError
            ways *= min(int(argument[1]) - int(argument[0]), length) + 1
        elif operation not in _ONE_CHARACTER and operation is not sre.AT:
            raise _UnknownCostError
    return ways


def _size(items: Any) -> int:
    """The parts of a sequence, inner ones included."""
    return sum(1 + sum(_size(inner) for inner in _inner(argument)) for _, argument in items)


def _unbounded_bodies(parsed: Any) -> Iterable[Any]:
    for operation, argument in parsed:
        if operation in _REPEATS and argument[1] is sre.MAXREPEAT:
            yield argument[2]
        for inner in _inner(argument):
            yield from _unbounded_bodies(inner)


def _inner(argument: Any) -> Iterable[Any]:
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for each in argument:
            yield from _inner(each)


def _ambiguous(body: Any) -> bool:
    """Whether a turn of the repeat can end at many places: a repeat with nothing but optional parts beside it."""
    items = list(body)
    while len(items) == 1 and items[0][0] is sre.SUBPATTERN:
        items = list(items[0][1][-1])
    if len(items) == 1 and items[0][0] is sre.BRANCH:
        return any(_ambiguous(branch) for branch in items[0][1][1])
    repeats = [item for item in items if item[0] in _REPEATS and item[1][1] is sre.MAXREPEAT]
    fixed = [item for item in items if not (item[0] in _REPEATS and item[1][0] == 0)]
    return bool(repeats) and len([item for item in fixed if item not in repeats]) == 0
