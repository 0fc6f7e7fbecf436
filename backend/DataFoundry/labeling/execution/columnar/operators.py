"""Arithmetic and comparisons, exactly as Python's.

Each function gives the values and the rows that raise; what the values are there does not matter.
"""

import ast
from collections.abc import Callable

import numpy as np

from DataFoundry.labeling.execution.columnar.vector import WIDEST, NotColumnarError, Rows, Vector

_HIGHEST_POWER = 8

_ORDER: dict[type[ast.cmpop], Callable[..., np.ndarray]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
_IN_PYTHON: dict[type[ast.cmpop], Callable[[str, str], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


def arithmetic(operator: ast.operator, left: Vector, right: Vector) -> tuple[Vector, Rows]:
    """`left operator right`, and the rows that raise (None, or a division by zero)."""
    if not (left.numeric and right.numeric):
        raise NotColumnarError("arithmetic on something else than numbers")
    left, right = left.as_int(), right.as_int()
    raises = left.null | right.null
    if isinstance(operator, ast.Div):
        zero = right.data == 0
        quotient = np.divide(left.exact().data, np.where(zero, 1, right.exact().data))
        return Vector("float", quotient), raises | zero
    if left.kind == right.kind == "int":
        return _integers(operator, left, right, raises)
    numbers = left.exact().data, right.exact().data
    if isinstance(operator, ast.Add):
        return Vector("float", np.add(*numbers)), raises
    if isinstance(operator, ast.Sub):
        return Vector("float", np.subtract(*numbers)), raises
    if isinstance(operator, ast.Mult):
        return Vector("float", np.multiply(*numbers)), raises
    raise NotColumnarError(f"{type(operator).__name__} of floats")


def _integers(operator: ast.operator, left: Vector, right: Vector, raises: Rows) -> tuple[Vector, Rows]:
    """Integers stay integers; one that could leave int64 goes to the sandbox."""
    if isinstance(operator, ast.FloorDiv | ast.Mod):
        if left.bounds()[0] < -WIDEST:
            raise NotColumnarError("integers beyond 2**62")
        zero = right.data == 0
        divisor = np.where(zero, 1, right.data)
        whole = isinstance(operator, ast.FloorDiv)
        answer = np.floor_divide(left.data, divisor) if whole else np.remainder(left.data, divisor)
        return Vector("int", answer), raises | zero
    if isinstance(operator, ast.Pow):
        return _power(left, right, raises)
    operations = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply}
    operation = operations.get(type(operator))
    if operation is None:
        raise NotColumnarError(f"{type(operator).__name__} of integers")
    corners = [
        {ast.Add: a + b, ast.Sub: a - b, ast.Mult: a * b}[type(operator)] for a in left.bounds() for b in right.bounds()
    ]
    if not -WIDEST <= min(corners) <= max(corners) <= WIDEST:
        raise NotColumnarError("integers beyond 2**62")
    return Vector("int", operation(left.data, right.data)), raises


def _power(left: Vector, right: Vector, raises: Rows) -> tuple[Vector, Rows]:
    if right.data.ndim or not 0 <= int(right.data) <= _HIGHEST_POWER:
        raise NotColumnarError("a power that is no small constant")
    power = int(right.data)
    if max(abs(bound) for bound in left.bounds()) ** power > WIDEST:
        raise NotColumnarError("integers beyond 2**62")
    return Vector("int", left.data**power), raises


def negative(value: Vector) -> tuple[Vector, Rows]:
    """`-value`."""
    if not value.numeric:
        raise NotColumnarError("minus something else than a number")
    value = value.as_int()
    if value.kind == "int" and value.bounds()[0] < -WIDEST:
        raise NotColumnarError("integers beyond 2**62")
    return Vector(value.kind, -value.data), value.null


def equal(left: Vector, right: Vector) -> Rows:
    """`left == right`: never raises; values of different types differ, but for numbers."""
    both_null = left.null & right.null
    neither = ~(left.null | right.null)
    if left.numeric and right.numeric:
        left, right = _comparable(left, right)
        return (left.data == right.data) & neither | both_null
    if left.kind == right.kind == "str":
        if right.data.ndim == 0:
            word = right.words[int(right.data)]
            return left.by_word(lambda each: each == word) & neither | both_null
        if left.data.ndim == 0:
            return equal(right, left)
        raise NotColumnarError("two columns of strings compared")
    if left.kind == right.kind and left.kind in ("match", "object"):
        raise NotColumnarError("two matches or lists compared")
    return np.broadcast_to(both_null, np.broadcast_shapes(left.data.shape, right.data.shape, np.shape(both_null)))


def ordered(operator: ast.cmpop, left: Vector, right: Vector) -> tuple[Rows, Rows]:
    """`left < right` and its kind, and the rows that raise: None, or a number beside a string."""
    raises = left.null | right.null
    if left.numeric and right.numeric:
        left, right = _comparable(left, right)
        return _ORDER[type(operator)](left.data, right.data), raises
    if left.kind == right.kind == "str":
        if right.data.ndim == 0:
            word = right.words[int(right.data)] or ""
            return left.by_word(lambda each: _IN_PYTHON[type(operator)](each, word)), raises
        if left.data.ndim == 0:
            return ordered(_FLIPPED[type(operator)](), right, left)
        raise NotColumnarError("two columns of strings compared")
    if left.kind == right.kind == "object":
        raise NotColumnarError("two lists compared")
    return np.False_, np.True_


def _comparable(left: Vector, right: Vector) -> tuple[Vector, Vector]:
    left, right = left.as_int(), right.as_int()
    return (left, right) if left.kind == right.kind else (left.exact(), right.exact())
