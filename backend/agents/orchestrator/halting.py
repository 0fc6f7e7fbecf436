"""Requests to stop, take back or go on with work: nothing is begun for them, and it is said what can be done."""

from agents.orchestrator.offline.lexicon import VERBS, WORDS
from agents.orchestrator.offline.scan import Token
from agents.orchestrator.plan import Plan, clarify, unsupported

_WORK = frozenset(("label", "train", "tune", "generate", "detect", "evaluate", "check", "fix", "fill", "convert"))
_AHEAD = 6


def halted(tokens: list[Token]) -> Plan | None:
    """The answer to `stop training on a.csv` and `resume the training`; None where neither is asked."""
    for place, token in enumerate(tokens):
        if token.word == "related-tables":
            return unsupported(
                "I work on one table at a time. Several tables that hang together are learnt by "
                "POST /api/training/create-config with `tables`, or in the console; docs/related_tables.md shows how."
            )
        if token.kind != "word" or not _leads(tokens, place) or not _speaks_of_work(tokens, place):
            continue
        if token.word in WORDS["halting"]:
            return unsupported(
                "I have begun nothing for this. What runs in this thread ends before the next message is read; a job "
                "is cancelled by its id, with `datafoundry jobs cancel ID` or DELETE /api/jobs/ID."
            )
        if token.word in WORDS["continuing"]:
            return clarify(
                "I cannot go on with a training that has ended, nor change a model that is there. Shall I train a new "
                "model? Say “train on”, the table, and for how many epochs."
            )
    return None


def _leads(tokens: list[Token], place: int) -> bool:
    """Whether the word stands where a part of the request begins: `please stop ...`, `..., then cancel ...`."""
    before = tokens[place - 1] if place else None
    return before is None or before.kind == "sign" or before.word in WORDS["leading"]


def _speaks_of_work(tokens: list[Token], place: int) -> bool:
    """Whether work is named behind the word: `the training`, `labeling a.csv`, `the running job`."""
    foreign = tokens[place].text.lower() != tokens[place].word  # `höre auf, auf a.csv zu trainieren`
    for token in tokens[place + 1 : place + 1 + _AHEAD]:
        if token.kind == "sign" and not (foreign and token.word == ","):
            return False
        kind, _, mood = VERBS.get(token.word, ("", "", ""))
        if token.kind == "word" and (kind in _WORK and (mood == "ing" or foreign) or token.word in WORDS["jobs"]):
            return True
    return False
