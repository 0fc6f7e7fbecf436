"""Whether drawn rows keep the rules that the training table keeps: counted, not believed."""

from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.plan import Derivation
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.rules.by_row import VerifiedByRow
from DataFoundry.schema.view import TableView
from DataFoundry.wording import number_of


def rows_that_break(frame: pd.DataFrame, derivation: Derivation) -> np.ndarray:
    """(n,) bool: the rows that break a rule which each row keeps or breaks by itself."""
    view = _view(frame, derivation)
    wrong = np.zeros(len(frame), dtype=bool)
    for rule in derivation.rules:
        by_row = issubclass(RULES[rule.kind].Verified, VerifiedByRow)
        if by_row and all(name in view.columns for name in rule.columns):
            wrong |= RULES[rule.kind].breaks(view, rule)
    return wrong


def has_rules_by_row(derivation: Derivation) -> bool:
    """Whether there is a rule which each row keeps or breaks by itself."""
    return any(issubclass(RULES[rule.kind].Verified, VerifiedByRow) for rule in derivation.rules)


def _view(frame: pd.DataFrame, derivation: Derivation) -> TableView:
    return TableView(frame, {name: kind for name, kind in (derivation.kinds or {}).items() if name in frame.columns})


class Promises:
    """The rules without exceptions, held against blocks of rows."""

    def __init__(self, derivation: Derivation) -> None:
        self._derivation = derivation
        self._verified = [RULES[rule.kind].Verified(rule) for rule in derivation.rules]

    def add(self, block: pd.DataFrame) -> None:
        """Hold the rules against the rows of a block."""
        view = _view(block, self._derivation)
        for each in self._verified:
            each.add(view)

    def kept(self) -> list[dict[str, Any]]:
        """`kind, columns, sentence` of the rules that no row breaks."""
        rules = [each.rule() for each in self._verified]
        return [
            {"kind": rule.kind, "columns": list(rule.columns), "sentence": rule.sentence}
            for rule in rules
            if not rule.exceptions
        ]

    def broken(self) -> list[str]:
        """A sentence for each rule that rows break."""
        rules = [each.rule() for each in self._verified]
        return [
            f"{number_of(rule.exceptions, 'row')} broke a rule: {rule.sentence}" for rule in rules if rule.exceptions
        ]
