"""Steps of a running request as the toolkit's clients show them: for people, raw, and as a trajectory (ATIF)."""

import html
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ROOT = "root"
WORKFLOW = "<workflow>"


@dataclass(frozen=True)
class Event:
    """The start or the end of the workflow or of one tool.

    Attributes
    ----------
    kind
        `WORKFLOW_START`, `WORKFLOW_END`, `FUNCTION_START` or `FUNCTION_END`.
    id, parent
        Start and end share one id.
    started
        For an end: when it began, in seconds since 1970.
    """

    kind: str
    id: str
    parent: str
    name: str
    given: Any
    output: Any = None
    moment: float = 0.0
    started: float | None = None

    def human(self) -> dict[str, Any] | None:
        """For `/generate/stream`; None for what only the raw form tells."""
        if not self.kind.startswith("FUNCTION"):
            return None
        done = self.kind == "FUNCTION_END"
        payload = f"**Function Input:**\n```python\n{_shown(self.given)}\n```"
        if done:
            payload += f"**Function Output:**\n```python\n{_shown(self.output)}\n```"
        return {
            "id": self.id,
            "parent_id": self.parent,
            "type": "markdown",
            "name": f"Function {'Complete' if done else 'Start'}: {self.name}",
            "payload": payload,
        }

    def raw(self) -> dict[str, Any]:
        """For `/generate/full`: the payload is JSON text."""
        payload = {
            "event_type": self.kind,
            "event_timestamp": self.moment,
            "span_event_timestamp": self.started,
            "framework": None,
            "name": self.name,
            "tags": None,
            "metadata": None,
            "data": {"input": self.given, "output": self.output, "chunk": None, "payload": None},
            "usage_info": None,
            "UUID": self.id,
        }
        return {
            "id": self.id,
            "parent_id": self.parent,
            "type": self.kind,
            "name": self.name,
            "payload": json.dumps(payload, default=str),
        }


@dataclass
class Recorder:
    """Turns what the graph emits into events, each told to `tell` at once."""

    text: str
    tell: Callable[[Event], None]
    workflow: str = field(default_factory=lambda: str(uuid.uuid4()))
    function: str = field(default_factory=lambda: str(uuid.uuid4()))
    open: dict[str, tuple[str, Any, float]] = field(default_factory=dict)
    began: float = field(default_factory=time.time)
    done: list[Event] = field(default_factory=list)

    def begin(self) -> None:
        given = {"input_message": self.text}
        self._tell(Event("WORKFLOW_START", self.workflow, ROOT, "orchestrator", given, moment=self.began))
        self._tell(Event("FUNCTION_START", self.function, ROOT, WORKFLOW, given, moment=self.began))

    def emit(self, event: str, name: str, data: Any) -> None:
        """The graph's side: `start` with the input, `end` with the output."""
        now = time.time()
        if event == "start":
            self.open[name] = (str(uuid.uuid4()), data, now)
            self._tell(Event("FUNCTION_START", self.open[name][0], self.function, name, data, moment=now))
        elif name in self.open:
            identity, given, began = self.open.pop(name)
            self._tell(Event("FUNCTION_END", identity, self.function, name, given, data, now, began))

    def finish(self, value: str) -> None:
        given, now = {"input_message": self.text}, time.time()
        self._tell(Event("FUNCTION_END", self.function, ROOT, WORKFLOW, given, value, now, self.began))
        self._tell(Event("WORKFLOW_END", self.workflow, ROOT, "orchestrator", given, value, now, self.began))

    def trajectory(self, value: str) -> list[dict[str, Any]]:
        """The whole run as ATIF steps: the request, the tools called, the answer."""
        root = {"ancestry": {"function_id": ROOT, "function_name": ROOT}, "invocation": {"status": "completed"}}
        calls = [event for event in self.done if event.kind == "FUNCTION_END" and event.name != WORKFLOW]
        steps: list[dict[str, Any]] = [
            {"source": "user", "message": self.text, "timestamp": _iso(self.began), "extra": root}
        ]
        if calls:
            steps.append(
                {
                    "source": "agent",
                    "message": "",
                    "timestamp": _iso(calls[-1].moment),
                    "tool_calls": [
                        {
                            "tool_call_id": f"call_{call.id}",
                            "function_name": call.name,
                            "arguments": call.given,
                            "extra": None,
                        }
                        for call in calls
                    ],
                    "observation": {
                        "results": [{"source_call_id": f"call_{call.id}", "content": call.output} for call in calls]
                    },
                    "extra": {
                        **root,
                        "tool_invocations": [
                            {"invocation_id": f"call_{call.id}", "status": "completed"} for call in calls
                        ],
                    },
                }
            )
        steps.append({"source": "agent", "message": value, "timestamp": _iso(time.time()), "extra": root})
        return [{"step_id": place, **step} for place, step in enumerate(steps, start=1)]

    def _tell(self, event: Event) -> None:
        self.done.append(event)
        self.tell(event)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return html.escape(text, quote=False)


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
