"""Regular expressions that can take Python's backtracking engine time without end.

The sandbox's own engine answers most of them at once, but a function must mean here what it means in Python, and there
such a search does not return.
"""

import re
import warnings
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)  # possessive repeats do not backtrack


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
