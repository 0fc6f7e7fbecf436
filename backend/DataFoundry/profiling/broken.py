"""The rows that break a table's rules, shown without telling whose they are."""

from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.profiling.masking import masked
from DataFoundry.schema.discovery import discover_in
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.table_schema import Column, Rule, TableSchema
from DataFoundry.schema.view import TableView
from DataFoundry.sources.table import Table

_EXAMPLES = 5
_MOST_ROWS = 2_000_000  # held as a whole, of the columns of broken rules


def broken_rules(schema: TableSchema, table: Table) -> list[dict[str, Any]]:
    """For each rule with exceptions `sentence`, `exceptions`, and `rows`: the first few that break it, `row` (from 0)
    and `values`; none for a table of more than two million rows."""
    broken = [rule for rule in schema.rules if rule.exceptions]
    columns = {name: schema.columns[name] for rule in broken for name in rule.columns}
    view = None
    if broken and schema.rows <= _MOST_ROWS:
        view = TableView(table.read(list(columns)).reset_index(drop=True), columns)
    return [
        {
            "kind": rule.kind,
            "columns": list(rule.columns),
            "sentence": rule.sentence,
            "exceptions": rule.exceptions,
            "rows": [] if view is None else _rows(rule, view),
        }
        for rule in broken
    ]


def _rows(rule: Rule, view: TableView) -> list[dict[str, Any]]:
    places = np.flatnonzero(RULES[rule.kind].breaks(view, rule))[:_EXAMPLES]
    told = view.frame.iloc[places]
    return [
        {
            "row": int(place),
            "values": {name: _shown(told[name].loc[place], view.columns[name]) for name in rule.columns},
        }
        for place in places
    ]


def _shown(value: Any, column: Column) -> str | None:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return masked(str(value)) if column.personal else str(value)[:80]


def broken_at_first_sight(rows: pd.DataFrame, of: int) -> list[str]:
    """A sentence for each rule that a few of a table's first rows break."""
    where = f" of the first {len(rows):,} rows" if len(rows) < of else ""
    return [
        f"{rule.sentence[:-1]}, but not in {rule.exceptions:,}{where or ' rows'}; see /api/dataset/profile."
        for rule in discover_in(rows).rules
        if rule.exceptions
    ]
