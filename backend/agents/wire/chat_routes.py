"""The routes of chat clients: OpenAI's, and the toolkit's older ones."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Request, Response, jsonify, request

from agents.orchestrator.service import Orchestrator, Reply
from agents.orchestrator.state import silent
from agents.wire import chat, streams
from agents.wire.bodies import Chat, read
from agents.wire.conversations import Conversations
from agents.wire.events import Recorder
from api.security.access import client

Answer = Response | tuple[Response, int]


def add(app: Flask, service: Orchestrator, named: Callable[[Request], str | None]) -> None:
    """Add the routes to the orchestrator's application; `named` tells the thread that a request's headers name."""
    known = Conversations(service.store)

    def answer(asked: Chat, streaming: bool) -> Response:
        text, warnings = asked.messages[-1].text(), asked.warnings()
        said = asked.thread_id or named(request)
        owner = client()

        def run(recorder: Recorder | None = None) -> Reply:
            thread_id = said or known.take(asked.messages, owner)
            try:
                reply = service.run(text, thread_id, recorder.emit if recorder else silent, owner)
            except BaseException:
                if thread_id and not said:
                    known.keep(asked.messages, None, thread_id, owner)  # the client may send the turn again
                raise
            if not said:
                known.keep(asked.messages, reply.value, reply.thread_id, owner)
            return reply

        def last(reply: Reply, recorder: Recorder) -> Iterator[str]:
            return chat.chunks(reply, recorder, warnings, asked.wants_usage())

        if streaming:
            return streams.stream(text, run, streams.human, last, streams.bare_error)
        return jsonify(chat.completion(text, run(), warnings))

    def whole() -> Response:
        return answer(read(request, Chat), streaming=False)

    def streamed() -> Response:
        return answer(read(request, Chat), streaming=True)

    def either() -> Response:
        asked = read(request, Chat)
        return answer(asked, asked.stream)

    views: dict[str, Callable[[], Response]] = {
        "/chat": whole,
        "/v1/chat": whole,
        "/chat/stream": streamed,
        "/v1/chat/stream": streamed,
        "/v1/chat/completions": either,
    }
    for path, view in views.items():
        app.add_url_rule(path, path, view, methods=["POST"])
    app.add_url_rule("/v1/models", "models", lambda: jsonify(chat.models()))
    app.add_url_rule("/v1/models/<name>", "model", _model)


def _model(name: str) -> Answer:
    if name == chat.MODEL:
        return jsonify(chat.model())
    error: dict[str, Any] = {
        "message": f"There is no model {name[:100]!r}; the only one is {chat.MODEL}.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }
    return jsonify({"error": error}), 404
