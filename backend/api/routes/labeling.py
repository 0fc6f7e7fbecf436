"""Weak supervision."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.labeling_schemas import CreateLabels, LabelingPipeline, SuggestFunctions, SuggestRows, TryFunctions
from api.responses import FunctionsSuggested, FunctionsTried, Labeled, LabelingPipelineDone, RowsSuggested
from api.work import run_job

blueprint = APIBlueprint("labeling", __name__, url_prefix="/api/labeling", tag="Labeling")


@blueprint.post("/create-labels")
@blueprint.input(CreateLabels, arg_name="asked")
@blueprint.output(Labeled)
def create_labels(asked: CreateLabels) -> dict[str, Any] | Response:
    """Label a table with labeling functions."""
    return run_job("labeling.create_labels", asked.arguments())


@blueprint.post("/try-functions")
@blueprint.input(TryFunctions, arg_name="asked")
@blueprint.output(FunctionsTried)
def try_functions(asked: TryFunctions) -> dict[str, Any] | Response:
    """See at once what labeling functions do on the first rows; nothing is written."""
    return run_job("labeling.try_functions", asked.arguments())


@blueprint.post("/suggest-functions")
@blueprint.input(SuggestFunctions, arg_name="asked")
@blueprint.output(FunctionsSuggested)
def suggest_functions(asked: SuggestFunctions) -> dict[str, Any] | Response:
    """Find labeling functions in hand-labeled rows, and measure them on others of these rows."""
    return run_job("labeling.suggest_functions", asked.arguments())


@blueprint.post("/suggest-rows")
@blueprint.input(SuggestRows, arg_name="asked")
@blueprint.output(RowsSuggested)
def suggest_rows(asked: SuggestRows) -> dict[str, Any] | Response:
    """Find the rows that are worth labeling by hand next."""
    return run_job("labeling.suggest_rows", asked.arguments())


@blueprint.post("/run-pipeline")
@blueprint.input(LabelingPipeline, arg_name="asked")
@blueprint.output(LabelingPipelineDone)
def run_pipeline(asked: LabelingPipeline) -> dict[str, Any] | Response:
    """Find labeling functions from hand-labeled rows until the target is met; or label by functions that are given."""
    return run_job("labeling.run_pipeline", asked.arguments())
