"""What a kind is recognised by: a sample of one column, looked at once for all kinds."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

_MOST_TEXTS = 2000  # distinct values that are looked at; the most frequent first
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Words of their own that only end as a hint does: `paid` is no id.
_WHOLE_WORD = re.compile(
    "acid|aid|avoid|bid|covid|fluid|grid|hybrid|humid|kid|laid|lid|liquid|mid|(over|post|pre|re|un)?paid|pyramid|raid|rapid|"
    "said|solid|steroid|thyroid|(in)?valid|void|donkey|hockey|jockey|monkey|turkey|whiskey|casino|domino|kimono|piano|techno"
)


@dataclass(frozen=True)
class Finding:
    """A kind's claim on a column: how sure it is (0 to 1), why (one sentence), and the format it found."""

    confidence: float
    reason: str
    format: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """A column as kinds see it.

    Attributes
    ----------
    name
        The column's name: a hint, never the only ground of a decision.
    values
        A sample of the column in row order, missing values left out, in the dtype it was read with.
    rows
        Rows of the whole table.
    missing
        Rows of the whole table without a value.
    distinct
        Distinct values of the whole table, or of the sample where only that was counted.
    """

    name: str
    values: pd.Series
    rows: int
    missing: int
    distinct: int

    @property
    def dtype(self) -> str:
        """The pandas dtype."""
        return str(self.values.dtype)

    @cached_property
    def is_text(self) -> bool:
        """Whether all values are text."""
        return self.values.dtype == object and all(isinstance(each, str) for each in self.values)

    @cached_property
    def is_number(self) -> bool:
        """Whether the dtype is numeric; truth values are not numbers."""
        dtype = self.values.dtype
        return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)

    @cached_property
    def counts(self) -> pd.Series:
        """Distinct values of the sample as text to how many rows have each, most frequent first, at most 2,000."""
        return self.values.map(_plain_text).value_counts().head(_MOST_TEXTS)

    @cached_property
    def texts(self) -> list[str]:
        """The distinct values of `counts`."""
        return self.counts.index.tolist()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the name, in lower case and plain: `customer, id` of `customerID`, `strasse` of `Straße`."""
        letters = unicodedata.normalize("NFKD", self.name.replace("ß", "ss"))
        plain = "".join(each for each in letters if not unicodedata.combining(each))
        return tuple(part.lower() for part in _NAME_PARTS.findall(plain))

    @property
    def uniqueness(self) -> float:
        """Distinct values over rows that have one: 1 where no value repeats."""
        return self.distinct / max(self.rows - self.missing, 1)

    def named(self, *words: str) -> bool:
        """Whether the name has one of the words, alone or at the end of a longer one."""
        joined = "" if self.words and _WHOLE_WORD.fullmatch(self.words[-1]) else "".join(self.words)
        return any(word in self.words or joined.endswith(word) for word in words)

    def share(self, test: Callable[[str], bool]) -> float:
        """Share of the looked-at rows whose text passes a test."""
        passed = np.fromiter((bool(test(text)) for text in self.texts), bool, len(self.texts))
        return float(self.counts.to_numpy()[passed].sum() / max(self.counts.sum(), 1))


def _plain_text(value: Any) -> str:
    """A whole float as the whole number it is, else what `str` says."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def fitting(share: float, what: str) -> str:
    """The sentence for a kind that a share of the values follows."""
    return f"Every value is {what}." if share == 1 else f"{share:.1%} of the values are {what}."
