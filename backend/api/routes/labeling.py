"""Weak supervision."""

from typing import Any

from apiflask import APIBlueprint

from agents import labeling_pipeline
from api.reply import succeeded
from api.responses import Labeled, LabelingPipelineDone
from api.schemas import CreateLabels, LabelingPipeline
from DataFoundry import labeler

blueprint = APIBlueprint("labeling", __name__, url_prefix="/api/labeling", tag="Labeling")


@blueprint.post("/create-labels")
@blueprint.input(CreateLabels, arg_name="asked")
@blueprint.output(Labeled)
def create_labels(asked: CreateLabels) -> dict[str, Any]:
    """Label a table with labeling functions."""
    result = labeler.create_labels(**asked.given())
    return succeeded(f"{result['num_labeled']} of {result['num_rows']} rows labeled.", result)


@blueprint.post("/run-pipeline")
@blueprint.input(LabelingPipeline, arg_name="asked")
@blueprint.output(LabelingPipelineDone)
def run_pipeline(asked: LabelingPipeline) -> dict[str, Any]:
    """Find labeling functions from hand-labeled rows until the target is met."""
    result = labeling_pipeline.run(**asked.given())
    met = "Target reached" if result["target_reached"] else "Target not reached; the best attempt was kept"
    return succeeded(f"{met} after {len(result['attempts'])} attempts.", result)
