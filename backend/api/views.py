"""A job as clients see it."""

from datetime import UTC, datetime
from typing import Any

from api.errors import as_data
from jobs.store import Job, Line


def shown(job: Job, in_full: bool = False) -> dict[str, Any]:
    """The fields of `api.responses.JobState`; `in_full` with what was asked for and what was answered."""
    view: dict[str, Any] = {
        "id": job.id,
        "url": f"/api/jobs/{job.id}",
        "operation": job.operation,
        "state": job.state,
        "created": _moment(job.created),
        "started": _moment(job.started),
        "finished": _moment(job.finished),
        "seconds": job.seconds,
        "attempts": job.attempts,
        "progress": job.progress,
        "error": as_data(job.problem.error()) if job.problem is not None else None,
    }
    if in_full:
        view |= {"request": job.arguments, "result": job.result}
    return view


def shown_line(line: Line) -> dict[str, Any]:
    """The fields of `api.responses.LogLine`."""
    return {"at": _moment(line.at), "level": line.level, "text": line.text}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
