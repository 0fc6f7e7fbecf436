"""What a labeler needs to see of each function, as JSON-able data."""

from collections.abc import Sequence

import numpy as np

from DataFoundry.labeling.aggregation.hand_labels import HandLabels
from DataFoundry.labeling.aggregation.intervals import wilson
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary

_MOST_PAIRS = 20


def by_function(names: Sequence[str], summary: VoteSummary, hand: HandLabels | None) -> list[dict[str, object]]:
    """For each function its polarity, coverage, overlaps and conflicts (shares of all rows), and how right it is.

    `accuracy` is that of its votes on the hand-labeled rows, with its 95 % interval (Wilson); null without such votes.
    """
    rows = max(summary.rows, 1)
    found: list[dict[str, object]] = []
    for place, name in enumerate(names):
        votes = summary.votes_by_class[place]
        found.append(
            {
                "name": name,
                "polarity": np.flatnonzero(votes).tolist(),
                "votes": {str(label): int(count) for label, count in enumerate(votes)},
                "coverage": int(votes.sum()) / rows,
                "overlaps": int(summary.overlaps[place]) / rows,
                "conflicts": int(summary.conflicts[place]) / rows,
                "returned_none": int(summary.nones[place]),
                **({} if hand is None else _on_hand_labels(hand, place)),
            }
        )
    return found


def _on_hand_labels(hand: HandLabels, place: int) -> dict[str, object]:
    votes = hand.votes[:, place]
    voted = votes >= 0
    correct = int((votes[voted] == hand.labels[voted]).sum())
    total = int(voted.sum())
    return {
        "hand_labeled_votes": total,
        "accuracy": correct / total if total else None,
        "accuracy_interval": list(wilson(correct, total)) if total else None,
    }


def conflicting_pairs(names: Sequence[str], summary: VoteSummary) -> list[dict[str, object]]:
    """The pairs of functions that disagree most, at most 20: rows where both vote, and where they differ."""
    differ, both = summary.disagreements(), summary.joint_votes()
    first, second = np.triu_indices(len(names), 1)
    order = np.argsort(-differ[first, second], kind="stable")[:_MOST_PAIRS]
    return [
        {
            "functions": [names[i], names[j]],
            "both_vote": int(both[i, j]),
            "disagree": int(differ[i, j]),
            "share": int(differ[i, j]) / int(both[i, j]),
        }
        for i, j in zip(first[order], second[order], strict=True)
        if differ[i, j]
    ]
