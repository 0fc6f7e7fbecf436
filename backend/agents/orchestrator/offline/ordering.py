"""Clauses in the order of the text -> clauses in the order of doing, light verbs merged into the work they serve."""

from agents.orchestrator.offline.clause import Clause
from agents.orchestrator.offline.scan import Token


class Unclear(Exception):
    """The sentence can be read in more than one way, or not at all; the message is the question to ask."""


def merge(clauses: list[Clause], tokens: list[Token]) -> list[Clause]:
    """Clauses that each have a tool: `use`, `take` and the like give what they name to the clause they serve."""
    merged: list[Clause] = []
    waiting: list[Clause] = []
    for clause in clauses:
        if clause.kind in ("light", "tool") and not clause.tool and not clause.negated:
            waiting.append(clause)
            continue
        if waiting and not clause.negated and clause.kind != "save":
            for each in waiting:
                _absorb(clause, each)
            waiting = []
        previous = merged[-1] if merged else None
        if previous and _continues(previous, clause, tokens):
            _absorb(previous, clause)
        else:
            merged.append(clause)
    for each in waiting:
        target = next((clause for clause in reversed(merged) if clause.tool and not clause.negated), None)
        if target is None:
            types = [mention for mention in each.mentions if mention.kind == "model_type"]
            if not types or len(waiting) > 1:
                raise Unclear("")
            each.tool = "train"
            merged.append(each)
        else:
            _absorb(target, each)
    return merged


def _absorb(target: Clause, other: Clause) -> None:
    before = other.head < target.head
    target.mentions = other.mentions + target.mentions if before else target.mentions + other.mentions
    target.nouns += other.nouns
    if before:
        target.first = min(target.first, other.first)
        target.order = target.order or other.order
    else:
        target.last = max(target.last, other.last)
    if other.verb in ("check", "test", "validate", "compare", "measure", "verify"):
        target.nouns.append("against")


def _continues(previous: Clause, clause: Clause, tokens: list[Token]) -> bool:
    """Whether `clause` only says more about the work of `previous`: `... and flag the top 1%`, `Tune and train on`."""
    if previous.negated or clause.negated or clause.order or clause.kind == "save" or previous.kind == "save":
        return False
    files = any(mention.kind in ("file", "reference") for mention in clause.mentions)
    previous_files = any(mention.kind in ("file", "reference") for mention in previous.mentions)
    if clause.tool == previous.tool and clause.tool in ("detect_anomalies", "label", "describe", "evaluate"):
        return not files or not previous_files
    return {clause.tool, previous.tool} == {"train", "train_agent"} and not (files and previous_files)


def in_order(clauses: list[Clause], tokens: list[Token]) -> list[Clause]:
    """Follow `before`, `after`, `once` and `first`."""
    ordered: list[Clause] = []
    pending: list[Clause] = []  # `Before training, ...`: waits for the clause that comes first
    for clause in clauses:
        if clause.order == "before" and not ordered and clause is clauses[0]:
            pending.append(clause)
            continue
        if clause.order == "before" and ordered[-1:] and ordered[-1].order in ("before", "after"):
            raise Unclear("In which order shall I do this? Please say it step by step.")
        if clause.order == "beforehand" and ordered:
            ordered.insert(len(ordered) - 1, clause)
        elif clause.order == "before":
            ordered.append(clause)  # `label it before training`: the text's order is the order of doing
        elif clause.order == "after" and ordered and not _opens_sentence(clause, tokens):
            ordered.insert(len(ordered) - 1, clause)  # `generate after you have trained`
        elif ordered and (clause.order == "first" or _ends_with_first(clause, tokens)) and not clause.negated:
            if len(ordered) > 1:
                raise Unclear("Which of these steps shall come first?")
            ordered.insert(0, clause)
        else:
            ordered.append(clause)
        if pending:
            ordered += pending
            pending = []
    return ordered + pending


def _opens_sentence(clause: Clause, tokens: list[Token]) -> bool:
    """`Label it. After that is labeled, train`: an `after` at the head of a sentence speaks of what follows it."""
    return clause.first == 0 or tokens[clause.first - 1].word in (".", ";", "!")


def _ends_with_first(clause: Clause, tokens: list[Token]) -> bool:
    words = [token for token in tokens[clause.head : clause.last + 1] if token.kind == "word"]
    return bool(words) and words[-1].is_word("first")
