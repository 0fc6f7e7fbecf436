"""Holds a plan against the sentence it was made of: nothing lost, nothing invented, nothing out of bounds.

Both planners pass through here. Every path, number and negation of the sentence is used by the plan, every path and
number of the plan comes from the sentence or from an earlier step; where that is not so, the answer is a question.
"""

import re
from collections.abc import Iterator
from typing import Any

from agents.orchestrator.datasets import known_names
from agents.orchestrator.dialogue.questions import question_for
from agents.orchestrator.offline.lexicon import MODEL_TYPES, WORDS
from agents.orchestrator.offline.mentions import FORMATS
from agents.orchestrator.offline.scan import Token, tokens_of, unwrap
from agents.orchestrator.paths import why_forbidden
from agents.orchestrator.plan import Plan, clarify, refuse
from agents.orchestrator.screen import screen
from agents.orchestrator.tool_names import ARGUMENTS, PRODUCES, READ_KINDS
from DataFoundry.settings import limits

MAX_STEPS = 20
MAX_ATTEMPTS = 100
MAX_EPOCHS = 100_000
_REFERENCE = re.compile(r"^\$(\d+)$")


def verified(text: str, plan: Plan) -> Plan:
    """`plan` itself when it does what `text` says and may be run; else a question or a refusal."""
    if plan.status not in ("ok", "confirm"):
        return plan
    tokens = tokens_of(unwrap(text), known_names())
    refusal = screen(text, tokens)
    if refusal:
        return refusal
    for check in (_shape, _paths_allowed, _bounds, _nothing_invented, _nothing_lost, _exclusions):
        found = check(plan, tokens)
        if found:
            return found
    return plan


def _shape(plan: Plan, tokens: list[Token]) -> Plan | None:
    """Known tools and arguments, what must be there is there, and `$n` is an earlier step of the right kind."""
    if not plan.steps:
        return clarify("What shall I do?")
    if len(plan.steps) > MAX_STEPS:
        return clarify(f"These are {len(plan.steps)} steps; at most {MAX_STEPS} at a time, please.")
    for place, step in enumerate(plan.steps, start=1):
        if step.tool == "apply_fixes" and not {"fixes", "remove_duplicates", "undo"} & set(step.args):
            return clarify(question_for("apply_fixes", "fixes"))
        if step.tool not in ARGUMENTS:
            return clarify(f"I know no tool called {step.tool}; the tools are {', '.join(ARGUMENTS)}.")
        allowed = ARGUMENTS[step.tool]
        for name in step.args:
            if name not in allowed:
                return clarify(f"I do not know what {name.replace('_', ' ')} means for {step.tool}.")
        for name, (kind, needed) in allowed.items():
            if needed and step.args.get(name) in (None, ""):
                return clarify(f"Which {name.replace('_', ' ')} shall I use to {step.tool.replace('_', ' ')}?")
            if name in step.args and kind in READ_KINDS:
                wrong = _wrong_reference(plan, place, str(step.args[name]), kind)
                if wrong:
                    return clarify(wrong)
    return None


def _wrong_reference(plan: Plan, place: int, value: str, kind: str) -> str:
    match = _REFERENCE.match(value)
    if not match:
        return f"{value} is no step of this plan." if value.startswith("$") else ""
    earlier = int(match.group(1))
    if not 1 <= earlier < place:
        return f"Step {place} cannot use the result of step {earlier}, which comes later or does not exist."
    made = PRODUCES[plan.steps[earlier - 1].tool]
    if made != kind and not (kind == "table" and made == "report"):
        return f"Step {place} needs a {kind}, but step {earlier} makes {made or 'none'}; what do you mean?"
    return ""


def _paths_allowed(plan: Plan, tokens: list[Token]) -> Plan | None:
    for path in (*_paths(plan), *(token.text for token in tokens if token.kind == "path")):
        reason = why_forbidden(path)
        if reason:
            return refuse(reason)
    for step in plan.steps:
        sources = [str(value) for name, value in step.args.items() if ARGUMENTS[step.tool][name][0] in READ_KINDS]
        if step.args.get("output") in sources:
            return refuse(f"{step.args['output']} is read and would be overwritten; name another file to write to.")
    return None


