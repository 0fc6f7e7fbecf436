"""Ask: the orchestrator as a conversation, its plan shown before it runs."""

import os
from typing import Any

import requests
from flask import Blueprint, g, request

from console import calls
from console.formats import short_path
from console.view import page

blueprint = Blueprint("ask", __name__, url_prefix="/console/ask")
VARIABLE = "DATAFOUNDRY_ORCHESTRATOR_URL"
_SECONDS = 60


@blueprint.get("")
def show() -> Any:
    calls.get("/api/limits")  # only for those whom the service knows
    return page("ask.html", there=_there(), variable=VARIABLE)


@blueprint.post("/plan")
def plan() -> Any:
    """What would be done for a request; nothing is done."""
    _may_execute()
    text, thread = request.form.get("text", "").strip(), request.form.get("thread", "")
    if not text:
        raise calls.Refused(422, "Write what you want first.", "empty")
    reply = _orchestrator("POST", "/generate", {"input_message": text, "dry_run": True})
    return page("plan.html", reply=reply, text=text, thread=thread)


@blueprint.post("/run")
def run() -> Any:
    _may_execute()
    text, thread = request.form.get("text", "").strip(), request.form.get("thread", "")
    body = {"input_message": text, **({"thread_id": thread} if thread else {})}
    job = _orchestrator("POST", "/generate/async", body)
    return page("asked.html", job=job["job_id"], text=text, reply=None, state="submitted")


@blueprint.get("/job/<job_id>")
def follow(job_id: str) -> Any:
    _may_execute()
    job = _orchestrator("GET", f"/generate/async/job/{job_id}", None)
    return page(
        "asked.html",
        job=job_id,
        text="",
        reply=job.get("output"),
        state=job["status"],
        error=job.get("error"),
        steps=job.get("steps"),
        short=short_path,
    )


def _may_execute() -> None:
    """Whoever may not run pipelines here may not by an orchestrator that was started without keys."""
    try:
        calls.post("/api/labeling/run-pipeline", {})
    except calls.Refused as error:
        if error.status != 400:
            raise


def _there() -> bool:
    try:
        return bool(os.environ.get(VARIABLE)) and _orchestrator("GET", "/health", None)["status"] == "healthy"
    except calls.Refused:
        return False


def _orchestrator(method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    home = os.environ.get(VARIABLE, "").rstrip("/")
    if not home:
        raise calls.Refused(503, f"No orchestrator is configured; the operator sets {VARIABLE}.", "no_orchestrator")
    try:
        key = {"Authorization": f"Bearer {g.api_key}"} if g.api_key else {}
        answer = requests.request(method, home + path, json=body, headers=key, timeout=_SECONDS)
        told = answer.json()
    except (requests.RequestException, ValueError):
        raise calls.Refused(
            503, "The orchestrator does not answer; the operator must start it.", "no_orchestrator"
        ) from None
    if answer.status_code >= 400:
        raise calls.Refused(answer.status_code, str(told.get("message") or told.get("detail")), "orchestrator")
    return dict(told)
