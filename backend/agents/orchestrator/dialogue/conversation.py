"""What a message means in its conversation: an answer, a yes, a correction, more of the same, or a new request."""

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from agents.orchestrator import explaining, reports
from agents.orchestrator.datasets import known_names
from agents.orchestrator.dialogue.memory import Memory, drafted
from agents.orchestrator.dialogue.revising import revise
from agents.orchestrator.halting import halted
from agents.orchestrator.offline.lexicon import ACTS
from agents.orchestrator.offline.scan import tokens_of, unwrap
from agents.orchestrator.plan import Plan, Status, Step, clarify, unsupported
from agents.orchestrator.planner_offline import plain, read
from agents.orchestrator.screen import screen
from agents.orchestrator.state import Planner
from agents.orchestrator.verifier import verified

_LEADING = sorted(ACTS["yes"] | ACTS["no"] | ACTS["correction"] | ACTS["weak_correction"], key=len, reverse=True)
_LEAD = re.compile(
    rf"^\W*(?:{'|'.join(map(re.escape, _LEADING))})\b[\s,.:;!–—-]*(?:but\b|and\b|aber\b|mais\b|pero\b)?\s*",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"\b(?:same|again|instead|likewise|too|as well|also|once more|repeat)\b", re.IGNORECASE)
_JOINS = ("{} {}", "{} on {}", "{} from {}", "{} in {}", "{}, {}", "{} from the model in {}")


@dataclass(frozen=True)
class Pending:
    """A question that waits for its answer: what was said so far, and what was understood.

    `status` is `clarify` or `confirm`; `choices` are files that were offered.
    """

    text: str
    status: str
    message: str
    steps: tuple[Step, ...] = ()
    asked: tuple[int, str] | None = None
    aside: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "steps": [step.as_dict() for step in self.steps]}

    @classmethod
    def read(cls, value: dict[str, Any] | None) -> "Pending | None":
        if not value:
            return None
        told: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in value.items()}
        return cls(**{**told, "steps": tuple(Step(each["tool"], each["args"]) for each in value["steps"])})


@dataclass(frozen=True)
class Turn:
    """The text that is the request now, its plan, and of a question that stays open itself and its choices."""

    text: str
    plan: Plan
    choices: tuple[str, ...] = ()
    question: str = ""


def respond(planner: Planner, said: str, pending: Pending | None, memory: Memory) -> Turn:
    """The plan of a message, read with what is open and what was done before."""
    said = unwrap(said)
    if stopped := halted(tokens_of(said, known_names())):
        return Turn(said, stopped)
    turn = _answered(planner, said, pending, memory) if pending else _fresh(planner, said, memory)
    if turn.plan.status in ("ok", "confirm"):
        return replace(turn, plan=verified(turn.text, turn.plan))
    return turn


def _fresh(planner: Planner, said: str, memory: Memory) -> Turn:
    """A message that answers nothing."""
    words = plain(said)
    if words in ACTS["again"] and memory.planned:
        return Turn(said, _again(memory.planned, memory, memory.planned))
    if words in (ACTS["yes"] | ACTS["no"]) - ACTS["thanks"] - ACTS["again"]:
        return Turn(said, clarify("There is no open question; what shall I do?"))
    if words in ACTS["undo"]:
        return Turn(said, _undone(memory))
    lead = _LEAD.match(said)
    rest = said[lead.end() :] if lead else said
    if memory.planned and rest.strip() and (lead or _AGAIN.search(said)):
        revised = _revised(memory.planned, None, _without_again(rest), memory)
        if revised is not None and revised.status != "clarify":
            return Turn(said, _again(revised.steps, memory, memory.planned, revised))
    plan = verified(said, planner.plan(said, memory))
    if plan.status not in ("clarify", "unsupported") or plan.draft or not memory.planned:
        return Turn(said, plan)
    revised = _revised(memory.planned, None, said, memory)
    if revised is None or revised.status == "clarify":
        return Turn(said, plan)
    found = _again(revised.steps, memory, memory.planned, revised)
    return Turn(said, replace(found, status="confirm"))


