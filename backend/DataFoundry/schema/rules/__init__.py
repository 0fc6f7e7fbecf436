"""One module a kind of rule; in a registry one can read.

Each module has

- `discover(view) -> list[Rule]`: the rules of this kind that hold in a sample, with enough evidence;
- `Verified`: made of a rule, it takes all rows of a table block by block (`add(view)`) and gives the rule with its
  support and exceptions (`rule()`), so that blocks of any size give the same;
- `WIDTH`: the fewest and most columns that it speaks of, None for any number; `DETAILS`: the constants that it needs,
  by name, each with its type or its choices;
- `breaks(view, rule) -> (n,) bool`: which rows of a table that is held as a whole break it.
"""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from DataFoundry.near_names import did_you_mean
from DataFoundry.schema.rules import (
    combinations,
    determines,
    formula,
    increments,
    missing_together,
    missing_when,
    one_of,
    order,
    range,
    same,
    same_when,
    unique,
    value_when,
)

RULES: dict[str, ModuleType] = {
    "unique": unique,
    "same": same,
    "determines": determines,
    "formula": formula,
    "order": order,
    "missing_together": missing_together,
    "missing_when": missing_when,
    "value_when": value_when,
    "same_when": same_when,
    "increments": increments,
    "range": range,
    "one_of": one_of,
    "combinations": combinations,
}


def complaint(kind: str, columns: Sequence[str], details: Mapping[str, Any]) -> str | None:
    """What is wrong with a rule that somebody wrote, as the end of a sentence; None if it can be checked."""
    if kind not in RULES:
        return f"there is no rule {kind!r:.60}{did_you_mean(kind, list(RULES), 1)}; the rules are {', '.join(RULES)}"
    fewest, most = RULES[kind].WIDTH
    if not fewest <= len(columns) <= (most or len(columns)):
        wanted = f"{fewest}" if most == fewest else f"{fewest} to {most}" if most else f"at least {fewest}"
        return f"{kind!r} speaks of {wanted} columns, not of {len(columns)}"
    if kind == "formula" and (details.get("operation") == formula.LINEAR) != (len(columns) == 2):
        return "'formula' speaks of 2 columns if its operation is 'linear', else of 3"
    if kind == "formula" and len(columns) == 2 and not isinstance(details.get("factor"), (int, float)):
        return "'formula' of operation 'linear' needs 'details' with 'factor': a number"
    if kind == "formula" and not _is(details.get("offset", 0), (int, float)):
        return "'formula' needs as 'offset', if it has one, a number"
    if kind == "combinations" and not all(_is_row(each, columns) for each in details.get("values") or [None]):
        return "'combinations' needs 'details' with 'values': lists of as many values as there are columns"
    for name, wanted in RULES[kind].DETAILS.items():
        if not _is(details.get(name), wanted):
            return f"{kind!r} needs 'details' with {name!r}: {_told(wanted)}"
    return None


def _is_row(value: Any, columns: Sequence[str]) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == len(columns)


def _is(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        types = tuple(each for each in wanted if isinstance(each, type))
        return isinstance(value, types) and not isinstance(value, bool) if types else value in wanted
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return isinstance(value, wanted) and not isinstance(value, bool)


def _told(wanted: Any) -> str:
    if isinstance(wanted, tuple) and isinstance(wanted[0], type):
        return "a number, or null"
    if isinstance(wanted, tuple):
        return f"one of {', '.join(map(str, wanted))}"
    return {int: "a whole number", float: "a number above 0", list: "a list of values"}[wanted]
