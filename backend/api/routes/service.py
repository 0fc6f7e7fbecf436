"""What operators ask: limits, readiness, metrics."""

from dataclasses import fields
from typing import Any

from apiflask import APIBlueprint
from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api import observability, readiness
from api.errors import HttpProblem
from api.reply import succeeded
from api.responses import LimitsListed, Ready
from DataFoundry.settings import limits

_TEXT: Any = {200: {"description": "Counts.", "content": {"text/plain": {"schema": {"type": "string"}}}}}

blueprint = APIBlueprint("service", __name__, tag="Operation")


@blueprint.get("/api/limits")
@blueprint.output(LimitsListed)
def list_limits() -> dict[str, Any]:
    """List every limit in force: its value, what it counts, and the setting that changes it."""
    in_force = limits()
    listed = {
        each.name: {
            "value": getattr(in_force, each.name),
            "default": each.default,
            "meaning": each.metadata["meaning"],
            "setting": f"DATAFOUNDRY_{each.name.upper()}",
        }
        for each in fields(in_force)
    }
    return succeeded(f"{len(listed)} limits.", {"limits": listed})


@blueprint.get("/ready")
@blueprint.output(Ready)
def ready() -> dict[str, Any]:
    """Tell whether the service can do its work now: folders writable, disk free, sandbox working."""
    wrong = readiness.reasons()
    if wrong:
        raise HttpProblem(503, "not_ready", " ".join(wrong.values()), {"Retry-After": "10"}, {"checks": {**wrong}})
    return {"status": "ready", "checks": dict.fromkeys(readiness.CHECKS, True)}


@blueprint.get("/metrics")
@blueprint.doc(responses=_TEXT)
def metrics() -> Response:
    """Counts for Prometheus: requests by route and status, their seconds, the queue, this process's memory, files."""
    return Response(generate_latest(observability.metrics().registry), content_type=CONTENT_TYPE_LATEST)
