"""A message of a thread -> the request that it now makes, and its plan."""

from dataclasses import replace
from typing import Any

from agents.orchestrator.datasets import known_names
from agents.orchestrator.dialogue.conversation import Pending, Turn, respond
from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.offline.lexicon import ACTS
from agents.orchestrator.offline.scan import tokens_of
from agents.orchestrator.paths import why_forbidden
from agents.orchestrator.plan import Plan, Step, refuse, unsupported
from agents.orchestrator.planner_offline import plain
from agents.orchestrator.state import Planner, State
from agents.orchestrator.verifier import verified


def planned(planner: Planner, state: State) -> Turn:
    """The turn that a state waits for.

    An answer that is a request of its own takes the place of the old one; else it is read as what the old one lacked.
    """
    memory, answer = Memory.read(state.get("memory")), state.get("answer", "")
    steps, results = state.get("plan") or [], state.get("results") or []
    if not answer.strip():
        return respond(planner, state["text"], None, memory)
    if state["status"] == "clarify" and len(results) < len(steps) and steps[len(results)]["tool"] == "label":
        return _hand_labels(planner, state["text"], answer, steps, len(results))
    return respond(planner, answer, Pending.read(state.get("pending")), memory)


def _hand_labels(planner: Planner, text: str, answer: str, steps: list[dict[str, Any]], place: int) -> Turn:
    """The file with hand labels turns the step into the labeling pipeline."""
    if plain(answer) in ACTS["no"]:
        return Turn(text, unsupported("Nothing more was done."))
    alone = verified(answer, planner.plan(answer))
    if alone.status in ("ok", "confirm", "refuse"):
        return Turn(answer, replace(alone, notes=(*alone.notes, "I set aside the labeling that I asked about.")))
    files = [token for token in tokens_of(answer, known_names()) if token.kind == "path"]
    if len(files) != 1:
        return Turn(text, Plan("clarify", _steps(steps), "Name one file with hand-labeled examples, or say cancel."))
    reason = why_forbidden(files[0].text)
    if reason:
        return Turn(text, refuse(reason))
    args = steps[place]["args"]
    kept = {name: value for name, value in args.items() if name in ("seed", "output")}
    changed = {
        "tool": "label_agent",
        "args": {"raw_data_path": args["data"], "hand_labeled_examples_path": files[0].text, **kept},
    }
    rest = [*steps[:place], changed, *steps[place + 1 :]]
    known = tuple(str(value) for step in rest for value in step["args"].values())
    return Turn(f"{text} (hand labels: {files[0].text})", Plan("ok", _steps(rest), known=known))


def _steps(steps: list[dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(Step(step["tool"], step["args"]) for step in steps)
