"""Warnings about labels that votes alone cannot justify, each with its cure."""

from collections.abc import Sequence

import numpy as np

from DataFoundry.labeling.aggregators import Aggregator, hard_labels
from DataFoundry.labeling.summary import VoteSummary

_CURE = "give class_balance or hand-labeled rows"
_WEAK = 0.7  # probability of a label below which one function's vote is little to go by
_MANY = 0.01  # share of the rows
_MOST_NAMED = 3


def on_one_class(summary: VoteSummary, default_label: int | None) -> list[str]:
    """Functions that all vote for the same class; a default label for the others settles it."""
    voted = np.flatnonzero(summary.votes_by_class.sum(axis=0))
    if len(voted) != 1 or default_label not in (None, int(voted[0])):
        return []
    only = int(voted[0])
    return [
        f"All functions vote for class {only}, and such votes cannot tell how frequent it is nor what other rows are; "
        f"add a function for another class, {_CURE}, or say with default_label what a row is when nobody votes."
    ]


def on_missing_labels(summary: VoteSummary, counts: np.ndarray) -> list[str]:
    """Classes that functions vote for and that no row got."""
    voted = summary.votes_by_class.sum(axis=0) > 0
    missing = np.flatnonzero(voted & (counts[: len(voted)] == 0))
    if not len(missing) or not counts.any():
        return []
    classes = ", ".join(map(str, missing.tolist()))
    got = ", ".join(map(str, np.flatnonzero(counts).tolist()))
    return [
        f"Functions vote for class {classes}, but every label is {got}: their votes are always outweighed; {_CURE}, or "
        f"write a function that is surer of class {classes}."
    ]


def on_single_votes(names: Sequence[str], summary: VoteSummary, aggregator: Aggregator) -> list[str]:
    """Rows whose label rests on one function whose vote is little to go by, or of which nothing is known."""
    if aggregator.features or not summary.patterns or summary.functions < 2:
        return []
    votes = np.frombuffer(b"".join(summary.patterns), dtype=np.int8).reshape(-1, summary.functions)
    counts = np.array(list(summary.patterns.values()))
    said = aggregator.predict_proba(votes)
    blind = aggregator.name == "majority_vote"
    weak = ((votes >= 0).sum(axis=1) == 1) & (blind | (said.max(axis=1) < _WEAK)) & ~np.isnan(hard_labels(said, votes))
    share = counts[weak].sum() / counts.sum()
    if share < _MANY:
        return []
    by_function = counts[weak] @ (votes[weak] >= 0)
    first = [names[j] for j in np.argsort(-by_function, kind="stable")[:_MOST_NAMED] if by_function[j]]
    why = "and nothing tells how right it is" if blind else f"which is right in less than {_WEAK:.0%} of such rows"
    return [
        f"The label of {share:.0%} of the rows rests on one function alone, {why} ({', '.join(first)}); add "
        "functions that vote there, give hand-labeled rows, or leave out rows by label_probability."
    ]