def _paths(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        for name, value in step.args.items():
            if isinstance(value, dict) and "times_rows_of" in value:
                yield str(value["times_rows_of"])
            elif ARGUMENTS[step.tool].get(name, ("", False))[0] in (*READ_KINDS, "output") and not str(
                value
            ).startswith("$"):
                yield str(value)


def _bounds(plan: Plan, tokens: list[Token]) -> Plan | None:
    for step in plan.steps:
        for name, value in step.args.items():
            question = _out_of_bounds(ARGUMENTS[step.tool][name][0], name.replace("_", " "), value)
            if question:
                return clarify(question)
    return None


def _out_of_bounds(kind: str, name: str, value: Any) -> str:
    if kind == "columns":
        return "" if isinstance(value, list) and value else f"Which {name} are meant?"
    if kind in (*READ_KINDS, "output", "text", "choice", "column"):
        return "" if isinstance(value, str) and value.strip() else f"What is the {name}?"
    if kind == "condition":
        return "" if value else "Which rows are meant?"
    if kind == "rows" and isinstance(value, dict):
        return "" if set(value) == {"times_rows_of", "factor"} and value["factor"] > 0 else "How many rows?"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"The {name} must be a number, not {value}; what shall it be?"
    low, high, whole = {
        "rows": (1, limits().max_rows_generated, True),
        "whole": (0, 2**63 - 1, True),
        "positive": (1, MAX_EPOCHS, True),
        "attempts": (1, MAX_ATTEMPTS, True),
        "fraction": (0.0, 1.0, False),
        "share": (0.0, 0.5, False),
        "rate": (0.0, 1.0, False),
        "utility": (0.0, 150.0, False),
    }[kind]
    if whole and value != int(value):
        return f"The {name} must be a whole number, not {value}; what shall it be?"
    if not low <= value <= high or (value == 0 and not whole):
        return f"The {name} must lie between {low:,} and {high:,}, not {value:,}; what shall it be?"
    return ""


def _nothing_invented(plan: Plan, tokens: list[Token]) -> Plan | None:
    """Every path and number of the plan stands in the sentence."""
    paths = {token.text for token in tokens if token.kind == "path"}
    words = {token.word.lower() for token in tokens if token.kind in ("word", "quoted")}
    for path in _paths(plan):
        if path not in paths and path.lower() not in words and path not in plan.known:
            return clarify(f"You did not name {path}; which file do you mean?")
    said = _said_numbers(tokens) | {float(each) for each in plan.known if re.fullmatch(r"\d+(\.\d+)?", each)}
    for step in plan.steps:
        for name, value in step.args.items():
            for number in _numbers(value):
                if number not in said:
                    return clarify(f"You did not say {name.replace('_', ' ')} {number:g}; what shall it be?")
            if (
                isinstance(value, str)
                and ARGUMENTS[step.tool][name][0] in ("text", "condition", "column")
                and value not in plan.known
                and not _text_from(value, tokens)
            ):
                return clarify(f"You did not say {name.replace('_', ' ')} {value}; what shall it be?")
    return None


def _said_numbers(tokens: list[Token]) -> set[float]:
    said = (
        {1.0, 2.0, 3.0, 0.5}
        if any(token.is_word("twice", "double", "half", "triple", "thrice", "many", "same-size") for token in tokens)
        else set()
    )
    for token in tokens:
        if token.kind == "number" and token.value is not None:
            said |= {token.value, round(token.value / 100, 12)} if token.percent else {token.value}
    return said


def _numbers(value: Any) -> Iterator[float]:
    """Numbers of an argument; those inside a condition or a goal are its text."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield round(float(value), 12)


def _text_from(value: str, tokens: list[Token]) -> bool:
    """Whether every word of `value` stands in the sentence."""
    words = {piece for token in tokens for piece in re.findall(r"\w+", f"{token.text} {token.word}".lower())}
    words |= {MODEL_TYPES[word] for word in words if word in MODEL_TYPES} | {
        FORMATS[word] for word in words if word in FORMATS
    }
    words |= {"datasets"} if "tables" in words else set()
    return all(piece in words for piece in re.findall(r"\w+", value.lower()))


def _nothing_lost(plan: Plan, tokens: list[Token]) -> Plan | None:
    """Every path, name and number of the sentence is used by the plan, or was said not to be."""
    texts = [text for step in plan.steps for value in step.args.values() for text in _texts(value)]
    used = {text.lower() for text in (*texts, *plan.excluded, *plan.aside)}
    aside = [re.sub(r"[\s,]", "", text) for text in plan.aside]
    for token in tokens:
        named = token.kind == "path" or (token.kind == "word" and token.word in known_names())
        if named and token.text.lower() not in used and not any(token.text.lower() in text.lower() for text in texts):
            return clarify(f"What shall I do with {token.text}?")
    values = {number for step in plan.steps for value in step.args.values() for number in _numbers(value)}
    for token in tokens:
        if token.kind != "number" or token.value is None:
            continue
        if {round(token.value, 12), round(token.value / 100, 12) if token.percent else token.value} & values:
            continue
        said = {re.sub(r"[\s,]", "", token.text), token.text if re.search(r"\d", token.text) else f"{token.value:g}"}
        if not {*said, f"{token.value:.15g}"} & set(aside) and not any(
            each in re.sub(r"[\s,]", "", text) for text in texts for each in said
        ):
            return clarify(f"What does {token.text} stand for?")
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from map(str, value)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield str(each)


def _exclusions(plan: Plan, tokens: list[Token]) -> Plan | None:
    """Nothing that the sentence excludes; a negation that the planner made nothing of is a question."""
    for step in plan.steps:
        if step.tool in plan.excluded or {str(value) for value in step.args.values()} & set(plan.excluded):
            return clarify(f"You both ask for and exclude {step.tool.replace('_', ' ')}; which shall it be?")
    if plan.planner == "offline":
        return None  # it has asked already where a word was left over
    limited = any("where" in step.args or isinstance(step.args.get("num_rows"), dict) for step in plan.steps)
    doubtful = WORDS["alternatives"] | WORDS["conditionals"] | WORDS["restrictions"] | {"instead", "again"}
    doubtful = doubtful if plan.excluded else doubtful | WORDS["negations"]
    doubtful = doubtful if limited else doubtful | WORDS["limits"]
    for token in tokens:
        if token.kind == "word" and token.word in doubtful:
            return clarify(f"I am not sure what “{token.text}” reaches over; please say it in other words.")
    return None
