"""Labeling functions suggested to a person: each with a sentence, and figures from rows that it was not found on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from DataFoundry.labeling.aggregation.intervals import wilson
from DataFoundry.labeling.prediction.table_features import feature_columns
from DataFoundry.labeling.suggesting.examples import Examples, read_examples
from DataFoundry.labeling.suggesting.goal import Mentioned, mentioned
from DataFoundry.labeling.suggesting.mining import Recipe, mine
from DataFoundry.labeling.suggesting.rare import rare_warning
from DataFoundry.sources.table import Table

_FEW_VOTES = 10
_FEWEST_TO_REFUTE = 5  # votes
_LEARN_SHARE = 0.6  # of each class's rows
_DIGITS = 4


@dataclass(frozen=True)
class Suggestion:
    """A function, and how right it is.

    Attributes
    ----------
    coverage
        Share of the hand-labeled rows on which it votes.
    accuracy, interval
        Share of its votes that are right in rows that it was not found on, and 95 % of it; None without such a vote.
    votes
        How many such votes there were.
    """

    name: str
    code: str
    sentence: str
    label: object
    coverage: float
    accuracy: float | None
    interval: tuple[float, float] | None
    votes: int

    def told(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "name": self.name,
            "code": self.code,
            "sentence": self.sentence,
            "label": self.label,
            "coverage": round(self.coverage, _DIGITS),
            "accuracy": None if self.accuracy is None else round(self.accuracy, _DIGITS),
            "interval": None if self.interval is None else [round(each, _DIGITS) for each in self.interval],
            "measured_on": self.votes,
        }


def answered(hand: Table, column: str, columns: Sequence[str], most: int, goal: str, seed: int) -> dict[str, object]:
    """The answer of `labeler.suggest_functions`.

    Parameters
    ----------
    hand
        The hand-labeled rows.
    column
        Of their labels.
    columns
        Of the table for which functions are wanted.
    """
    shared = [name for name in columns if name != column]
    examples = read_examples(hand.read(), column, shared, np.random.default_rng(seed))
    features, others = feature_columns(examples.frame, list(examples.frame.columns))
    telling = [*features, *(name for name, kind in others.items() if kind == "text")]
    examples = replace(examples, frame=examples.frame[telling])
    found = suggest(examples, most, seed, mentioned(goal, examples.frame))
    return {
        "labeling_functions": [each.told() for each in found],
        "classes": {str(number): str(value) for number, value in enumerate(examples.classes)},
        "num_hand_labels": len(examples.labels),
        "not_looked_at": {name: kind for name, kind in others.items() if kind != "text"},
        "warnings": suggestion_warnings(found, examples),
    }


def suggest(examples: Examples, most: int, seed: int, said: Mentioned | None = None) -> list[Suggestion]:
    """At most `most` functions, found on six tenths of the hand-labeled rows and measured on the others.

    None is left out for what is measured there: of those that are left, it would be too good.
    """
    learn, measure = _halves(examples.labels, np.random.default_rng(seed))
    rules = mine(examples.taken(learn), Recipe(functions=most), said=said).rules
    unseen = examples.taken(measure)
    found = []
    for number, rule in enumerate(rules, start=1):
        mined = rule.named(number)
        votes = rule.mask(unseen.frame)
        right = int((unseen.labels[votes] == rule.label).sum())
        total = int(votes.sum())
        found.append(
            Suggestion(
                mined.name,
                mined.code,
                rule.sentence(examples.classes[rule.label], examples.column),
                rule.label,
                float(rule.mask(examples.frame).mean()),
                right / total if total else None,
                wilson(right, total) if total else None,
                total,
            )
        )
    return found


def _halves(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions to find functions on, and to measure them on, with every class in both where it has two rows."""
    learn = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        learn.append(rows[: max(1, round(_LEARN_SHARE * len(rows)))])
    chosen = np.sort(np.concatenate(learn))
    return chosen, np.setdiff1d(np.arange(len(labels)), chosen)


def suggestion_warnings(found: Sequence[Suggestion], examples: Examples) -> list[str]:
    """What a person should know before taking the functions over."""
    if not found:
        return [
            *rare_warning(examples.labels, examples.classes, "what was looked for", _LEARN_SHARE),
            f"No function holds on the {len(examples.labels)} hand-labeled rows: no column tells the classes apart "
            "well enough; label more rows by hand, for which suggest-rows names those that tell most.",
        ]
    warnings = rare_warning(examples.labels, examples.classes, "what was found", _LEARN_SHARE)
    voted = {each.label for each in found}
    silent = [str(value) for number, value in enumerate(examples.classes) if number not in voted]
    if silent:
        warnings.append(
            f"No function votes for {' or '.join(silent)}; write one, or give default_label or class_balance to "
            "create-labels, else every row gets another class."
        )
    refuted = [each.name for each in found if _refuted(each, examples)]
    if refuted:
        warnings.append(
            f"Right no more often than chance on the rows that they were not found on: {', '.join(refuted)}; leave "
            "them out."
        )
    few = sum(each.votes < _FEW_VOTES for each in found)
    if few:
        warnings.append(
            f"{few} of {len(found)} functions voted on fewer than {_FEW_VOTES} of the hand-labeled rows that they were "
            "not found on: their accuracy is hardly known, as the interval says; label more rows by hand."
        )
    return warnings


def _refuted(each: Suggestion, examples: Examples) -> bool:
    """Whether a function was no better than chance on the rows that it was not found on."""
    share = float(np.mean(examples.labels == each.label))
    return each.accuracy is not None and each.votes >= _FEWEST_TO_REFUTE and each.accuracy <= share
