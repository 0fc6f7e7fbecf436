"""What the training pipeline did, told to a person."""

from collections.abc import Mapping, Sequence
from typing import Any

_OUTCOMES = {
    "met": "The target is met",
    "met_within_noise": "The target is met, as far as the noise of the measure lets tell",
    "not_met": "The target is not met; the best attempt was kept",
}


def summary(answer: Mapping[str, Any], target: float) -> str:
    """The verdict first, then each attempt, then why it ended."""
    attempts = answer["attempts"]
    head = (
        f"{_OUTCOMES[answer['outcome']]}: a learner trained on synthetic rows is worth {answer['utility_pct']:.1%} of "
        f"one trained on real rows (± {2 * answer['utility_sd']:.1%}; asked for {target:.1%}), measured on "
        f"{answer['measured_on']} in rows that no decision saw."
    )
    lines = [_attempt(record, attempts[place + 1 :]) for place, record in enumerate(attempts)]
    return "\n".join([head, *lines, f"It ended since {answer['stopped']}."])


def _attempt(record: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> str:
    """What was tried, why, what it gave, and what came next."""
    settings = record["settings"]
    tried = (
        f"Attempt {record['attempt']} ({record['why']}) trained for up to {settings['epochs']} epochs, width "
        f"{settings['width']}, latent {settings['latent_dim']}, batches of {settings['batch_size']}, learning rate "
        f"{settings['learning_rate']:.2g}"
    )
    if record["utility"] is None:
        gave = f"it failed: {record['error']}"
    else:
        gave = f"utility {record['utility']:.1%} ± {2 * record['utility_sd']:.1%}"
    found = "; ".join(finding["text"] for finding in record["findings"][:2])
    seen = f" Found: {found}." if found else ""
    after = f" Next: {later[0]['why']}." if later else ""
    return f"{tried}: {gave}.{seen}{after}"
