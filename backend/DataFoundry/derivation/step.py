"""One step that keeps a rule by construction, as data; and what a step is planned from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from DataFoundry.derivation.written import numbers, writing


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    kind
        A name of `derivation.steps.STEPS`.
    writes
        The column that it works out, or mends.
    reads
        The columns that it needs for that.
    removes
        Whether the column is left out of the network; else it is drawn, and mended.
    adds
        The columns that the network draws in its place.
    state
        What the step's own module needs, as plain data.
    """

    kind: str
    writes: str
    reads: tuple[str, ...]
    removes: bool
    state: Mapping[str, Any] = field(default_factory=dict)
    adds: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "kind": self.kind,
            "writes": self.writes,
            "reads": list(self.reads),
            "removes": self.removes,
            "state": dict(self.state),
            "adds": list(self.adds),
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Step":
        """The step that `as_dict` describes; earlier versions wrote one added column by itself, or None."""
        added = value["adds"]
        adds = (added,) if isinstance(added, str) else tuple(added or ())
        return cls(**{**value, "reads": tuple(value["reads"]), "adds": adds})


class Planned:
    """A training table as steps are planned for it.

    Attributes
    ----------
    frame
        Its rows: features and label; what cannot be read as the numbers of its column is missing.
    drawn
        The columns that a network draws or that can be worked out: the modelled features and the label.
    fixed
        Those of them that must stay drawn, since rows are asked for by them: the label.
    rare_threshold
        Values that fewer rows carry are not remembered; 1 remembers all.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        kinds: Mapping[str, tuple[str, Mapping[str, Any]]],
        drawn: Collection[str],
        fixed: Collection[str],
        rare_threshold: int,
    ) -> None:
        self._kinds = dict(kinds)
        self.frame = frame
        self.writing = cache(self._writing)
        self.frame = frame.assign(**self._readable())
        self.drawn = frozenset(drawn)
        self.fixed = frozenset(fixed)
        self.rare_threshold = rare_threshold

    def kind(self, name: str) -> str:
        """The column's kind in the schema; "" where nobody said."""
        return self._kinds.get(name, ("", {}))[0]

    def _writing(self, name: str) -> dict[str, Any] | None:
        """How a column writes its numbers, see `derivation.written.writing`."""
        return writing(self.frame[name], *self._kinds.get(name, ("", {})))

    def _readable(self) -> dict[str, pd.Series]:
        """The columns of numbers of which some cells cannot be read, without these."""
        found = {}
        for name in self.frame.columns:
            how = self.writing(name) if self.frame[name].dtype == object else None
            if how is not None:
                wrong = numbers(self.frame[name], how)[1] & self.frame[name].notna().to_numpy()
                if wrong.any():
                    found[name] = self.frame[name].mask(wrong)
        return found

    def may_go(self, name: str) -> bool:
        """Whether a column may be left out of the network."""
        return name in self.drawn and name not in self.fixed

    def new_name(self, name: str) -> str:
        """A name that no column of the table has."""
        while name in self.frame.columns:
            name += "_"
        return name
