"""Columns that a function asks for and the table does not have: which were meant."""

from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz, process

from DataFoundry.labeling.faults import Fault
from DataFoundry.labeling.functions import LabelingFunction

_NEAR = 60  # of 100, by which a name is like another


def nearest(name: str, columns: Sequence[str]) -> list[str]:
    """At most three column names like `name`, the likest first."""
    simple = {column: column.lower().replace("-", "_").replace(" ", "_") for column in columns}
    wanted = name.lower().replace("-", "_").replace(" ", "_")
    matches = process.extract(wanted, simple, scorer=fuzz.WRatio, limit=3, score_cutoff=_NEAR)
    return [column for _, _, column in matches]


def did_you_mean(name: str, columns: Sequence[str]) -> str:
    """A hint such as " (did you mean 'capital-gain'?)", or nothing."""
    near = nearest(name, columns)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def with_columns(fault: Fault, function: LabelingFunction, columns: Sequence[str]) -> Fault:
    """The fault, with the nearest column where it comes from a key that is no column of the table."""
    for name in function.reads.columns or ():
        if name not in columns and fault.reason.startswith(("KeyError", "AttributeError")) and name in fault.reason:
            reason = f"the table has no column {name!r}{did_you_mean(name, columns)}."
            return replace(fault, reason=reason)
    return fault
