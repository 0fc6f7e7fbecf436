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
    determines,
    formula,
    increments,
    missing_together,
    missing_when,
    order,
    same,
    unique,
)

RULES: dict[str, ModuleType] = {
    "unique": unique,
    "same": same,
    "determines": determines,
    "formula": formula,
    "order": order,
    "missing_together": missing_together,
    "missing_when": missing_when,
    "increments": increments,
}


def complaint(kind: str, columns: Sequence[str], details: Mapping[str, Any]) -> str | None:
    """What is wrong with a rule that somebody wrote, as the end of a sentence; None if it can be checked."""
    if kind not in RULES:
        return f"there is no rule {kind!r:.60}{did_you_mean(kind, list(RULES), 1)}; the rules are {', '.join(RULES)}"
    fewest, most = RULES[kind].WIDTH
    if not fewest <= len(columns) <= (most or len(columns)):
        wanted = f"{fewest}" if most == fewest else f"at least {fewest}"
        return f"{kind!r} speaks of {wanted} columns, not of {len(columns)}"
    for name, wanted in RULES[kind].DETAILS.items():
        if not _is(details.get(name), wanted):
            return f"{kind!r} needs 'details' with {name!r}: {_told(wanted)}"
    return None


def _is(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        return value in wanted
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    return isinstance(value, wanted) and not isinstance(value, bool)


def _told(wanted: Any) -> str:
    if isinstance(wanted, tuple):
        return f"one of {', '.join(map(str, wanted))}"
    return {int: "a whole number", float: "a number above 0", list: "a list of values"}[wanted]
