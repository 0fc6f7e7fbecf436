"""One module a kind of rule; in a registry one can read.

Each module has

- `discover(view) -> list[Rule]`: the rules of this kind that hold in a sample, with enough evidence;
- `Verified`: made of a rule, it takes all rows of a table block by block (`add(view)`) and gives the rule with its
  support and exceptions (`rule()`), so that blocks of any size give the same;
- `breaks(view, rule) -> (n,) bool`: which rows of a table that is held as a whole break it.
"""

from types import ModuleType

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
