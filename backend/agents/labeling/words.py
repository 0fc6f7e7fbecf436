"""What the labeling pipeline did, told to a person."""

from collections.abc import Mapping, Sequence
from typing import Any

_OUTCOMES = {
    "met": "The target is met",
    "met_within_noise": "The target is met by the estimate, but its interval reaches below it",
    "not_met": "The target is not met; the best attempt was kept",
}


def summary(answer: Mapping[str, Any], target: float) -> str:
    """The verdict first, then each attempt, then why it ended."""
    attempts: Sequence[Mapping[str, Any]] = answer["attempts"]
    low, high = answer["auc_interval"]
    head = (
        f"{_OUTCOMES[answer['outcome']]}: AUC {answer['auc']:.3f} (95 % interval {low:.3f} to {high:.3f}; asked for "
        f"{target:g}), cross-fitted on {answer['num_hand_labels']} hand-labeled rows. {answer['num_labeled']:,} of "
        f"{answer['num_rows']:,} rows have a label."
    )
    lines = [_attempt(record, attempts[place + 1 :]) for place, record in enumerate(attempts)]
    return "\n".join([head, *lines, f"It ended since {answer['stopped']}."])


def _attempt(record: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> str:
    """What was tried, why, what it gave, and what came next."""
    low, high = record["auc_interval"]
    functions, dropped = len(record["functions"]), sum(record["dropped"].values())
    text = (
        f"Attempt {record['attempt']} ({record['why']}) kept {functions} labeling functions and dropped {dropped}: AUC "
        f"{record['auc']:.3f} ({low:.3f} to {high:.3f})."
    )
    return f"{text} Next: {later[0]['why']}." if later else text
