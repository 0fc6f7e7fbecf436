"""What bounds the time and the memory of an expression that is run outside of the sandbox."""

from collections.abc import Callable, Collection

from DataFoundry.labeling.execution.columnar.vector import NotColumnarError

_MOST_CHARACTERS = 2**22  # of one text that is made
_TURNS_OF_A_VALUE = 200  # of loops, in the mean
_TURNS_AT_LEAST = 100_000
ITEMS_OF_A_TURN = 8  # that are compared or copied in the time of a turn
CHARACTERS_OF_A_TURN = 256
_SIZED = {str, list, tuple, set, frozenset, dict}
_MOST_BYTES = 500_000_000
_BYTES_OF_AN_ITEM = 60
_MOST_BYTES_OF_A_ROW = 100_000_000  # that its loops make


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
    weight
        What a turn counts for the row at hand.
    made
        Bytes that the loops of the row at hand may still make.
    """

    def __init__(self) -> None:
        self.left = _TURNS_AT_LEAST
        self.bytes = _MOST_BYTES
        self.weight = 1
        self.made = _MOST_BYTES_OF_A_ROW

    def allow(self, values: int) -> None:
        """Let an expression loop over so many distinct values."""
        self.left += _TURNS_OF_A_VALUE * values

    def begin_row(self, characters: int) -> None:
        """Begin with a row whose long texts have so many characters."""
        self.made = _MOST_BYTES_OF_A_ROW
        self.weight = 1 + characters // CHARACTERS_OF_A_TURN

    def keep(self, value: object) -> None:
        """Pay for the memory of an expression's value."""
        self.bytes -= _bytes_of(value)
        if self.bytes < 0:
            raise TooLongError("values that take much memory")

    def charge(self, items: object) -> None:
        """Pay for a loop over `items`; what cannot be looped over is for the loop to refuse."""
        if type(items) in _SIZED:
            self.left -= len(items) * self.weight + 1  # type: ignore[arg-type]
        self._refuse_debt()

    def look(self, value: object, times: int = 1) -> None:
        """Pay for looking through a value in a turn of a loop: comparing it, searching it, handing it to a builtin."""
        if is_long(value):
            unit = CHARACTERS_OF_A_TURN if type(value) is str else ITEMS_OF_A_TURN
            self.left -= times * len(value) // unit  # type: ignore[arg-type]
            self._refuse_debt()

    def make(self, value: object) -> None:
        """Pay for a value that a turn of a loop has made; what is short is no more than what is looped over."""
        if is_long(value):
            self.look(value)
            self.made -= len(value) * (1 if type(value) is str else _BYTES_OF_AN_ITEM)  # type: ignore[arg-type]
            if self.made < 0:
                raise TooLongError("values that take much memory")

    def _refuse_debt(self) -> None:
        if self.left < 0:
            raise TooLongError("loops of many turns")


def is_long(value: object) -> bool:
    """Whether looking through the value takes as long as a turn of a loop, or longer."""
    kind = type(value)
    if kind is str:
        return len(value) >= CHARACTERS_OF_A_TURN  # type: ignore[arg-type]
    return kind in _SIZED and len(value) >= ITEMS_OF_A_TURN  # type: ignore[arg-type]


def _bytes_of(value: object) -> int:
    if isinstance(value, str):
        return _BYTES_OF_AN_ITEM + len(value)
    if isinstance(value, list | tuple | set | frozenset):
        return _BYTES_OF_AN_ITEM * (1 + len(value)) + _characters(value)
    return 0


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


def spelled(value: object) -> object:
    """`value`, in which there is no set at any depth: its text would have the order of one."""
    if isinstance(value, list | tuple):
        for each in value:
            spelled(each)
    return in_order(value)


def of_any_order(call: Callable[..., object], values: object) -> object:
    """`call` of a set's values, or of what a loop over one gives; sums and extremes of floats hang on the order."""
    if any(isinstance(each, float) for each in values):  # type: ignore[attr-defined]
        raise NotColumnarError("the order of a set of floats")
    return call(values)


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
