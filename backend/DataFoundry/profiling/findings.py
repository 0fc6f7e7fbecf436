"""What a profile tells besides the schema."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from DataFoundry.profiling.associations import strongest


@dataclass(frozen=True)
class Findings:
    """All findings of a profile.

    Attributes
    ----------
    warnings
        Sentences, the gravest first.
    rules
        See `profiling.broken`.
    duplicates
        See `profiling.duplicates`.
    missing
        See `profiling.missing`.
    association_names, associations
        See `profiling.associations`.
    drift
        See `profiling.drift`; None without a table to compare with.
    """

    warnings: list[str]
    rules: list[dict[str, Any]]
    duplicates: dict[str, Any]
    missing: list[dict[str, Any]]
    association_names: list[str]
    associations: np.ndarray
    drift: list[dict[str, Any]] | None

    def told(self) -> dict[str, Any]:
        """As the answer has it."""
        return {
            "warnings": [*self._repeated(), *self.warnings],
            "rules_broken": self.rules,
            "duplicates": self.duplicates,
            "missing_patterns": self.missing,
            "associations": strongest(self.association_names, self.associations),
            "drift": self.drift,
        }

    def _repeated(self) -> list[str]:
        rows, but = self.duplicates["rows"], self.duplicates["but_for_keys"]
        told = [f"{rows:,} rows repeat an earlier row to the letter."] if rows else []
        return told + ([f"{but:,} rows repeat an earlier row but for their keys."] if but else [])
