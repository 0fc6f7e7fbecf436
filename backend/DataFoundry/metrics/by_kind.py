"""Tables compared by what their columns are: dates and money by what they say, keys and contacts by their form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.preprocessing.schema import is_made_anew
from DataFoundry.schema.hashing import hashes
from DataFoundry.schema.kinds import KINDS
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.table_schema import Column, TableSchema
from DataFoundry.schema.view import TableView

_NANOSECONDS = 1e9
_IN_CLOTHES = ("moment", "formatted_number")
_PLAIN = ("category", "postcode", "key", "boolean")


def typed(frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """The table with numbers for dates and numbers that are written as text, and text for codes of digits.

    Dates are seconds since 1970. A value that is not written as the column's are is missing.
    """
    return frame.assign(**{name: _typed(frame[name], schema.columns[name]) for name in frame if name in schema.columns})


def _typed(values: pd.Series, column: Column) -> pd.Series:
    if column.kind in _IN_CLOTHES and (column.kind == "formatted_number" or values.dtype == object):
        numbers, missing = KINDS[column.kind].to_numbers(values, column.format)
        plain = numbers.astype(np.float64) / (_NANOSECONDS if column.kind == "moment" else 1)
        return pd.Series(np.where(missing, np.nan, plain), index=values.index)
    if column.kind in _PLAIN and pd.api.types.is_numeric_dtype(values.dtype) and column.kind != "boolean":
        return values.astype(object)
    return values


def without_distribution(schema: TableSchema, columns: Sequence[str]) -> list[str]:
    """Those of the columns of which only form, distinctness and copies can be compared: no network models them."""
    return [name for name in columns if name in schema.columns and is_made_anew(schema.columns[name], schema.rows)]


def by_column(
    real: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame, schema: TableSchema
) -> dict[str, dict[str, Any]]:
    """For each column its kind, and of synthetic and held-out values the shares (0..1) that are written in the column's
    form, that are distinct, and that stand in the real table."""
    found: dict[str, dict[str, Any]] = {}
    for name in real.columns:
        column = schema.columns.get(name, Column(name, "category"))
        known = set(hashes(real[name].dropna()).tolist())
        told: dict[str, Any] = {"kind": column.kind, "personal": column.personal}
        for prefix, frame in (("", synthetic), ("holdout_", holdout)):
            present = frame[name].dropna()
            own = hashes(present)
            told |= {
                f"{prefix}form": _form(present, column),
                f"{prefix}distinct": len(np.unique(own)) / len(own) if len(own) else None,
                f"{prefix}copied": float(np.mean([each in known for each in own.tolist()])) if len(own) else None,
            }
        found[name] = told
    return found


def _form(present: pd.Series, column: Column) -> float | None:
    if not len(present) or column.kind in ("nested", "empty", "constant", "category", "number"):
        return None
    return float(np.mean(KINDS[column.kind].check(present, column.format)))


def broken_rules(synthetic: pd.DataFrame, holdout: pd.DataFrame, schema: TableSchema) -> list[dict[str, Any]]:
    """For each rule that the real table keeps: the share of synthetic and of held-out rows that break it, of those that
    could."""
    views = {
        "synthetic": TableView(synthetic, _of(schema, synthetic)),
        "holdout": TableView(holdout, _of(schema, holdout)),
    }
    told: list[dict[str, Any]] = []
    for rule in schema.rules:
        if rule.exceptions or not all(name in view.columns for view in views.values() for name in rule.columns):
            continue
        shares: dict[str, float | None] = {}
        for name, view in views.items():
            checked = RULES[rule.kind].Verified(rule)
            checked.add(view)
            counted = checked.rule()
            shares[name] = counted.exceptions / counted.support if counted.support else None
        told.append({"kind": rule.kind, "columns": list(rule.columns), "sentence": rule.sentence, **shares})
    return told


def _of(schema: TableSchema, frame: pd.DataFrame) -> Mapping[str, Column]:
    return {name: column for name, column in schema.columns.items() if name in frame.columns}
