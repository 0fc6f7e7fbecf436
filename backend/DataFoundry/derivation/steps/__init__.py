"""One module a way of keeping a rule by construction; in a registry one can read.

Each module has

- `propose(rule, table) -> list[Step]`: the steps of this kind that would keep the rule, the best first;
- `reduce(frame, state) -> frame`: the table without what the step works out, and with what it needs for that;
- `restore(frame, state) -> frame`: the reverse, for rows that were drawn.

A step neither draws nor remembers rows: `restore` gives the same for the same row wherever it stands.
"""

from types import ModuleType

from DataFoundry.derivation.steps import (
    absent,
    at_least,
    calendar,
    copy,
    difference,
    formula,
    lookup,
    multiples,
    one_missing,
    set_when,
)

STEPS: dict[str, ModuleType] = {
    "copy": copy,
    "formula": formula,
    "lookup": lookup,
    "difference": difference,
    "at_least": at_least,
    "multiples": multiples,
    "set_when": set_when,
    "absent": absent,
    "calendar": calendar,
    "one_missing": one_missing,
}
BY_RULE: dict[str, tuple[str, ...]] = {
    "same": ("copy",),
    "formula": ("formula",),
    "determines": ("lookup",),
    "order": ("difference", "at_least"),
    "increments": ("multiples",),
    "missing_together": ("one_missing",),
    "missing_when": ("one_missing",),
    "value_when": ("set_when",),
    "same_when": ("set_when",),
}
