"""Synthetic rows and how good they are."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.responses import Evaluated, Generated, SharingPipelineDone
from api.schemas import EvaluateSynthetic, GenerateData, SharingPipeline
from api.work import run_job

blueprint = APIBlueprint("generation", __name__, url_prefix="/api/generation", tag="Generation")


@blueprint.post("/generate-data")
@blueprint.input(GenerateData, arg_name="asked")
@blueprint.output(Generated)
def generate_data(asked: GenerateData) -> dict[str, Any] | Response:
    """Draw synthetic rows of one label, or of all in their proportions."""
    return run_job("generation.generate_data", asked.arguments())


@blueprint.post("/evaluate")
@blueprint.input(EvaluateSynthetic, arg_name="asked")
@blueprint.output(Evaluated)
def evaluate(asked: EvaluateSynthetic) -> dict[str, Any] | Response:
    """Compare synthetic rows with real ones: utility, shapes, trends, detection, privacy."""
    return run_job("generation.evaluate", asked.arguments())


@blueprint.post("/run-pipeline")
@blueprint.input(SharingPipeline, arg_name="asked")
@blueprint.output(SharingPipelineDone)
def run_pipeline(asked: SharingPipeline) -> dict[str, Any] | Response:
    """Train, generate and judge until a synthetic version of a table may be shared."""
    return run_job("generation.run_pipeline", asked.arguments())
