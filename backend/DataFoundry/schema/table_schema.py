"""The schema of a table as data: columns, keys and rules, written as JSON where people can edit it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Column:
    """What is known of one column.

    Attributes
    ----------
    name
        As in the table.
    kind
        A name of `schema.kinds.KINDS`.
    personal
        Whether its values tell who somebody is.
    format
        How values are written, as the kind's own module describes it (JSON-able); empty where there is nothing to say.
    missing
        Rows without a value.
    distinct
        Distinct values, missing ones left out.
    reason
        One sentence for people: what made it this kind.
    confidence
        0 to 1.
    dtype
        The pandas dtype that it was read with.
    """

    name: str
    kind: str
    personal: bool = False
    format: Mapping[str, Any] = field(default_factory=dict)
    missing: int = 0
    distinct: int = 0
    reason: str = ""
    confidence: float = 1.0
    dtype: str = "object"

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it, without the name."""
        return {
            "kind": self.kind,
            "personal": self.personal,
            "format": dict(self.format),
            "missing": self.missing,
            "distinct": self.distinct,
            "reason": self.reason,
            "confidence": round(self.confidence, 3),
            "dtype": self.dtype,
        }

    @classmethod
    def from_dict(cls, name: str, value: Mapping[str, Any]) -> "Column":
        """The column that `as_dict` describes. Raises TypeError for an unknown key."""
        return cls(name, **value)


@dataclass(frozen=True)
class Rule:
    """Something that must be true of each row, or of the column as a whole.

    Attributes
    ----------
    kind
        A name of `schema.rules.RULES`.
    columns
        In the order that the kind's own module gives a meaning to (for `determines` the last one follows from the
        others).
    sentence
        For people: "country follows from city".
    support
        Rows that it was checked on and that could have broken it.
    exceptions
        Rows that break it; 0 makes it a promise for synthetic rows, a few a suspicion for cleaning.
        A rule that somebody gives without support and exceptions is a promise whatever the table has.
    details
        The kind's own constants (JSON-able): operator, factor, decimals, bounds.
    """

    kind: str
    columns: tuple[str, ...]
    sentence: str
    support: int
    exceptions: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def doubt(self) -> str:
        """`city follows from zip, but 3 of 900 rows break it`; for a rule with exceptions."""
        breaks = "breaks" if self.exceptions == 1 else "break"
        return f"{self.sentence.removesuffix('.')}, but {self.exceptions:,} of {self.support:,} rows {breaks} it"

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "sentence": self.sentence,
            "support": self.support,
            "exceptions": self.exceptions,
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Rule":
        """The rule that `as_dict` describes. Raises TypeError or KeyError for what is not one."""
        return cls(**{**value, "columns": tuple(value["columns"])})


@dataclass(frozen=True)
class TableSchema:
    """All that is known of a table.

    Attributes
    ----------
    columns
        By name, in the order of the table.
    keys
        Columns, alone or together, whose values name a row; the best first.
    rules
        Minimal: none follows from the others.
    rows
        Rows of the table.
    """

    columns: dict[str, Column]
    keys: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Rule, ...] = ()
    rows: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it; `schema.json` holds this."""
        return {
            "columns": {name: column.as_dict() for name, column in self.columns.items()},
            "keys": [list(key) for key in self.keys],
            "rules": [rule.as_dict() for rule in self.rules],
            "rows": self.rows,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "TableSchema":
        """The schema that `as_dict` describes."""
        return cls(
            {name: Column.from_dict(name, each) for name, each in value["columns"].items()},
            tuple(tuple(key) for key in value.get("keys", ())),
            tuple(Rule.from_dict(rule) for rule in value.get("rules", ())),
            int(value.get("rows", 0)),
        )
