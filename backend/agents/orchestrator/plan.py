"""What a planner answers: steps, or the reason why there are none."""

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "confirm", "clarify", "help", "refuse", "unsupported"]


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

    Attributes
    ----------
    status, steps
        `ok`: to be run; `confirm`: to be run when somebody says yes. The others have no steps.
    message
        The question (`clarify`), the reason (`refuse`, `unsupported`) or the explanation (`help`).
    excluded
        Tools and paths that the sentence said not to use.
    notes
        Sentences for the person: what was left aside, and what was taken from before.
    draft, asked
        Of a question: what was understood so far, and the place and argument that the answer fills.
    aside
        Texts of the request that the plan need not hold: what was corrected, what was only told.
    known
        Paths and values that come from earlier in the conversation.
    choices
        Of a question: names that may have been meant; a yes takes the only one.
    """

    status: Status
    steps: tuple[Step, ...] = ()
    message: str = ""
    excluded: tuple[str, ...] = ()
    planner: str = "offline"
    notes: tuple[str, ...] = field(default=())
    draft: tuple[Step, ...] = ()
    asked: tuple[int, str] | None = None
    aside: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    def as_list(self) -> list[dict[str, Any]]:
        return [step.as_dict() for step in self.steps]


def clarify(message: str, draft: tuple[Step, ...] = (), asked: tuple[int, str] | None = None) -> Plan:
    return Plan("clarify", message=message, draft=draft, asked=asked)


def refuse(message: str) -> Plan:
    return Plan("refuse", message=message)


def unsupported(message: str) -> Plan:
    return Plan("unsupported", message=message)


def explain(message: str) -> Plan:
    return Plan("help", message=message)
