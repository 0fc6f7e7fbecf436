"""Jobs: all of them, one of them, and the part of a page that follows one."""

import json
import math
import time
from typing import Any

from flask import Blueprint, current_app, request

from console import calls
from console.calls import Call
from console.curve import as_text, gathered
from console.results import more
from console.view import LOOKS, code, leave_for, page

blueprint = Blueprint("jobs", __name__, url_prefix="/console/jobs")
_FACTOR, _PATIENCE = 2.0, 10.0  # times what was estimated, and seconds, before work takes longer than expected
_STATES = ("running", "queued", "succeeded", "failed", "cancelled")


@blueprint.get("")
def show() -> Any:
    """Newest first, without the looks at tables that pages take themselves, unless `all` asks for them."""
    state, before = request.args.get("state", ""), request.args.get("before", "")
    query = {"limit": "60", **({"state": state} if state in _STATES else {}), **({"before": before} if before else {})}
    answer = calls.get("/api/jobs", **query)
    answer["jobs"] = [job for job in answer["jobs"] if request.args.get("all") or job["operation"] not in LOOKS]
    return page(
        "jobs.html", answer=answer, state=state, states=_STATES, code=code(Call("GET", "/api/jobs", None, query))
    )


@blueprint.get("/<job_id>")
def one(job_id: str) -> Any:
    job = calls.get(f"/api/jobs/{job_id}")["job"]
    return page("job.html", job=job, asked=json.dumps(job["request"], indent=2, ensure_ascii=False))


@blueprint.get("/<job_id>/show")
def follow(job_id: str) -> Any:
    """How far the job is; once it is over, what came of it."""
    job = calls.get(f"/api/jobs/{job_id}")["job"]
    if job["state"] in ("running", "queued"):
        points = gathered(request.args.get("curve", ""), job["progress"])
        curves = {"rows learned from": [each[1] for each in points], "rows held out": [each[2] for each in points]}
        return page("progress.html", job=job, late=_is_late(job["progress"]), curve=as_text(points), curves=curves)
    if job["state"] != "succeeded":
        return page("unsuccessful.html", job=job)
    own = f"results/{job['operation']}.html"
    template = own if own in current_app.jinja_env.list_templates() else "results/other.html"
    answer = json.dumps(job["result"], indent=2, ensure_ascii=False)
    call = Call("POST", _route(job["operation"]), job["request"])
    return page(
        template, job=job, result=job["result"], asked=job["request"], answer=answer, code=code(call), **more(job)
    )


def _is_late(report: dict[str, Any] | None) -> bool:
    """Whether nothing came since a report for far longer than it said to be left."""
    left = None if report is None else report.get("seconds_left")
    if report is None or left is None or report["done"] == report["total"]:
        return False
    return bool(time.time() - report.get("told", math.inf) > max(_FACTOR * left, _PATIENCE))


@blueprint.get("/<job_id>/log")
def log(job_id: str) -> Any:
    """What happened to the job; it asks for more as long as the job goes on."""
    lines = calls.get(f"/api/jobs/{job_id}/log")["lines"]
    state = calls.get(f"/api/jobs/{job_id}")["job"]["state"]
    return page("job_log.html", job_id=job_id, lines=lines, goes_on=state in ("running", "queued"))


@blueprint.post("/<job_id>/cancel")
def cancel(job_id: str) -> Any:
    calls.delete(f"/api/jobs/{job_id}")
    return leave_for(request.form.get("back") or f"/console/jobs/{job_id}")


@blueprint.post("/<job_id>/repeat")
def repeat(job_id: str) -> Any:
    """The same request once more."""
    job = calls.get(f"/api/jobs/{job_id}")["job"]
    return leave_for(f"/console/jobs/{calls.start(_route(job['operation']), job['request'])}")


def _route(operation: str) -> str:
    return "/api/" + operation.replace(".", "/").replace("_", "-")
