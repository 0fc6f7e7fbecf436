"""Synthetic rows and how good they are."""

from typing import Any

from apiflask import APIBlueprint

from api.reply import succeeded
from api.responses import Evaluated, Generated
from api.schemas import EvaluateSynthetic, GenerateData
from DataFoundry import evaluator, generator

blueprint = APIBlueprint("generation", __name__, url_prefix="/api/generation", tag="Generation")


@blueprint.post("/generate-data")
@blueprint.input(GenerateData, arg_name="asked")
@blueprint.output(Generated)
def generate_data(asked: GenerateData) -> dict[str, Any]:
    """Draw synthetic rows of one label, or of all in their proportions."""
    result = generator.generate_data(**asked.given())
    return succeeded(f"{result['num_generated']} rows generated.", result)


@blueprint.post("/evaluate")
@blueprint.input(EvaluateSynthetic, arg_name="asked")
@blueprint.output(Evaluated)
def evaluate(asked: EvaluateSynthetic) -> dict[str, Any]:
    """Compare synthetic rows with real ones: utility, shapes, trends, detection, privacy."""
    return succeeded("Synthetic rows compared with real ones.", evaluator.evaluate_synthetic(**asked.given()))