def _undone(memory: Memory) -> Plan:
    """The last fixes taken back by their journal; other work leaves nothing behind that must be."""
    if memory.journal:
        step = Step("apply_fixes", {"data": memory.product, "undo": memory.journal})
        return Plan("ok", (step,), known=(*memory.paths(), memory.journal))
    return unsupported(
        "There is nothing that I could take back: the tables that you named are as they were, and each result is a "
        "file of its own."
    )


def _revised(steps: tuple[Step, ...], asked: tuple[int, str] | None, said: str, memory: Memory) -> Plan | None:
    refused = screen(said, tokens_of(said, known_names()))
    return refused or revise(steps, asked, said, known_names(), memory, read)


def _without_again(said: str) -> str:
    return re.sub(
        r"\b(?:do\s+)?(?:the\s+)?same(?:\s+(?:thing|again))?\b|\b(?:do\s+(?:it|that)\s+)?again\b|\binstead\b",
        " ",
        said,
        flags=re.IGNORECASE,
    )


def _again(steps: tuple[Step, ...], memory: Memory, before: tuple[Step, ...], revised: Plan | None = None) -> Plan:
    """Steps to be done once more, from the first that changed; what was written before stays."""
    same = next((place for place, (a, b) in enumerate(zip(steps, before, strict=False)) if a != b), len(before))
    start = min(same, len(memory.steps)) if len(steps) == len(before) and steps != before else 0
    paths = {
        planned.args[name]: done.args[name]
        for planned, done in zip(before, memory.steps, strict=False)
        for name in planned.args
        if isinstance(planned.args[name], str) and planned.args[name].startswith("$")
    }
    needed = {
        v
        for step in steps[start:]
        for v in step.args.values()
        if isinstance(v, str) and v[:1] == "$" and int(v[1:]) <= start
    }
    if not needed <= set(paths):
        start, paths = 0, {}
    found, notes = [], list(revised.notes if revised else ())
    for place, step in enumerate(steps[start:], start=start):
        args = {name: _moved(value, start, paths) for name, value in step.args.items()}
        if place < len(before) and args.get("output") and args["output"] == before[place].args.get("output"):
            notes.append(f"{args.pop('output')} stays as it is; the result goes to a new file.")
        found.append(Step(step.tool, args))
    said = [str(value) for step in (*before, *memory.steps) for each in step.args.values() for value in _parts(each)]
    known = tuple(dict.fromkeys([*memory.paths(), *said, *(revised.known if revised else ())]))
    status = revised.status if revised else "ok"
    return Plan(status, tuple(found), notes=tuple(notes), known=known, aside=revised.aside if revised else ())


def _parts(value: Any) -> list[Any]:
    return [*value, *value.values()] if isinstance(value, dict) else list(value) if isinstance(value, list) else [value]


def _moved(value: Any, start: int, paths: dict[str, Any]) -> Any:
    """`$3` after two steps were left out is `$1`; one that was left out is the file that it wrote."""
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    return paths[value] if int(value[1:]) <= start else f"${int(value[1:]) - start}"


def _answered(planner: Planner, said: str, pending: Pending, memory: Memory) -> Turn:
    """A message while a question is open."""
    words = plain(said)
    chosen = _chosen(words, pending)
    if chosen:
        said, words = chosen, ""
    if words in ACTS["yes"] and pending.status == "confirm":
        return Turn(
            pending.text, Plan("ok", pending.steps, "", pending.excluded, aside=pending.aside, known=pending.known)
        )
    if words in ACTS["no"]:
        return Turn(pending.text, unsupported("Nothing was done."))
    if words in ACTS["undo"]:
        return _still_open(pending, f"Nothing was done yet. Still open: {pending.message}")
    small = planner.plan(said, memory)
    if pending.status == "clarify" and [step.tool for step in small.steps] == ["list"]:
        return _still_open(pending, f"{explaining.listed(small.steps[0].args['what'])} Still open: {pending.message}")
    if small.status == "help":
        return _still_open(pending, f"{small.message} Still open: {pending.message}")
    if small.status == "refuse":
        return Turn(said, small)
    lead = _LEAD.match(said)
    rest = said[lead.end() :] if lead and said[lead.end() :].strip() else said
    return _revision(planner, rest, said, pending, memory) or _other(planner, said, pending, memory)


