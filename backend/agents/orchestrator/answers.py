"""A request and the answer to the question that it raised -> one plan."""

import re
from typing import Any

from agents.orchestrator.datasets import known_names
from agents.orchestrator.offline.scan import tokens_of
from agents.orchestrator.paths import why_forbidden
from agents.orchestrator.plan import Plan, Step, clarify, refuse, unsupported
from agents.orchestrator.state import Planner
from agents.orchestrator.verifier import verified

_CANCEL = re.compile(r"\W*(?:cancel|stop|never ?mind|forget it|no,? thanks?|nothing|abort|quit)\W*", re.IGNORECASE)


def planned(
    planner: Planner, text: str, answer: str, steps: list[dict[str, Any]], results: list[dict[str, Any]]
) -> tuple[str, Plan]:
    """The text that is now the request, and its plan.

    An answer that is a request of its own takes the place of the old one; else it is read as what the old one lacked.
    """
    if not answer.strip():
        return text, planner.plan(text)
    if _CANCEL.fullmatch(answer):
        return text, unsupported("Nothing was done.")
    if steps and len(results) < len(steps) and steps[len(results)]["tool"] == "label":
        return _hand_labels(text, answer, steps, len(results))
    alone = verified(answer, planner.plan(answer))
    if alone.status in ("ok", "refuse"):
        return answer, alone
    for joined in _joined(text, answer):
        found = verified(joined, planner.plan(joined))
        if found.status == "ok":
            return joined, found
    return text, clarify(_again(verified(text, planner.plan(text)).message or alone.message))


def _joined(text: str, answer: str) -> list[str]:
    base, said = text.rstrip(" .!?;,"), answer.strip().rstrip(" .!?;,")
    return [
        f"{base} {said}",
        f"{base} on {said}",
        f"{base} from {said}",
        f"{base} in {said}",
        f"{base}, {said}",
        f"{base} from the model in {said}",
    ]


def _again(question: str) -> str:
    return f"I could not use that answer. {question} Or say the whole request anew."


def _hand_labels(text: str, answer: str, steps: list[dict[str, Any]], place: int) -> tuple[str, Plan]:
    """The file with hand labels turns the step into the labeling pipeline."""
    files = [token for token in tokens_of(answer, known_names()) if token.kind == "path"]
    if len(files) != 1:
        return text, Plan("clarify", _steps(steps), "Name one file with hand-labeled examples, or say cancel.")
    reason = why_forbidden(files[0].text)
    if reason:
        return text, refuse(reason)
    args = steps[place]["args"]
    kept = {name: value for name, value in args.items() if name in ("seed", "output")}
    changed = {
        "tool": "label_agent",
        "args": {"raw_data_path": args["data"], "hand_labeled_examples_path": files[0].text, **kept},
    }
    rest = [*steps[:place], changed, *steps[place + 1 :]]
    return f"{text} (hand labels: {files[0].text})", Plan("ok", _steps(rest))


def _steps(steps: list[dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(Step(step["tool"], step["args"]) for step in steps)
