"""Odd rows and cells."""

from typing import Any

from apiflask import APIBlueprint

from api.reply import succeeded
from api.responses import Scanned
from api.schemas import DetectAnomalies
from DataFoundry import evaluator

blueprint = APIBlueprint("cleaning", __name__, url_prefix="/api/cleaning", tag="Cleaning")


@blueprint.post("/detect-anomalies")
@blueprint.input(DetectAnomalies, arg_name="asked")
@blueprint.output(Scanned)
def detect_anomalies(asked: DetectAnomalies) -> dict[str, Any]:
    """Score every row of a table by how unlikely the model finds it."""
    result = evaluator.detect_anomalies(**asked.given())
    return succeeded(f"{result['num_samples_scanned']} rows scanned.", result)
