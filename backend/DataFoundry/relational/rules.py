"""Rules between a row and its children: a number that is the sum of theirs, or how many there are.

Such a number is drawn, since children are drawn after what it says, and then worked out from them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.relational.relation import Relation, parent_rows
from DataFoundry.schema.table_schema import TableSchema

_FEWEST_PARENTS = 20  # with children
_FEWEST_VALUES = 5
_NUMBERS = ("number",)


@dataclass(frozen=True)
class Across:
    """One rule.

    Attributes
    ----------
    kind
        "sum" or "count".
    relation
        The name of the relation between the tables.
    parent, column
        Whose number it is.
    child, of
        What is summed; `of` is "" for a count.
    decimals
        Of the number.
    """

    kind: str
    relation: str
    parent: str
    column: str
    child: str
    of: str = ""
    decimals: int = 0

    @property
    def sentence(self) -> str:
        """For people."""
        if self.kind == "count":
            return f"{self.parent}.{self.column} is the number of its {self.child}."
        return f"{self.parent}.{self.column} is the sum of {self.of} of its {self.child}."

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**vars(self), "sentence": self.sentence}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Across":
        """The rule that `as_dict` describes. Raises TypeError or KeyError for what is none."""
        return cls(**{key: each for key, each in value.items() if key != "sentence"})

    def told(self, values: np.ndarray, rows: np.ndarray, parents: int) -> tuple[np.ndarray, np.ndarray]:
        """(m,) what the number is by the children's values (n,) and their parents' places (n,), and where it is so."""
        named = rows >= 0
        many = np.bincount(rows[named], minlength=parents)
        if self.kind == "count":
            return many.astype(np.float64), np.ones(parents, dtype=bool)
        sums = np.bincount(rows[named], weights=np.nan_to_num(values[named]), minlength=parents)
        return np.round(sums, self.decimals), many > 0

    def broken(self, parent: pd.DataFrame, child: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
        """(m,) bool: the parent's rows whose number is another."""
        values = child[self.of].to_numpy(dtype=np.float64) if self.of else np.zeros(len(child))
        told, known = self.told(values, rows, len(parent))
        numbers = pd.to_numeric(parent[self.column], errors="coerce").to_numpy(dtype=np.float64)
        return known & ~(np.abs(numbers - told) <= 0.501 * 10.0**-self.decimals)


def discover_across(
    frames: Mapping[str, pd.DataFrame],
    schemas: Mapping[str, TableSchema],
    relations: Sequence[Relation],
    most_broken: float = 0.0,
) -> list[Across]:
    """The rules that every parent keeps, or all but the share `most_broken` of those that have children."""
    found = []
    for relation in relations:
        if relation.parent == relation.child:
            continue
        parent, child = frames[relation.parent], frames[relation.child]
        rows = parent_rows(parent, child, relation)
        many = np.bincount(rows[rows >= 0], minlength=len(parent))
        if (many > 0).sum() < _FEWEST_PARENTS or many.max(initial=0) < 2:
            continue
        for column in _numbers(schemas[relation.parent], relation.parent_key):
            numbers = parent[column].dropna()
            if numbers.nunique() < min(_FEWEST_VALUES, len(np.unique(many))) or numbers.nunique() < 2:
                continue
            rule = _that_holds(relation, column, parent, child, rows, schemas, most_broken * (many > 0).sum())
            if rule is not None:
                found.append(rule)
    return found


def _that_holds(
    relation: Relation,
    column: str,
    parent: pd.DataFrame,
    child: pd.DataFrame,
    rows: np.ndarray,
    schemas: Mapping[str, TableSchema],
    exceptions: float,
) -> Across | None:
    decimals = _decimals(parent[column])
    told = (relation.name, relation.parent, column, relation.child)
    rules = [Across("count", *told)] if decimals == 0 else []
    rules += [Across("sum", *told, of, decimals) for of in _numbers(schemas[relation.child], relation.child_key)]
    broken = [(int(rule.broken(parent, child, rows).sum()), rule) for rule in rules]
    best = min(broken, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] <= exceptions else None


def _numbers(schema: TableSchema, key: Sequence[str]) -> list[str]:
    return [
        name
        for name, each in schema.columns.items()
        if each.kind in _NUMBERS and name not in key and each.dtype.lower().startswith(("int", "float"))
    ]


def _decimals(column: pd.Series) -> int:
    present = column.dropna().to_numpy(dtype=np.float64)[:2000]
    return next(
        (digits for digits in range(7) if np.allclose(present, np.round(present, digits), rtol=0, atol=1e-9)), 6
    )


def worked_out(frame: pd.DataFrame, rule: Across, numbers: np.ndarray, known: np.ndarray) -> pd.DataFrame:
    """The parent's rows with their numbers (m,) where these are known."""
    column = frame[rule.column]
    values = np.where(known, numbers, pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64))
    typed = pd.Series(values, index=frame.index)
    whole = pd.api.types.is_integer_dtype(column.dtype) and not np.isnan(values).any()
    return frame.assign(**{rule.column: typed.round().astype(column.dtype) if whole else typed})
