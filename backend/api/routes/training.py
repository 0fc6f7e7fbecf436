"""Configurations and models."""

from typing import Any

from apiflask import APIBlueprint

from agents import training_pipeline
from api.reply import succeeded
from api.responses import ConfigCreated, Trained, TrainingPipelineDone
from api.schemas import CreateConfig, TrainingPipeline, TrainModel
from DataFoundry import trainer

blueprint = APIBlueprint("training", __name__, url_prefix="/api/training", tag="Training")


@blueprint.post("/create-config")
@blueprint.input(CreateConfig, arg_name="asked")
@blueprint.output(ConfigCreated)
def create_config(asked: CreateConfig) -> dict[str, Any]:
    """Write a training configuration for a table."""
    result = trainer.create_config(**asked.given())
    return succeeded(f"Configuration of a {result['config']['model_type']} written.", result)


@blueprint.post("/train-model")
@blueprint.input(TrainModel, arg_name="asked")
@blueprint.output(Trained)
def train_model(asked: TrainModel) -> dict[str, Any]:
    """Train a generative model as its configuration says."""
    return succeeded("Model trained.", trainer.train_model(**asked.given()))


@blueprint.post("/run-pipeline")
@blueprint.input(TrainingPipeline, arg_name="asked")
@blueprint.output(TrainingPipelineDone)
def run_pipeline(asked: TrainingPipeline) -> dict[str, Any]:
    """Train and correct until synthetic rows are as useful as asked for."""
    result = training_pipeline.run(**asked.given())
    met = "Target reached" if result["target_reached"] else "Target not reached; the best attempt was kept"
    return succeeded(f"{met} after {len(result['attempts'])} attempts.", result)
