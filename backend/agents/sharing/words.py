"""What the sharing pipeline did, told to a person."""

from collections.abc import Mapping, Sequence
from typing import Any


def profile_in_words(name: str, rows: int, columns: int, personal: Sequence[str], made: Sequence[str]) -> str:
    """What the table holds that must not be shared."""
    text = f"{name} has {rows:,} rows and {columns} columns"
    text += f"; {', '.join(personal)} are personal" if personal else "; no column is recognised as personal"
    others = [each for each in made if each not in personal]
    if others:
        text += f"; {', '.join(others)} would name single rows"
    return f"{text}. Such values are made anew." if made else f"{text}."


def attempt_in_words(record: Mapping[str, Any]) -> str:
    """What was tried, why, what it gave, and what came next."""
    head = f"Attempt {record['attempt']} ({record['why']}) trained a {record['model_type']} of width {_width(record)}"
    if record.get("error"):
        return f"{head}, which failed: {record['error']} {record['next']}"
    utility = record["utility"]
    worth = (
        "its utility was not measured"
        if utility is None
        else f"a learner trained on its rows is worth {utility:.1%} of one trained on real rows"
    )
    return f"{head} and drew {record['num_rows']:,} rows: {worth}. {record['verdict']['sentence']} {record['next']}"


def _width(record: Mapping[str, Any]) -> str:
    settings = record["settings"]
    return f"{settings['width']} for up to {settings['epochs']} epochs"


def summary(answer: Mapping[str, Any], profile: str, sentences: Sequence[str], name: str) -> str:
    """The whole run: the verdict first, then the table, each attempt, and why it ended."""
    utility = answer["utility_pct"]
    worth = (
        "its utility was not measured"
        if utility is None
        else f"for learning it is worth {utility:.1%} of the real table"
    )
    head = {
        "met": f"Here is a synthetic version of {name} that may be shared",
        "met_within_noise": f"Here is a synthetic version of {name} that may be shared",
        "not_met": f"No version of {name} reached what was asked for; the best attempt was kept",
    }[answer["outcome"]]
    lines = [f"{head}: {worth}. {answer['verdict']['sentence']}", profile, *sentences]
    return "\n".join([*lines, f"It ended since {answer['stopped']}. {answer['verdict']['note']}"])
