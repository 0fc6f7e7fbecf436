"""The Flask application of port 8000."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, Request, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from agents.orchestrator.service import THREAD_ID, Orchestrator, Reply, WorkflowError, works
from agents.orchestrator.state import silent
from agents.wire import chat_routes, graph_routes, streams
from agents.wire.bodies import Answered, Asked, AskedAsync, BadBody, read
from agents.wire.events import Recorder
from agents.wire.runs import Runs
from api.errors import HttpProblem
from api.security import register as secure
from api.security.access import client, sees_all
from DataFoundry.settings import limits

Last = Callable[[Reply, Recorder], Iterator[str]]
Answer = Response | tuple[Response, int] | tuple[str, int]


def create_app(orchestrator: Orchestrator | None = None) -> Flask:
    """The application around an orchestrator; by default a new one on the default database."""
    app = Flask("agents.wire", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = limits().max_request_bytes
    service = orchestrator or Orchestrator()
    # A request in words may come to anything that the pipelines do; each tool of /mcp asks for a scope of its own.
    secure(app, posts="execute", needs={"/mcp": "read"})
    _errors(app)
    _requests(app, service)
    _streams(app, service)
    chat_routes.add(app, service, _conversation)
    graph_routes.add(app, service)
    _background(app, service)
    return app


def _errors(app: Flask) -> None:
    @app.errorhandler(BadBody)
    def bad_body(error: BadBody) -> Answer:
        return jsonify({"detail": error.detail}), 422

    @app.errorhandler(WorkflowError)
    def workflow_error(error: WorkflowError) -> Answer:
        return jsonify(streams.error_body(error)), 422

    @app.errorhandler(HttpProblem)
    def problem(error: HttpProblem) -> Answer:
        answer = jsonify({"detail": error.description, "code": error.name_in_body})
        answer.headers.extend(error.get_headers())
        return answer, error.code or 500

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Answer:
        answer = jsonify({"detail": error.name})
        answer.headers.extend([(name, value) for name, value in error.get_headers() if name == "Allow"])
        return answer, error.code or 500

    @app.errorhandler(Exception)
    def defect(error: Exception) -> Answer:
        return jsonify(streams.error_body(error)), 500

    @app.before_request
    def refuse_forms_of_other_sites() -> Answer | None:
        """A page of another site can post a form here unasked; JSON it cannot, without a leave that is never given."""
        if request.headers.get("Origin") and request.method == "POST" and not request.is_json:
            return jsonify({"detail": "Send JSON with Content-Type: application/json."}), 415
        return None


def _requests(app: Flask, service: Orchestrator) -> None:
    @app.get("/health")
    def health() -> Answer:
        return jsonify({"status": "healthy", "features": {"agent_pipelines": works()}})

    @app.post("/generate")
    def generate() -> Answer:
        asked = read(request, Asked)
        return jsonify(_run(service, asked, request, client()).as_dict())

    @app.post("/v1/workflow")
    def workflow() -> Answer:
        asked = read(request, Asked)
        reply = _run(service, asked, request, client())
        if reply.status in ("clarify", "confirm") and not asked.dry_run:
            return jsonify(app.extensions["runs"].asked(reply, client())), 202
        return jsonify(reply.as_dict())


def _run(service: Orchestrator, asked: Asked, sent: Request, of: str, recorder: Recorder | None = None) -> Reply:
    """Do what is asked for the client `of`."""
    if asked.dry_run:
        return service.dry_run(asked.input_message)
    thread_id = asked.thread_id or _conversation(sent)
    return service.run(asked.input_message, thread_id, recorder.emit if recorder else silent, of)


def _conversation(sent: Request) -> str | None:
    """The thread that a chat window means."""
    named = sent.headers.get("Conversation-Id", "")
    return named if THREAD_ID.fullmatch(named) else None


def _streams(app: Flask, service: Orchestrator) -> None:
    def streamed(show: Any, last: Any, versioned: bool) -> Response:
        asked = read(request, Asked)
        sent = request._get_current_object()  # type: ignore[attr-defined]  # the request lives on in the stream's thread
        of = client()
        failed = streams.event_error if versioned else streams.bare_error
        return streams.stream(
            asked.input_message, lambda recorder: _run(service, asked, sent, of, recorder), show, last(of), failed
        )

    def answered(versioned: bool) -> Callable[[str], Last]:
        def of_client(of: str) -> Last:
            def last(reply: Reply, recorder: Recorder) -> Iterator[str]:
                if versioned and reply.status in ("clarify", "confirm") and reply.thread_id:
                    told = app.extensions["runs"].asked(reply, of)
                    yield f"event: interaction_required\n{streams.data({'event_type': 'interaction_required', **told})}"
                yield streams.data(reply.as_dict())

            return last

        return of_client

    def trajectory(of: str) -> Last:
        def last(reply: Reply, recorder: Recorder) -> Iterator[str]:
            yield streams.data(reply.as_dict())
            for step in recorder.trajectory(reply.value):
                yield streams.data(step)

        return last

    for prefix in ("/generate", "/v1/workflow"):
        versioned = prefix.startswith("/v1")

        def human(versioned: bool = versioned) -> Answer:
            return streamed(streams.human, answered(versioned), versioned)

        def full(versioned: bool = versioned) -> Answer:
            wanted = request.args.get("filter_steps")
            kinds = None if wanted is None else frozenset(wanted.upper().split(","))
            return streamed(streams.raw(kinds), answered(versioned), versioned)

        def atif(versioned: bool = versioned) -> Answer:
            return streamed(streams.nothing, trajectory, versioned)

        for name, view in (("stream", human), ("full", full), ("atif", atif)):
            app.add_url_rule(f"{prefix}/{name}", f"{prefix}/{name}", view, methods=["POST"])


def _background(app: Flask, service: Orchestrator) -> None:
    runs = app.extensions["runs"] = Runs(service)

    def submit() -> Answer:
        asked = read(request, AskedAsync)
        job = runs.submit(
            asked.input_message, asked.job_id, asked.thread_id, asked.expiry_seconds, asked.sync_timeout, client()
        )
        if job["status"] in ("submitted", "running"):
            return jsonify({"job_id": job["job_id"], "status": "submitted"}), 202
        return jsonify(job)

    def job(job_id: str) -> Answer:
        known = runs.job(job_id, client(), sees_all())
        return jsonify(known) if known else (jsonify({"detail": f"Job {job_id} not found"}), 404)

    for prefix in ("/generate", "/v1/workflow"):
        app.add_url_rule(f"{prefix}/async", f"{prefix}/async", submit, methods=["POST"])
        app.add_url_rule(f"{prefix}/async/job/<job_id>", f"{prefix}/async/job", job)

    @app.get("/executions/<execution_id>")
    def execution(execution_id: str) -> Answer:
        known = runs.execution(execution_id, client(), sees_all())
        return jsonify(known) if known else (jsonify({"detail": f"Execution {execution_id} not found"}), 404)

    @app.post("/executions/<execution_id>/interactions/<interaction_id>/response")
    def respond(execution_id: str, interaction_id: str) -> Answer:
        answered = read(request, Answered)
        if not runs.answer(execution_id, interaction_id, answered.response.text, client(), sees_all()):
            return jsonify({"detail": f"Interaction {interaction_id} not found"}), 404
        return "", 204
