"""One module a check of cells; in a registry one can read, the surest first.

Each module has

- `learn(view, rules) -> dict`: what is usual in a table, as plain data that goes into a model file;
- `look(state, view) -> Iterator[Mark]`: what is wrong in other rows (or the same ones); a row's marks depend on nothing
  but itself.
"""

from types import ModuleType

from DataFoundry.cleaning.checks import formats, mail_domains, orders, pairs, ranges, rules, units, values

CHECKS: dict[str, ModuleType] = {
    "rules": rules,
    "orders": orders,
    "units": units,
    "formats": formats,
    "mail_domains": mail_domains,
    "ranges": ranges,
    "values": values,
    "pairs": pairs,
}
