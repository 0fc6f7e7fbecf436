"""Find keys and rules: candidates from a sample, verified on all rows in one pass."""

from collections.abc import Iterable, Mapping

import pandas as pd

from DataFoundry.schema.rules import RULES
from DataFoundry.schema.rules.evidence import MOST_DIRTY, MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView


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
    keys = tuple(rule.columns for rule in kept if rule.kind == "unique" and not rule.exceptions)
    return keys, kept


def _most(rule: Rule) -> float:
    return MOST_DIRTY if rule.kind == "determines" else MOST_EXCEPTIONS


def _candidates(view: TableView) -> list[Rule]:
    """The rules of the sample; a column that says the same as another takes part in no further rule."""
    found: list[Rule] = []
    for kind, module in RULES.items():
        rules = module.discover(view)
        found += rules
        if kind == "same":
            copies = {rule.columns[1] for rule in rules}
            view = TableView(view.frame, {name: each for name, each in view.columns.items() if name not in copies})
    return found
