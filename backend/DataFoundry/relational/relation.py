"""How a row of one table names a row of another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Key = tuple[str, ...]
_BETWEEN = "\x1f"  # parts of a key that has several columns


@dataclass(frozen=True)
class Relation:
    """A foreign key.

    Attributes
    ----------
    parent, parent_key
        The table that is named, and its key: one column, or several together.
    child, child_key
        The table that names, and the columns that hold the key's values, in the same order.
    reason
        One sentence for people: what made it one.
    orphans
        Rows of the child that name no row of the parent, those that name none at all not counted.
    """

    parent: str
    parent_key: Key
    child: str
    child_key: Key
    reason: str = ""
    orphans: int = 0

    @property
    def name(self) -> str:
        """Unique among the relations of a database."""
        return f"{self.parent}.{self.child}.{'+'.join(self.child_key)}"

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it; a key of one column is that column's name."""
        return {
            "parent": self.parent,
            "parent_key": _plain(self.parent_key),
            "child": self.child,
            "child_key": _plain(self.child_key),
            "reason": self.reason,
            "orphans": self.orphans,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Relation":
        """The relation that `as_dict` describes."""
        return cls(
            str(value["parent"]),
            as_key(value["parent_key"]),
            str(value["child"]),
            as_key(value["child_key"]),
            str(value.get("reason", "")),
            int(value.get("orphans", 0)),
        )


def as_key(value: Any) -> Key:
    """A key from one name or a list of names."""
    return (value,) if isinstance(value, str) else tuple(value)


def _plain(key: Key) -> str | list[str]:
    return key[0] if len(key) == 1 else list(key)


def key_texts(frame: pd.DataFrame, key: Key) -> pd.Series:
    """(n,) object: the key of each row as one text, the same for 7, 7.0 and "7"; None where a part is missing."""
    parts = [_text(frame[name]) for name in key]
    texts = parts[0]
    for part in parts[1:]:
        texts = texts.str.cat(part, sep=_BETWEEN)  # missing where either is
    return texts.astype(object).where(texts.notna(), None)


def _text(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column.dtype):
        present = column.dropna()
        if bool((present == np.floor(present)).all()):
            column = column.astype("Int64")
    return column.astype("string").astype(object).where(column.notna(), None)


def parent_rows(parent: pd.DataFrame, child: pd.DataFrame, relation: Relation) -> np.ndarray:
    """(n,) int64: for each row of the child the place of the parent's row that it names, -1 for none."""
    index = pd.Index(key_texts(parent, relation.parent_key))
    index = index.where(~index.duplicated(), None) if index.has_duplicates else index
    named = key_texts(child, relation.child_key)
    places = pd.Series(np.arange(len(index)), index=index)
    places = places[places.index.notna()]
    return named.map(places).fillna(-1).to_numpy(dtype=np.int64)
