"""Strings: methods that only look or trim, and membership. Each is asked once for each distinct string.

The methods are Python's own, on the table's strings with the source's constants; those that could make a string much
longer (replace, join, padding) are left to the sandbox, which has a memory limit.
"""

from dataclasses import replace

import numpy as np

from DataFoundry.labeling.execution.columnar.vector import NotColumnarError, Rows, Vector

_TRIMMING = {"lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "casefold", "swapcase"}
_TESTING = {
    *("startswith", "endswith", "isdigit", "isalpha", "isalnum", "isnumeric", "isdecimal", "islower", "isupper"),
    *("isspace", "istitle", "isidentifier", "isascii"),
}
_COUNTING = {"count", "find", "rfind"}


def method(name: str, value: Vector, arguments: list[object]) -> tuple[Vector, Rows]:
    """`value.name(*arguments)` with constant arguments, and the rows that raise."""
    if value.kind == "none":
        return value, np.True_
    if value.kind != "str":
        raise NotColumnarError("a method of something else than a string")
    _refuse_arguments(name, arguments)
    if name in _TRIMMING:
        words = tuple(None if word is None else getattr(word, name)(*arguments) for word in value.words)
        return replace(value, null=np.False_, words=words), value.null
    answers = value.by_word(lambda word: getattr(word, name)(*arguments))
    if name in _TESTING:
        return Vector("bool", answers.astype(bool)), value.null
    return Vector("int", answers.astype(np.int64)), value.null


def _refuse_arguments(name: str, arguments: list[object]) -> None:
    """Only calls that cannot raise: what is wrong in the call itself is for the sandbox to say."""
    strings = [isinstance(argument, str) for argument in arguments]
    if name in ("startswith", "endswith"):
        good = len(arguments) == 1 and (strings[0] or _is_tuple_of_strings(arguments[0]))
    elif name in ("strip", "lstrip", "rstrip"):
        good = all(strings) and len(arguments) <= 1
    elif name in _COUNTING:
        good = all(strings) and len(arguments) == 1
    else:
        good = name in _TRIMMING | _TESTING and not arguments
    if not good:
        raise NotColumnarError(f"the string method {name}")


def _is_tuple_of_strings(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, str) for each in value)


def length(value: Vector) -> tuple[Vector, Rows]:
    """`len(value)`."""
    if value.kind == "object":
        raise NotColumnarError("a list")
    if value.kind != "str":
        return Vector("int", np.array(0)), np.True_
    return Vector("int", value.by_word(len).astype(np.int64)), value.null


def contains(whole: Vector, part: str) -> tuple[Rows, Rows]:
    """`part in whole`, and the rows that raise: all where `whole` is no string."""
    if whole.kind == "object":
        raise NotColumnarError("a list")
    if whole.kind != "str":
        return np.False_, np.True_
    return whole.by_word(lambda word: part in word), whole.null


def within(part: Vector, whole: str) -> tuple[Rows, Rows]:
    """`part in whole`, and the rows that raise: all where `part` is no string."""
    if part.kind != "str":
        return np.False_, np.True_
    return part.by_word(lambda word: word in whole), part.null
