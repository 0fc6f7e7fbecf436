"""The same work on one block of a table after the other: here, or wherever whoever runs the library spreads it to.

A block's result depends on the work and the block alone, so it does not show where or in which order they are done.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Spread = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]

_spread: ContextVar[Spread | None] = ContextVar("spread", default=None)


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """The results of `work` on each item, in the order of the items, which are taken as results are asked for.

    Both go to other processes where work is spread, so both must be picklable; what is heavy belongs to the work, which
    goes to each process once.
    """
    spread = _spread.get()
    return map(work, items) if spread is None else spread(work, items)


def is_spread() -> bool:
    """Whether blocks go to other processes, so that what costs less than sending it is better done here."""
    return _spread.get() is not None


@contextmanager
def spread_by(spread: Spread) -> Iterator[None]:
    """Whatever works on blocks in this context has `spread` do it, which keeps what `in_order` promises."""
    token = _spread.set(spread)
    try:
        yield
    finally:
        _spread.reset(token)
