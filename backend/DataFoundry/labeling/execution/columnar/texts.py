"""Expressions run once for each distinct combination of the texts and numbers that they read."""

import ast
from collections.abc import Callable

import numpy as np
import pandas as pd

from DataFoundry.labeling.execution.columnar.bounds import CHARACTERS_OF_A_TURN, Meter, TooLongError
from DataFoundry.labeling.execution.columnar.closures import KEPT, Closures
from DataFoundry.labeling.execution.columnar.loops import Step
from DataFoundry.labeling.execution.columnar.vector import WIDEST, NotColumnarError, Rows, Vector

Codes = tuple[np.ndarray, list]  # (n,) or () places, and the values that they stand for


def evaluate(
    node: ast.expr,
    rows: Rows,
    leaf: Callable[[ast.expr], Vector | tuple[object] | None],
    builtin: Callable[[str], bool],
    meter: Meter,
) -> tuple[Vector, Rows]:
    """The value of an expression for `rows`, and the rows that raise.

    Parameters
    ----------
    leaf
        Gives the values of a column or variable, a constant as a tuple of one, or None for any other node.

    Raises
    ------
    NotColumnarError
        If the expression is not understood, takes long, or gives values of several types.
    """
    slots: list[Vector | None] = []
    places: dict[int, int] = {}  # of vectors that are read

    def slot() -> int:
        slots.append(None)
        return len(slots) - 1

    def step_of(part: ast.expr) -> Step | None:
        found = leaf(part)
        if found is None:
            return None
        if isinstance(found, tuple):
            return lambda cells, value=found[0]: value  # type: ignore[misc]
        place = places.setdefault(id(found), len(slots))
        if place == len(slots):
            slots.append(found)
        return lambda cells: cells[place]

    step = Closures(step_of, slot, builtin, meter).step(node)
    read = [(place, vector) for place, vector in enumerate(slots) if vector is not None]
    codes, columns, count = _together([vector for _, vector in read])
    used = _used(codes, rows, count)
    meter.allow(len(used))
    cells = [KEPT] * len(slots)
    answers, raised = _answers(step, cells, [place for place, _ in read], columns, used, count, meter)
    vector = _vector(answers, codes)
    return vector, raised[codes] if raised.any() else np.False_


def _answers(
    step: Step, blank: list, places: list[int], columns: list[list], used: list[int], count: int, meter: Meter
) -> tuple[list, np.ndarray]:
    """The answer for each code, None for those that are not used or raise; and which raise."""
    answers: list = [None] * count
    raised = np.zeros(count, dtype=bool)
    pairs = list(zip(places, columns, strict=True))
    for code in used:
        cells, characters = blank.copy(), 0
        for place, values in pairs:
            value = cells[place] = values[code]
            if type(value) is str and len(value) > CHARACTERS_OF_A_TURN:
                characters += len(value)
        meter.begin_row(characters)
        try:
            answer = answers[code] = step(cells)
        except NotColumnarError:
            raise
        except (MemoryError, RecursionError):
            raise TooLongError("an expression that takes much memory") from None
        except Exception:  # whatever Python raises here, the function raises
            raised[code] = True
            continue
        if type(answer) is not bool:
            meter.keep(answer)
    return answers, raised


def _used(codes: np.ndarray, rows: Rows, count: int) -> list[int]:
    """The codes that some of `rows` hold."""
    if codes.ndim == 0:
        return [int(codes)] if np.any(rows) else []
    found = np.zeros(count, dtype=bool)
    found[codes[rows] if np.ndim(rows) else codes if rows else codes[:0]] = True
    return np.flatnonzero(found).tolist()


def _together(vectors: list[Vector]) -> tuple[np.ndarray, list[list], int]:
    """Codes of the distinct combinations of the vectors' values, each vector's values by code, and how many."""
    coded = [_coded(vector) for vector in vectors]
    groups: list[np.ndarray] = []
    for places, _ in coded:
        if not any(places is each for each in groups):
            groups.append(places)
    if not groups:
        return np.array(0), [], 1
    if len(groups) == 1:
        return groups[0], [values for _, values in coded], max(len(values) for _, values in coded)
    codes, distinct = pd.factorize(pd.MultiIndex.from_arrays(groups))
    first = np.zeros(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    columns = [[values[place] for place in places[first].tolist()] for places, values in coded]
    return codes, columns, len(first)


def _coded(vector: Vector) -> Codes:
    if vector.kind in ("str", "object"):
        null = vector.null
        if np.ndim(null) == 0 and not null:
            return vector.data, list(vector.words)
        missing = np.array([word is None for word in vector.words], dtype=bool)
        if np.array_equal(missing[vector.data], np.broadcast_to(null, vector.data.shape)):
            return vector.data, list(vector.words)
        return np.where(null, len(vector.words), vector.data), [*vector.words, None]
    if vector.kind not in ("int", "float", "bool"):
        raise NotColumnarError(f"a {vector.kind} in a text")
    keys = vector.data.view(np.int64) if vector.kind == "float" else vector.data  # -0.0 is not 0.0
    codes, distinct = pd.factorize(np.ascontiguousarray(keys))
    values: list = (distinct.view(np.float64) if vector.kind == "float" else distinct).tolist()
    return np.where(vector.null, len(values), codes), [*values, None]


def _vector(answers: list, codes: np.ndarray) -> Vector:
    kinds = {type(answer) for answer in answers} - {type(None)}
    missing = np.array([answer is None for answer in answers], dtype=bool)
    null = missing[codes] if missing.any() else np.False_
    if not kinds:
        return Vector("none", np.array(0), np.True_)
    if len(kinds) > 1:
        raise NotColumnarError("values of several types")
    (kind,) = kinds
    if kind in (str, list, tuple, set, frozenset):
        return Vector("str" if kind is str else "object", codes, null, tuple(answers))
    if kind not in (bool, int, float):
        raise NotColumnarError(f"a value of type {kind.__name__}")
    numbers = [0 if answer is None else answer for answer in answers]
    if kind is int and max(map(abs, numbers)) > WIDEST:
        raise NotColumnarError("integers beyond 2**62")
    dtype = {bool: np.bool_, int: np.int64, float: np.float64}[kind]
    return Vector(kind.__name__, np.array(numbers, dtype=dtype)[codes], null)
