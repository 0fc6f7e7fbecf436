"""Find keys and rules: candidates from a sample, verified on all rows in one pass."""

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from DataFoundry.schema.rules import RULES
from DataFoundry.schema.rules.evidence import MOST_DIRTY, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView

_OF_MISSING = ("missing_together", "missing_when")


def discover_rules(
    sample: pd.DataFrame, columns: Mapping[str, Column], blocks: Iterable[pd.DataFrame]
) -> tuple[tuple[tuple[str, ...], ...], tuple[Rule, ...]]:
    """Keys and rules of a table.

    Parameters
    ----------
    sample
        A uniform sample of its rows.
    columns
        What each column is.
    blocks
        All its rows; looked through once, and only if the sample has rules.

    Returns
    -------
    Keys (columns, alone or together, that name a row), and rules without what follows from others. A rule has
    few exceptions: see `schema.rules.evidence`.
    """
    candidates = _candidates(TableView(sample, columns))
    verified = [RULES[rule.kind].Verified(rule) for rule in candidates]
    if verified:
        for block in blocks:
            view = TableView(block, columns)
            for each in verified:
                each.add(view)
    rules = [each.rule() for each in verified]
    kept = tuple(rule for rule in rules if rule.support and rule.exceptions <= _most(rule) * rule.support)
    if any(rule.kind == "unique" and not rule.exceptions for rule in kept):  # columns that nearly name a row are chance
        kept = tuple(rule for rule in kept if rule.kind != "unique" or len(rule.columns) == 1 or not rule.exceptions)
    keys = tuple(rule.columns for rule in kept if rule.kind == "unique" and not rule.exceptions)
    return keys, kept


def _most(rule: Rule) -> float:
    return MOST_DIRTY if rule.kind == "determines" else MOST_EXCEPTIONS


def _candidates(view: TableView) -> list[Rule]:
    """The rules of the sample; a column that says the same as another takes part in no further rule.

    But for when it is missing, if the other is not missing in the same rows.
    """
    found = RULES["unique"].discover(view) + (copies := RULES["same"].discover(view))
    others = _without(view, [rule.columns[1] for rule in copies])
    alike = [rule.columns[1] for rule in copies if _missing_alike(view, rule)]
    for kind, module in RULES.items():
        if kind not in ("unique", "same"):
            found += module.discover(_without(view, alike) if kind in _OF_MISSING else others)
    found = [rule for rule in found if rule.kind not in ("determines", "order") or not _is_computed(rule, found)]
    follows = {rule.columns for rule in found if rule.kind == "determines"}
    return [rule for rule in found if rule.kind != "value_when" or rule.columns not in follows]


def _is_computed(rule: Rule, rules: list[Rule]) -> bool:
    """Whether a formula says already how one column follows from the other, and so which of them is greater."""
    return any(other.kind == "formula" and set(other.columns) == set(rule.columns) for other in rules)


def _without(view: TableView, names: Collection[str]) -> TableView:
    """The view of the other columns, with what it knows of them."""
    return view.of(name for name in view.columns if name not in names)


def _missing_alike(view: TableView, rule: Rule) -> bool:
    return bool((view.missing(rule.columns[0]) == view.missing(rule.columns[1])).all())
