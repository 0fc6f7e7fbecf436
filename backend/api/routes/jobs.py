"""Jobs: what runs, what came of it, how far it is; stop it."""

from collections.abc import Iterator
from typing import Any

from apiflask import APIBlueprint
from flask import Response, request

from api import websocket
from api.events import followed, may_follow
from api.reply import succeeded
from api.responses import JobFound, JobLogged, JobsListed
from api.schemas import ListJobs
from api.security.access import client, may_see, sees_all
from api.views import shown, shown_line
from jobs import service
from jobs.runner import Runner
from jobs.store import QUEUED, RUNNING, Job

# OpenAPI 3.1 has no words for a stream of events, hence its empty schema.
_EVENTS: Any = {
    200: {"description": "An event a change.", "content": {"text/event-stream": {"schema": {}}}},
    204: "The last event was received already.",
    404: "There is no such job.",
    503: "Too many.",
}

blueprint = APIBlueprint("jobs", __name__, url_prefix="/api/jobs", tag="Jobs")


@blueprint.get("")
@blueprint.input(ListJobs, location="query", arg_name="asked")
@blueprint.output(JobsListed)
def list_jobs(asked: ListJobs) -> dict[str, Any]:
    """List jobs, newest first, without their answers: those of the key, with the scope `admin` those of all."""
    store, of = service.runner().store, None if sees_all() else client()
    jobs, counts = store.list(asked.state, asked.before, asked.limit, of), store.counts(of)
    return succeeded(
        f"{len(jobs)} jobs.",
        {
            "jobs": [shown(job) for job in jobs],
            "running": counts[RUNNING],
            "queued": counts[QUEUED],
            "next_before": jobs[-1].number if len(jobs) == asked.limit else None,
        },
    )


def _seen(job_id: str) -> Job:
    """The job, if this client may see it; raises MissingJobError, whether it is another's or there is none."""
    job = service.runner().get(job_id)
    if not may_see(job.client):
        raise Runner.missing(job_id)
    return job


@blueprint.get("/<job_id>")
@blueprint.output(JobFound)
@blueprint.doc(responses={404: "There is no such job."})
def get_job(job_id: str) -> dict[str, Any]:
    """Tell the state, progress and answer of a job."""
    job = _seen(job_id)
    return succeeded(f"The job is {job.state}.", {"job": shown(job, in_full=True)})


@blueprint.delete("/<job_id>")
@blueprint.output(JobFound)
@blueprint.doc(responses={404: "There is no such job.", 409: "The job is over already."})
def cancel_job(job_id: str) -> dict[str, Any]:
    """Cancel a job: its process is killed, and what it left unfinished is removed."""
    job = service.runner().cancel(_seen(job_id).id)
    return succeeded("The job is cancelled; nothing half-written is left.", {"job": shown(job, in_full=True)})


@blueprint.get("/<job_id>/log")
@blueprint.output(JobLogged)
@blueprint.doc(responses={404: "There is no such job."})
def job_log(job_id: str) -> dict[str, Any]:
    """Tell what happened to a job, line by line."""
    lines = service.runner().store.lines(_seen(job_id).id)
    return succeeded(f"{len(lines)} lines.", {"lines": [shown_line(line) for line in lines]})


@blueprint.get("/<job_id>/events")
@blueprint.doc(responses=_EVENTS)
def job_events(job_id: str) -> Response:
    """Follow a job by server-sent events, until it is over; `Last-Event-ID` is honoured."""
    job = _seen(job_id)
    seen = request.headers.get("Last-Event-ID", "", type=str)
    after = int(seen) if seen.isdecimal() and len(seen) < 16 else 0
    if job.over and after >= job.version:
        return Response(status=204)
    slot = may_follow()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(_lines(job_id, after), content_type="text/event-stream; charset=utf-8", headers=headers)
    response.call_on_close(slot.release)
    return response


def _lines(job_id: str, after: int) -> Iterator[str]:
    for event in followed(job_id, after):
        yield event.as_text() if event is not None else ": still there\n\n"


@blueprint.get("/<job_id>/ws")
@blueprint.get("/<job_id>/ws", websocket=True)  # the router keeps the two kinds of request apart
@blueprint.doc(
    responses={
        101: "A WebSocket: one JSON text a change, as in the events, closed after the last.",
        403: "A page of another site asked.",
        404: "There is no such job.",
        426: "No WebSocket was asked for.",
        501: "The server program cannot speak WebSocket.",
        503: "Too many.",
    }
)
def job_websocket(job_id: str) -> Response:
    """Follow a job over a WebSocket, until it is over."""
    _seen(job_id)
    return websocket.follow(job_id)
