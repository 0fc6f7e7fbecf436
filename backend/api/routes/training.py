"""Configurations and models."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.responses import ConfigCreated, Trained, TrainingPipelineDone
from api.schemas import CreateConfig, TrainingPipeline, TrainModel
from api.work import run_job

blueprint = APIBlueprint("training", __name__, url_prefix="/api/training", tag="Training")


@blueprint.post("/create-config")
@blueprint.input(CreateConfig, arg_name="asked")
@blueprint.output(ConfigCreated)
def create_config(asked: CreateConfig) -> dict[str, Any] | Response:
    """Write a training configuration for a table."""
    return run_job("training.create_config", asked.arguments())


@blueprint.post("/train-model")
@blueprint.input(TrainModel, arg_name="asked")
@blueprint.output(Trained)
def train_model(asked: TrainModel) -> dict[str, Any] | Response:
    """Train a generative model as its configuration says."""
    return run_job("training.train_model", asked.arguments())


@blueprint.post("/run-pipeline")
@blueprint.input(TrainingPipeline, arg_name="asked")
@blueprint.output(TrainingPipelineDone)
def run_pipeline(asked: TrainingPipeline) -> dict[str, Any] | Response:
    """Train and correct until synthetic rows are as useful as asked for."""
    return run_job("training.run_pipeline", asked.arguments())
