"""What the graph remembers of one request: plain JSON, paths and never tables, so that checkpoints stay small."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict

from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.plan import Plan

Outcome = Literal["ok", "confirm", "clarify", "help", "refuse", "unsupported"]


class State(TypedDict, total=False):
    """State of one thread.

    Attributes
    ----------
    asked, text
        What was sent, and the request that it makes with what was said before.
    answer
        What was answered to the last question; empty when it has been used.
    status, message
        The plan's outcome, and its question or reason.
    plan
        Steps as `{"tool", "args"}`.
    excluded
        Tools and files that the request excludes.
    planner
        Which planner made the plan.
    results
        What the finished steps gave: `{"tool", "summary", "kind", "files", ...}`.
    reply
        The readable answer.
    notes
        Sentences that go before the answer: what was set aside, what was taken from before.
    pending
        The open question (`conversation.Pending`), empty when there is none.
    memory
        What the thread has seen (`memory.Memory`); it outlives the request.
    """

    asked: str
    text: str
    answer: str
    status: Outcome
    message: str
    plan: list[dict[str, Any]]
    excluded: list[str]
    planner: str
    results: list[dict[str, Any]]
    reply: str
    notes: list[str]
    pending: dict[str, Any]
    memory: dict[str, Any]


class Planner(Protocol):
    """Reads a request into a plan."""

    name: str

    def plan(self, text: str, memory: Memory | None = None) -> Plan: ...


Emit = Callable[[str, str, Any], None]


def silent(event: str, name: str, data: Any) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Context:
    """What the nodes use and no checkpoint holds.

    Attributes
    ----------
    planner
        Offline, or a language model with the offline planner as its floor.
    thread_id
        Names the outputs of a request.
    emit
        Called with `start` or `end`, the tool's name, and its input or output.
    """

    planner: Planner
    thread_id: str
    emit: Emit = field(default=silent)
