"""One value for each row, as an array."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from DataFoundry.labeling.execution.distinct_values import Encoded

EXACT = 2**53  # integers up to here are the same in int64 and float64
WIDEST = 2**62  # integers up to here may be kept in int64

Rows = np.ndarray | np.bool_  # (n,) or () bool: which rows


class NotColumnarError(Exception):
    """This function, or these values, must go to the sandbox."""


@dataclass(frozen=True)
class Vector:
    """Values of one Python type, or None, one for each of n rows or one for all.

    Attributes
    ----------
    kind
        "int", "float", "bool", "str", "object" (a list, tuple or set), "match" (of a regular expression), or "none"
        where every value is None.
    data
        (n,) or () array: int64, float64 or bool; for strings and objects the codes into `words`, for matches whether
        there is one.
    null
        (n,) or () bool array: where the value is None.
    words
        The strings or objects that codes stand for; None may be among them where `null` is true.
    """

    kind: str
    data: np.ndarray
    null: Rows = field(default_factory=lambda: np.False_)
    words: tuple = ()

    @property
    def numeric(self) -> bool:
        """Whether arithmetic works on it; a bool is a number in Python."""
        return self.kind in ("int", "float", "bool")

    def bounds(self) -> tuple[int, int]:
        """The least and the greatest integer; only for "int" and "bool"."""
        if self.data.size == 0:
            return 0, 0
        return int(self.data.min()), int(self.data.max())

    def exact(self) -> "Vector":
        """Itself, if float64 holds its integers exactly."""
        if self.kind == "int" and not -EXACT <= self.bounds()[0] <= self.bounds()[1] <= EXACT:
            raise NotColumnarError("integers beyond 2**53 beside floats")
        return self

    def as_int(self) -> "Vector":
        """A bool as the int that it is in arithmetic."""
        return replace(self, kind="int", data=self.data.astype(np.int64)) if self.kind == "bool" else self

    def truth(self) -> Rows:
        """bool(value) for each row."""
        if self.kind == "none":
            return np.False_
        true = self.by_word(bool) if self.kind in ("str", "object") else self.data != 0
        return true & ~self.null if np.ndim(self.null) or self.null else true

    def by_word(self, test: Callable[[str], object]) -> np.ndarray:
        """`test` of each row's string, asked once for each distinct one; anything where it is None."""
        answers = np.array([word is not None and test(word) for word in self.words])
        return answers[self.data] if len(answers) else np.zeros(self.data.shape, dtype=bool)


def constant(value: object) -> Vector:
    """A literal of the source, for all rows."""
    if value is None:
        return Vector("none", np.array(0), np.True_)
    if isinstance(value, bool):
        return Vector("bool", np.array(value))
    if isinstance(value, int) and -EXACT <= value <= EXACT:
        return Vector("int", np.array(value, dtype=np.int64))
    if isinstance(value, float):
        return Vector("float", np.array(value))
    if isinstance(value, str):
        return Vector("str", np.array(0), words=(value,))
    if isinstance(value, list | tuple | set | frozenset):
        return Vector("object", np.array(0), words=(value,))
    raise NotColumnarError(f"a constant of type {type(value).__name__}")


def of_numbers(numbers: np.ndarray) -> Vector:
    """A column of a numpy dtype; NaN is None."""
    if numbers.dtype.kind == "b":
        return Vector("bool", numbers)
    if numbers.dtype.kind == "f":
        numbers = numbers.astype(np.float64, copy=False)
        return Vector("float", numbers, np.isnan(numbers))
    if numbers.dtype == np.uint64 and numbers.size and int(numbers.max()) > WIDEST:
        raise NotColumnarError("integers beyond 2**62")
    return Vector("int", numbers.astype(np.int64, copy=False))


def of_encoded(column: Encoded) -> Vector:
    """A column of strings, or of floats, and None."""
    kinds = set(map(type, column.values)) - {type(None)}
    if kinds == {float}:
        return of_numbers(np.array(column.values, dtype=np.float64)[column.codes])  # decimals; None becomes NaN
    if not all(issubclass(kind, str) for kind in kinds):
        raise NotColumnarError("a column of several types")
    missing = np.array([value is None for value in column.values], dtype=bool)
    null = missing[column.codes] if missing.any() else np.False_
    if missing.all():
        return Vector("none", np.array(0), np.True_)
    return Vector("str", column.codes, null, tuple(column.values))


def chosen(rows: Rows, yes: Vector, no: Vector) -> Vector:
    """`yes` for `rows`, `no` for the others."""
    if yes.kind == "none":
        yes = replace(no, null=np.True_)
    if no.kind == "none":
        no = replace(yes, null=np.True_)
    if yes.kind != no.kind:
        raise NotColumnarError(f"{yes.kind} or {no.kind}")
    words = yes.words
    other = no.data
    if yes.kind == "str" and yes.words != no.words:
        words = yes.words + no.words
        other = no.data + len(yes.words)
    never = np.ndim(yes.null) == np.ndim(no.null) == 0 and not (yes.null or no.null)
    null = np.False_ if never else np.where(rows, yes.null, no.null)
    return Vector(yes.kind, np.where(rows, yes.data, other), null, words)
