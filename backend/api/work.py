"""Run a heavy operation for a request: wait for its answer, or promise one."""

import json
from typing import Any

from flask import Response, after_this_request, jsonify, request

from api.preferences import Preferences, read_key, read_preferences
from api.reply import succeeded
from api.security.access import client
from api.views import shown
from jobs import service
from jobs.answer_cache import Remembered
from jobs.operations import OPERATIONS
from jobs.store import Job

_ASK_AGAIN_AFTER = 2  # seconds
_remembered: Remembered[bytes] = Remembered()


def run_job(operation: str, arguments: dict[str, Any]) -> dict[str, Any] | Response:
    """The body of the operation's answer; with `Prefer: respond-async` perhaps 202 and where to follow the job.

    Raises
    ------
    DataFoundryError
        What the operation raised, and those of `jobs.runner.Runner.submit`.
    """
    wanted = read_preferences(request.headers.getlist("Prefer"))
    key = read_key(request.headers, request.path, arguments, client())
    after_this_request(_varies)
    if not wanted.respond_async and key is None:
        return _waited_for(operation, arguments)
    runner = service.runner()
    job, _ = runner.submit(operation, arguments, durable=True, key=key, client=client())
    if not job.over:
        job = runner.wait(job.id, (wanted.wait or 0) if wanted.respond_async else None)
    return _answer(job) if job.over else _accepted(job, wanted)


def _waited_for(operation: str, arguments: dict[str, Any]) -> dict[str, Any] | Response:
    """The answer of a job that nobody but this request knows; or an earlier answer about the same unchanged file."""

    def ask() -> dict[str, Any]:
        runner = service.runner()
        job, _ = runner.submit(operation, arguments, client=client())
        return _answer(runner.wait(job.id))

    about = OPERATIONS[operation].about
    if about is None:
        return ask()
    other = json.dumps({name: value for name, value in arguments.items() if name != about}, sort_keys=True)
    # Kept as it is sent: to write it anew would be a third of the work of answering.
    text = _remembered.answer(arguments[about], lambda: jsonify(ask()).get_data(), f"{operation} {other}")
    return Response(text, content_type="application/json")


def _answer(job: Job) -> dict[str, Any]:
    """The body that a finished job answers with; raises its error."""
    if job.problem is not None:
        raise job.problem.error()
    assert job.result is not None
    return job.result


def _accepted(job: Job, wanted: Preferences) -> Response:
    message = f"Accepted; follow the job at /api/jobs/{job.id}."
    response = jsonify(succeeded(message, {"job": shown(job, in_full=True)}))
    response.status_code = 202
    response.headers["Location"] = f"/api/jobs/{job.id}"
    response.headers["Preference-Applied"] = wanted.applied()
    response.headers["Retry-After"] = str(_ASK_AGAIN_AFTER)
    return response


def _varies(response: Response) -> Response:
    response.vary.add("Prefer")
    return response
