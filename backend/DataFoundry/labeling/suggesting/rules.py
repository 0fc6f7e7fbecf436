"""Rules that are mined from examples, and the Python source of the labeling functions they become."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

HAS = "has"


@dataclass(frozen=True)
class Predicate:
    """A test of one column: `>`, `<=` with a number, `==` with a text, a number or a boolean, `has` with a
    piece of text.

    `has` looks for it anywhere in a text, also inside of longer words, in whatever case.
    """

    column: str
    operator: str
    value: object

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) where it holds; never where the value is missing."""
        column = frame[self.column]
        if self.operator == "==":
            return (column == self.value).fillna(False).to_numpy(dtype=bool)
        if self.operator == HAS:
            texts = column.map(lambda value: value.lower() if isinstance(value, str) else "")
            return np.array([str(self.value) in text for text in texts], dtype=bool)
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
        return numbers > self.value if self.operator == ">" else numbers <= self.value  # NaN compares false

    def source(self, variable: str) -> str:
        if self.operator == HAS:
            return f"{variable} is not None and {self.value!r} in {variable}.lower()"
        missing = "" if self.operator == "==" else f"{variable} is not None and "
        return f"{missing}{variable} {self.operator} {self.value!r}"

    def sentence(self) -> str:
        """The test in plain words."""
        words = {">": "is more than", "<=": "is at most", "==": "is", HAS: "contains"}
        value = repr(self.value) if isinstance(self.value, str) else self.value
        return f"{self.column} {words[self.operator]} {value}"

    def __str__(self) -> str:
        return f"{self.column} {self.operator} {self.value}"


@dataclass(frozen=True)
class Rule:
    """Predicates that together vote for one class; elsewhere the rule abstains."""

    predicates: tuple[Predicate, ...]
    label: int

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) where the rule votes."""
        return np.logical_and.reduce([predicate.mask(frame) for predicate in self.predicates])

    def sentence(self, value: object, column: str) -> str:
        """The rule in plain words, for a class that stands for a value of a column."""
        tests = " and ".join(predicate.sentence() for predicate in self.predicates)
        return f"{column} is {value!r} where {tests}."

    def named(self, number: int) -> "Mined":
        """The labeling function of this rule as source."""
        words = "_".join(re.sub(r"\W+", "_", str(predicate.column)).strip("_") for predicate in self.predicates)
        name = f"lf_{number:02d}_{words.lower()[:40]}_{self.label}"
        lines = [f"def {name}(x):"]
        for place, predicate in enumerate(self.predicates):
            lines.append(f"    value_{place} = x.get({predicate.column!r})")
        tests = " and ".join(
            f"({predicate.source(f'value_{place}')})" for place, predicate in enumerate(self.predicates)
        )
        lines.append(f"    return {self.label} if {tests} else -1")
        return Mined(name, "\n".join(lines), self)

    def __str__(self) -> str:
        return f"{' and '.join(map(str, self.predicates))} -> {self.label}"


@dataclass(frozen=True)
class Mined:
    """A labeling function as a request would send it, and the rule that it came from."""

    name: str
    code: str
    rule: Rule | None = None

    def as_request(self) -> dict[str, str]:
        return {"name": self.name, "code": self.code}


def votes_of(rules: Sequence[Rule], frame: pd.DataFrame) -> np.ndarray:
    """(n, m) int8 votes by the rules' own masks; the sandbox gives the same for the functions made of them."""
    votes = np.full((len(frame), len(rules)), -1, dtype=np.int8)
    for place, rule in enumerate(rules):
        votes[rule.mask(frame), place] = rule.label
    return votes
