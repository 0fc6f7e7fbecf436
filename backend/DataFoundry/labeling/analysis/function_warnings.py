"""Warnings that a person who writes labeling functions wants."""

import ast
import re
from collections.abc import Collection, Sequence

import numpy as np

from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.aggregation.intervals import wilson
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary
from DataFoundry.labeling.functions.reading import LabelingFunction
from DataFoundry.near_names import did_you_mean
from DataFoundry.sources.table import Table

_MOST_TWINS = 20
_LOOKED_AT = 200  # values of a column
_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}.*)?")
_YEAR_LAST = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}\b")


def on_columns(functions: Sequence[LabelingFunction], columns: Sequence[str]) -> list[str]:
    """Columns that a function asks for and the table does not have."""
    return [
        f"{function.name} reads the column {name!r}, which the table does not have{did_you_mean(name, columns)}; "
        "get silently gives its default then."
        for function in functions
        for name in function.reads.columns or ()
        if name not in columns
    ]


def on_dates(functions: Sequence[LabelingFunction], table: Table) -> list[str]:
    """Functions that hold an ISO date and read a column whose dates are written with the day or month first.

    Such texts do not sort as time does: "24.07.2014" is greater than "2024-01-01".
    """
    dated = [each for each in functions if any(_ISO.fullmatch(text) for text in _texts(each))]
    wanted = {name for each in dated for name in each.reads.columns or () if name in table.columns}
    if not wanted:
        return []
    first = next(iter(table.blocks()), None)
    found = {}
    for name in sorted(wanted):
        texts = [str(each) for each in ([] if first is None else first[name].dropna().head(_LOOKED_AT))]
        if texts and sum(_YEAR_LAST.match(each) is not None for each in texts) > len(texts) / 2:
            found[name] = next(each for each in texts if _YEAR_LAST.match(each))
    return [
        f"{function.name} holds an ISO date, but the values of {name!r} are text such as {found[name]!r}, which does "
        f"not sort as time does; compare parts of it, such as its year, or write the column as ISO dates first."
        for function in dated
        for name in function.reads.columns or ()
        if name in found
    ]


def _texts(function: LabelingFunction) -> list[str]:
    """The texts that stand in the function."""
    nodes = [each for each in ast.walk(function.tree) if isinstance(each, ast.Constant)]
    return [each.value for each in nodes if isinstance(each.value, str)]


def on_votes(names: Sequence[str], summary: VoteSummary, silent: Collection[str] = ()) -> list[str]:
    """Functions that never vote, return None or always agree, and classes that nobody votes for.

    Of the functions in `silent` it is known why they do not vote.
    """
    if summary.rows == 0:
        return ["The table has no rows."]
    votes = summary.votes_by_class
    found = [
        f"{name} never votes: it abstains on every row."
        for name, count in zip(names, votes.sum(axis=1), strict=True)
        if not count and name not in silent
    ]
    found += [
        f"{name} returned None on {count} rows; return -1 to abstain."
        for name, count in zip(names, summary.nones.tolist(), strict=True)
        if count and name not in silent
    ]
    found += [f"{one} and {other} always agree: one of them adds nothing." for one, other in _twins(names, summary)]
    unsaid = np.flatnonzero(votes.sum(axis=0) == 0).tolist()
    if unsaid and (votes.sum(axis=0) > 0).sum() > 1:  # of a single class that is voted for `doubts` tells
        classes = ", ".join(map(str, unsaid))
        found.append(f"No function votes for class {classes}, so votes alone can never give that label.")
    return found


def _twins(names: Sequence[str], summary: VoteSummary) -> list[tuple[str, str]]:
    """Pairs with the same vote on every row, at most 20."""
    count = summary.votes_by_class.sum(axis=1)
    both = summary.joint_votes()
    same = (both == count[:, None]) & (both == count[None, :]) & (summary.disagreements() == 0) & (count[:, None] > 0)
    pairs = np.argwhere(np.triu(same, 1))[:_MOST_TWINS]
    return [(names[i], names[j]) for i, j in pairs]


def on_ties(ties: int) -> list[str]:
    """Rows without a label because the best classes tie."""
    if not ties:
        return []
    return [f"On {ties} rows the classes tie; they stay without a label, with equal probabilities."]


def on_accuracy(names: Sequence[str], hand: HandLabels | None) -> list[str]:
    """Functions that are wrong more often than right on the hand-labeled rows, beyond chance."""
    if hand is None:
        return []
    found = []
    for place, name in enumerate(names):
        votes = hand.votes[:, place]
        voted = votes >= 0
        correct, total = int((votes[voted] == hand.labels[voted]).sum()), int(voted.sum())
        if total and wilson(correct, total)[1] < 0.5:
            found.append(f"{name} is right on only {correct} of the {total} hand-labeled rows that it votes on.")
    return found
