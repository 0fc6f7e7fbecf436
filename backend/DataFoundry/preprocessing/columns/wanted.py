"""What a request wants of one column: a value, a list of values, a range, or "missing"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from DataFoundry.errors import RequestError


@dataclass(frozen=True)
class Wanted:
    """A condition on one column.

    Attributes
    ----------
    column
        Its name, for messages.
    values
        The values that are allowed, None for a range.
    low, high
        Bounds of a range, both included; None where it is open.
    """

    column: str
    values: tuple[Any, ...] | None
    low: Any = None
    high: Any = None


def read_wanted(column: str, condition: Any, field: str = "conditions") -> Wanted:
    """A condition as a request writes it: `"Female"`, `["a", "b"]`, `{"min": 30, "max": 40}`, or None for missing.

    `field` is what the request calls its conditions, for messages.

    Raises
    ------
    RequestError
        If it is none of these.
    """
    if isinstance(condition, Mapping):
        unknown = [key for key in condition if key not in ("min", "max")]
        bounds = (condition.get("min"), condition.get("max"))
        if unknown or bounds == (None, None):
            raise RequestError(
                f"{field}: {column!r} is an object, so it needs 'min', 'max' or both and nothing else.",
                column=column,
            )
        if any(isinstance(each, (Mapping, list, tuple, bool)) for each in bounds):
            raise RequestError(
                f"{field}: {column!r} needs a number, a date or a text as 'min' and 'max'.", column=column
            )
        return Wanted(column, None, *bounds)
    if isinstance(condition, (list, tuple)):
        if not condition or any(isinstance(each, (Mapping, list, tuple)) for each in condition):
            raise RequestError(f"{field}: {column!r} needs a list of at least one plain value.", column=column)
        return Wanted(column, tuple(condition))
    return Wanted(column, (condition,))


def nothing_wanted(wanted: Wanted, known: str) -> RequestError:
    """The error for a condition that no training row met."""
    asked = f"between {wanted.low} and {wanted.high}" if wanted.values is None else f"among {list(wanted.values)[:10]}"
    return RequestError(f"conditions: no training row has {wanted.column!r} {asked}; {known}.", column=wanted.column)
