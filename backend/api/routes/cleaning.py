"""Odd rows and cells."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.responses import Scanned
from api.schemas import DetectAnomalies
from api.work import run_job

blueprint = APIBlueprint("cleaning", __name__, url_prefix="/api/cleaning", tag="Cleaning")


@blueprint.post("/detect-anomalies")
@blueprint.input(DetectAnomalies, arg_name="asked")
@blueprint.output(Scanned)
def detect_anomalies(asked: DetectAnomalies) -> dict[str, Any] | Response:
    """Score every row of a table by how unlikely the model finds it."""
    return run_job("cleaning.detect_anomalies", asked.given())
