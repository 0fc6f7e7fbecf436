"""What a planner answers: steps, or the reason why there are none."""

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "clarify", "refuse", "unsupported"]


@dataclass(frozen=True)
class Step:
    """One call of a tool. An argument `"$1"` stands for the result of step 1."""

    tool: str
    args: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {"tool": self.tool, "args": self.args}


@dataclass(frozen=True)
class Plan:
    """A planner's answer.

    `message` is the question (`clarify`) or the reason (`refuse`, `unsupported`); empty when the plan is to be run.
    `excluded` holds the tools and paths that the sentence said not to use.
    """

    status: Status
    steps: tuple[Step, ...] = ()
    message: str = ""
    excluded: tuple[str, ...] = ()
    planner: str = "offline"
    notes: tuple[str, ...] = field(default=())

    def as_list(self) -> list[dict[str, Any]]:
        return [step.as_dict() for step in self.steps]


def clarify(message: str) -> Plan:
    return Plan("clarify", message=message)


def refuse(message: str) -> Plan:
    return Plan("refuse", message=message)


def unsupported(message: str) -> Plan:
    return Plan("unsupported", message=message)
