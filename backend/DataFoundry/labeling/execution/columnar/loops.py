"""What loops give: the turns of a comprehension, and how a set may be looped over, whose order is nobody's promise."""

from collections.abc import Callable, Iterable

from DataFoundry.labeling.execution.columnar.bounds import of_any_order
from DataFoundry.labeling.execution.columnar.vector import NotColumnarError

Cells = list  # a value for each slot: the columns read, names of comprehensions, what was kept
Step = Callable[[Cells], object]


def given_values(call: Callable[..., object], value: object) -> object:
    """`call` of a value, which may be a set."""
    return of_any_order(call, value) if isinstance(value, set | frozenset) else call(value)


def of_a_set(call: Callable[..., object], given: Iterable[object]) -> object:
    """`call` of what a loop over a set gives. Which turn comes first is nobody's promise, so none may fail."""
    try:
        values = list(given)
    except NotColumnarError:
        raise
    except Exception:
        raise NotColumnarError("the order of a set in which a turn fails") from None
    return call(values) if call in (any, all, set, frozenset) else of_any_order(call, values)


class Among:
    """Whether any of some words is in a list, by hash; the words are most often the same in every row."""

    def __init__(self) -> None:
        self._words: object = None
        self._hashed: frozenset = frozenset()

    def __call__(self, words: object, whole: list) -> bool | None:
        """The answer, or None where something cannot be hashed."""
        try:
            if words is not self._words:
                self._words, self._hashed = words, frozenset(words)  # type: ignore[call-overload]
            return not self._hashed.isdisjoint(whole)
        except TypeError:
            self._words = None
            return None


def turns_of(place: int, give: Step, tests: list[Step]) -> Callable[[Cells, Iterable[object]], Iterable[object]]:
    """What a comprehension gives, one after the other."""

    def plain(cells: Cells, over: Iterable[object]) -> Iterable[object]:
        for cells[place] in over:
            yield give(cells)

    def tested(cells: Cells, over: Iterable[object]) -> Iterable[object]:
        for cells[place] in over:
            for test in tests:
                if not test(cells):
                    break
            else:
                yield give(cells)

    return tested if tests else plain
