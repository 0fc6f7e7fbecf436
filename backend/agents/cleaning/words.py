"""What the cleaning pipeline did, told to a person."""

from typing import Any

from agents.cleaning.changes import SURE, Plan

_KINDS = {
    "rule": "broken rules",
    "range": "values out of range",
    "spelling": "misspelt values",
    "format": "values in another form",
    "outlier": "unusual values",
    "label": "doubtful labels",
}


def tried(plan: Plan) -> str:
    """What a plan does, as the middle of a sentence."""
    text = f"changed cells that the check is at least {plan.min_confidence:.0%} sure of"
    if plan.left_out:
        text += f", leaving out {' and '.join(_KINDS[kind] for kind in plan.left_out)}"
    if plan.passes > 1:
        text += f", in {plan.passes} passes"
    return text


def attempt_in_words(record: dict[str, Any], plan: Plan) -> str:
    """What was tried, why, what it gave, and what came next."""
    counts = f"{record['num_changed']:,} cells changed"
    if record["num_emptied"]:
        counts += (
            f", {record['num_emptied']:,} of them emptied, since they are {SURE:.0%} surely wrong and nothing says"
        )
        counts += " what should stand there"
    worth = record["utility"]
    utility = (
        "utility was not measured"
        if worth is None
        else f"a learner scores {worth['after']:.4f} ({_measure(worth)}) on held-out rows, {worth['before']:.4f} before"
        f"{_verdict(worth)}"
    )
    return (
        f"Attempt {record['attempt']} ({record['why']}) {tried(plan)}: {counts}. A new check finds "
        f"{record['errors_after']:,} errors where {record['errors_before']:,} were "
        f"({record['errors_removed']:.1%} removed); {utility}. {record['next']}"
    )


def _measure(worth: dict[str, Any]) -> str:
    return {"auroc": "AUROC", "macro_f1": "macro F1", "r2": "R²"}[worth["measure"]]


def _verdict(worth: dict[str, Any]) -> str:
    if worth["verdict"] == "kept":
        return ""
    word = "within the noise of" if worth["verdict"] == "within_noise" else "more than the noise of"
    return f", lower by {word} {worth['noise']:.4f}"


def summary(answer: dict[str, Any], sentences: list[str], name: str) -> str:
    """The whole run: the verdict first, then each attempt, then why it ended."""
    removed = f"{answer['errors_removed']:.1%} of the {answer['errors_before']:,} errors that were found are gone"
    if not answer["errors_before"]:
        removed = "no errors were found"
    worth = answer["utility"]
    utility = "what it is worth to a learner was not measured"
    if worth is not None:
        utility = f"a learner scores {worth['after']:.4f} instead of {worth['before']:.4f} ({_measure(worth)})"
    clean = {
        "met": f"{name} is clean enough to train on",
        "met_within_noise": f"{name} is clean enough to train on, as far as the noise of the measure lets tell",
        "not_met": f"{name} is not as clean as asked for; the best attempt was kept",
    }[answer["outcome"]]
    head = f"{clean}: {removed}, and {utility}."
    left = [each for each in answer["warnings"] if each.startswith("Left as they are")]
    return "\n".join([head, *sentences, f"It ended since {answer['stopped']}.", *left])
