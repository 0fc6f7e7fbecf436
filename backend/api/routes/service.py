"""What operators ask: limits, readiness, metrics."""

from dataclasses import fields
from typing import Any

from apiflask import APIBlueprint

from api.reply import succeeded
from api.responses import LimitsListed
from DataFoundry.settings import limits

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
