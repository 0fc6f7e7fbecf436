"""Warnings about labels that votes alone cannot justify, each with its cure."""

from collections.abc import Sequence

import numpy as np

from DataFoundry.labeling.aggregation.aggregators import Aggregator, hard_labels
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary

_CURE = "give class_balance or hand-labeled rows"
_WEAK = 0.7  # probability of a label below which one function's vote is little to go by
_MANY = 0.01  # share of the rows
_COLLAPSED = 0.25  # labels of a class to the rows that its probabilities add up to; below, the labels hide it
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


def on_rare_labels(counts: np.ndarray, mass: np.ndarray, columns: Sequence[str]) -> list[str]:
    """Classes that are the likeliest one of far fewer rows than their probabilities add up to.

    That is usual where a class is rare: half of the rows at .2 may have it and none is labeled so.

    Parameters
    ----------
    counts
        (k,) rows with each label.
    mass
        (k,) sum over rows of the probability of each class.
    columns
        The columns of the probabilities, one a class, or the one of class 1 where there are two.
    """
    found = []
    for label in np.flatnonzero(counts < _COLLAPSED * mass).tolist():
        if mass[label] < max(1.0, _MANY * mass.sum()):
            continue
        two = len(counts) == 2
        column, end = (columns[0], "smallest" if label == 0 else "greatest") if two else (columns[label], "greatest")
        found.append(
            f"Class {label} is the label of {counts[label]:,} rows, though the probabilities add up to "
            f"{mass[label]:,.0f}: in the others another class is likelier. Take the rows with the {end} {column} for "
            "that class instead of label, or label more rows of it by hand."
        )
    return found


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