def _revision(planner: Planner, rest: str, said: str, pending: Pending, memory: Memory) -> Turn | None:
    """The answer as something said of the steps so far."""
    found = _revised(pending.steps, pending.asked, rest, memory) if pending.steps else None
    if found is None:
        return None
    if found.status == "clarify" and not found.draft:
        return _still_open(pending, f"{found.message} Still open: {pending.message}")
    tools = {step.tool for step in pending.steps}
    after = found.steps or found.draft
    kept = bool(tools & {step.tool for step in after}) or not after
    text = f"{pending.text.rstrip(' .!?;,')}. {rest}" if kept else said
    replaced = tuple(each for each in _spoken(pending.steps) if each not in _spoken(after))
    notes = found.notes if kept else (*found.notes, f"I set aside: {_brief(pending)}")
    status = (
        "ok" if found.status == "confirm" and kept and pending.status == "confirm" and not found.notes else found.status
    )
    message = f"Noted. {found.message}" if found.status == "clarify" and kept else found.message
    whole = replace(
        found,
        status=status,
        message=message,
        notes=notes,
        excluded=(*(pending.excluded if kept else ()), *found.excluded),
        aside=(*pending.aside, *found.aside, *replaced),
        known=(*pending.known, *found.known, *memory.paths()),
    )
    return Turn(text, whole)


def _other(planner: Planner, said: str, pending: Pending, memory: Memory) -> Turn:
    """A request of its own, an answer that only makes sense in the sentence, or nothing that can be used."""
    alone = verified(said, planner.plan(said, drafted((), memory)))
    if alone.status in ("ok", "confirm"):
        return Turn(said, replace(alone, notes=(*alone.notes, f"I set aside: {_brief(pending)}")))
    for pattern in _JOINS if not pending.steps else ():
        joined = pattern.format(pending.text.rstrip(" .!?;,"), said.strip().rstrip(" .!?;,"))
        found = verified(joined, planner.plan(joined, memory))
        if found.status in ("ok", "confirm"):
            return Turn(joined, found)
    return _still_open(pending, f"I could not use “{said.strip()[:60]}”. {pending.message}")


def _still_open(pending: Pending, message: str) -> Turn:
    """The question as it stands, after something else was said of it."""
    steps = pending.steps if pending.status == "confirm" else ()
    status = cast(Status, pending.status)
    plan = Plan(status, steps, message, pending.excluded, draft=pending.steps, asked=pending.asked,
                aside=pending.aside, known=pending.known)  # fmt: skip
    return Turn(pending.text, plan, pending.choices, pending.message)


def _chosen(words: str, pending: Pending) -> str:
    """The file that `yes`, `the first` or `2` means among those that were offered."""
    if pending.choices and words in ACTS["yes"] and len(pending.choices) == 1:
        return pending.choices[0]
    for place, name in enumerate(("first_choice", "second_choice", "third_choice")):
        if words in ACTS[name] and place < len(pending.choices):
            return pending.choices[place]
    return _offered(words, pending)


def _offered(words: str, pending: Pending) -> str:
    """The model that a name means where one was asked for, be there a table of that name or not."""
    said = re.sub(r"^(?:(?:use|take|from|with|the|model|called)\s+)*", "", words).removesuffix(" please")
    offered = explaining.models() if pending.asked and pending.asked[1] == "model" else []
    return next((each for each in offered if said == each.rsplit("/", 1)[-1].lower()), "")


def _spoken(steps: tuple[Step, ...]) -> list[str]:
    """Values of steps as they may stand in a text."""
    return [str(part) for step in steps for value in step.args.values() for part in _parts(value)]


def _brief(pending: Pending) -> str:
    return reports.in_brief([step.as_dict() for step in pending.steps]) if pending.steps else f"“{pending.text[:80]}”."
