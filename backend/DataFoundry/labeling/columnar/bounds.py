"""What bounds the time and the memory of an expression that is run outside of the sandbox."""

from collections.abc import Collection

from DataFoundry.labeling.columnar.vector import NotColumnarError

_MOST_CHARACTERS = 2**22  # of one text that is made
_TURNS_OF_A_VALUE = 200  # of loops, in the mean
_TURNS_AT_LEAST = 100_000
_SIZED = {str, list, tuple, set, frozenset, dict}
_MOST_BYTES = 500_000_000
_BYTES_OF_AN_ITEM = 60


class TooLongError(NotColumnarError):
    """It would take long, or much memory, and so would any larger part of the function."""


class Meter:
    """How much one function may still do on a block.

    Attributes
    ----------
    left
        Turns of loops, each weighed by the length of the row's texts.
    bytes
        Of the values of its expressions, about.
    """

    def __init__(self) -> None:
        self.left = _TURNS_AT_LEAST
        self.bytes = _MOST_BYTES
        self.weight = 1

    def allow(self, values: int) -> None:
        """Let an expression loop over so many distinct values."""
        self.left += _TURNS_OF_A_VALUE * values

    def keep(self, value: object) -> None:
        """Pay for the memory of an expression's value."""
        if isinstance(value, str):
            self.bytes -= _BYTES_OF_AN_ITEM + len(value)
        elif isinstance(value, list | tuple | set | frozenset):
            self.bytes -= _BYTES_OF_AN_ITEM * (1 + len(value)) + _characters(value)
        if self.bytes < 0:
            raise TooLongError("values that take much memory")

    def charge(self, items: object) -> None:
        """Pay for a loop over `items`; what cannot be looped over is for the loop to refuse."""
        if type(items) in _SIZED:
            self.left -= len(items) * self.weight + 1  # type: ignore[arg-type]
        if self.left < 0:
            raise TooLongError("loops of many turns")


def _characters(values: Collection) -> int:
    try:
        return sum(map(len, values))
    except TypeError:  # not all of them are texts
        return sum(len(each) for each in values if isinstance(each, str))


def in_order(value: object) -> object:
    """`value`, which is no set: the order of one differs from run to run."""
    if isinstance(value, set | frozenset):
        raise NotColumnarError("the order of a set")
    return value


def join(between: object, parts: object) -> object:
    """`between.join(parts)`."""
    if not isinstance(between, str):
        raise NotColumnarError("join of something else than a text")
    parts = in_order(parts)
    if isinstance(parts, list | tuple | str) and len(between) * len(parts) > _MOST_CHARACTERS:
        raise TooLongError("a long text")
    return between.join(parts)  # type: ignore[arg-type]


def replace(value: object, old: object, new: object) -> object:
    """`value.replace(old, new)`."""
    if not (isinstance(value, str) and isinstance(old, str) and isinstance(new, str)):
        raise NotColumnarError("replace of something else than texts")
    if (len(value) + 1) * len(new) > _MOST_CHARACTERS:
        raise TooLongError("a long text")
    return value.replace(old, new)


def concatenated(left: str | list | tuple, right: str | list | tuple) -> object:
    """`left + right`."""
    if len(left) + len(right) > _MOST_CHARACTERS:
        raise TooLongError("a long text")
    return left + right  # type: ignore[operator]
