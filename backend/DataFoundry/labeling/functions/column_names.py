"""Columns that a function asks for and the table does not have: which were meant."""

from collections.abc import Sequence
from dataclasses import replace

from DataFoundry.labeling.execution.failures import Fault
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.near_names import did_you_mean


def with_columns(fault: Fault, function: LabelingFunction, columns: Sequence[str]) -> Fault:
    """The fault, with the nearest column where it comes from a key that is no column of the table."""
    for name in function.reads.columns or ():
        if name not in columns and fault.reason.startswith(("KeyError", "AttributeError")) and name in fault.reason:
            reason = f"the table has no column {name!r}{did_you_mean(name, columns)}."
            return replace(fault, reason=reason)
    return fault
