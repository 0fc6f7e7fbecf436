"""The routes that LangGraph's RemoteGraph calls to run a graph of another server: whole and streamed, with threads."""

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, jsonify, request
from pydantic import Field

from agents.orchestrator.service import THREAD_ID, Orchestrator, Reply, WorkflowError
from agents.wire import streams
from agents.wire.bodies import BadBody, Lenient, read
from agents.wire.events import Event, Recorder
from api.security.access import client

ASSISTANT = "orchestrator"
_PEOPLE = ("user", "human")


class Run(Lenient):
    """A run of the graph: new input, or the answer to its question."""

    assistant_id: str = ASSISTANT
    input: dict[str, Any] | None = None
    command: dict[str, Any] | None = None
    stream_mode: list[str] | str = Field(default_factory=lambda: ["values"])

    def text(self) -> str:
        """The request: the last message of a person, `input_message`, or what the graph is resumed with.

        Raises
        ------
        BadBody
            If there is none.
        """
        if self.command and self.command.get("resume") is not None:
            return str(self.command["resume"])
        given = self.input or {}
        if isinstance(given.get("input_message"), str):
            return str(given["input_message"])
        messages = given.get("messages")
        for message in reversed(messages if isinstance(messages, list) else []):
            if isinstance(message, dict) and (message.get("role") or message.get("type")) in _PEOPLE:
                return _plain(message.get("content"))
        raise BadBody(
            [
                {
                    "type": "missing",
                    "loc": ["body", "input", "messages"],
                    "msg": "Send input.messages with a message of the user, input.input_message, or command.resume",
                    "input": given,
                }
            ]
        )

    def modes(self) -> list[str]:
        return [self.stream_mode] if isinstance(self.stream_mode, str) else self.stream_mode


def _plain(content: Any) -> str:
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def add(app: Flask, service: Orchestrator) -> None:
    """Add the routes to the orchestrator's application."""

    def streamed(thread_id: str | None = None) -> Response:
        asked, thread = read(request, Run), _checked(thread_id)
        modes = asked.modes()
        text, of = asked.text(), client()

        def show(event: Event) -> str:
            tool = event.kind == "FUNCTION_END" and not event.name.startswith("<")
            return _event("updates", {event.name: {"output": event.output}}) if tool and "updates" in modes else ""

        def last(reply: Reply, recorder: Recorder) -> Iterator[str]:
            if reply.status in ("clarify", "confirm") and "updates" in modes:
                yield _event("updates", {"__interrupt__": [_interrupt(reply)]})
            if "values" in modes:
                yield _event("values", _values(asked, reply))
            yield _event("end", None)

        def failed(body: dict[str, str]) -> str:
            return _event("error", {"error": body["details"], "message": body["message"]})

        return streams.stream(text, lambda recorder: service.run(text, thread, recorder.emit, of), show, last, failed)

    def waited(thread_id: str | None = None) -> Response:
        asked = read(request, Run)
        try:
            return jsonify(_values(asked, service.run(asked.text(), _checked(thread_id), client=client())))
        except WorkflowError as error:
            return jsonify({"__error__": {"error": error.kind, "message": error.message}})

    def made() -> Response:
        body = request.get_json(silent=True)
        named = body.get("thread_id") if isinstance(body, dict) else None
        return jsonify({"thread_id": _checked(named) or str(uuid.uuid4()), "status": "idle", "metadata": {}})

    for prefix in ("", "/threads/<thread_id>"):
        app.add_url_rule(f"{prefix}/runs/stream", f"{prefix}/runs/stream", streamed, methods=["POST"])
        app.add_url_rule(f"{prefix}/runs/wait", f"{prefix}/runs/wait", waited, methods=["POST"])
    app.add_url_rule("/threads", "threads", made, methods=["POST"])


def _checked(thread_id: Any) -> str | None:
    if thread_id is not None and (not isinstance(thread_id, str) or not THREAD_ID.fullmatch(thread_id)):
        problem = {"type": "string_pattern_mismatch", "loc": ["path", "thread_id"], "input": thread_id}
        raise BadBody([{**problem, "msg": f"A thread's name is {THREAD_ID.pattern}"}])
    return thread_id


def _values(asked: Run, reply: Reply) -> dict[str, Any]:
    """The state of the graph after a run: the messages, and what the orchestrator answers elsewhere."""
    before = (asked.input or {}).get("messages")
    said = list(before) if isinstance(before, list) else [{"type": "human", "content": asked.text()}]
    answer = {"type": "ai", "role": "assistant", "content": reply.value}
    waiting = {"__interrupt__": [_interrupt(reply)]} if reply.status in ("clarify", "confirm") else {}
    return {**reply.as_dict(), "messages": [*said, answer], **waiting}


def _interrupt(reply: Reply) -> dict[str, str]:
    return {"value": reply.value, "id": reply.thread_id}


def _event(name: str, value: Any) -> str:
    return f"event: {name}\n{streams.data(value)}"
