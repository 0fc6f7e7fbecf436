"""Every operation as a tool: its request and answer are those of its route, and so is the scope that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp.types import Tool, ToolAnnotations
from pydantic import BaseModel

from api import cleaning_responses, cleaning_schemas, labeling_schemas, responses, schemas
from api.security.access import NEEDS
from jobs.operations import OPERATIONS

_READING = "read"
_WRITING = "write"


@dataclass(frozen=True)
class Operation:
    """A tool that is a job of the service.

    Attributes
    ----------
    name
        Of `jobs.operations.OPERATIONS`.
    asked, answered
        The models of the route's request and answer.
    writes
        Whether files are written; a file of that name is replaced.
    """

    name: str
    asked: type[schemas.RequestModel]
    answered: type[responses.Reply]
    writes: bool = True

    @property
    def tool(self) -> str:
        return self.name.replace(".", "_")

    @property
    def route(self) -> str:
        return f"/api/{self.name.replace('.', '/').replace('_', '-')}"

    @property
    def scope(self) -> str:
        """What an API key must allow, as for the route."""
        return NEEDS.get(self.route, _WRITING)


_LISTED = (
    Operation("dataset.info", schemas.DatasetInfo, responses.DatasetDescribed, writes=False),
    Operation("dataset.rows", schemas.ViewRows, responses.RowsViewed, writes=False),
    Operation("dataset.profile", schemas.ProfileDataset, responses.Profiled),
    Operation("dataset.convert", schemas.ConvertDataset, responses.Converted),
    Operation("labeling.create_labels", labeling_schemas.CreateLabels, responses.Labeled),
    Operation("labeling.try_functions", labeling_schemas.TryFunctions, responses.FunctionsTried, writes=False),
    Operation(
        "labeling.suggest_functions", labeling_schemas.SuggestFunctions, responses.FunctionsSuggested, writes=False
    ),
    Operation("labeling.suggest_rows", labeling_schemas.SuggestRows, responses.RowsSuggested, writes=False),
    Operation("labeling.run_pipeline", labeling_schemas.LabelingPipeline, responses.LabelingPipelineDone),
    Operation("training.create_config", schemas.CreateConfig, responses.ConfigCreated),
    Operation("training.train_model", schemas.TrainModel, responses.Trained),
    Operation("training.run_pipeline", schemas.TrainingPipeline, responses.TrainingPipelineDone),
    Operation("generation.generate_data", schemas.GenerateData, responses.Generated),
    Operation("generation.evaluate", schemas.EvaluateSynthetic, responses.Evaluated),
    Operation("generation.run_pipeline", schemas.SharingPipeline, responses.SharingPipelineDone),
    Operation("cleaning.detect_anomalies", cleaning_schemas.DetectAnomalies, cleaning_responses.Scanned),
    Operation("cleaning.check_table", cleaning_schemas.CheckTable, cleaning_responses.TableChecked),
    Operation("cleaning.apply_fixes", cleaning_schemas.ApplyFixes, cleaning_responses.FixesApplied),
    Operation("cleaning.fill_missing", cleaning_schemas.FillMissing, cleaning_responses.MissingFilled),
    Operation("cleaning.run_pipeline", cleaning_schemas.CleaningPipeline, cleaning_responses.CleaningPipelineDone),
)
TOOLS: dict[str, Operation] = {each.tool: each for each in _LISTED}


def described(operation: Operation) -> Tool:
    """The tool as clients are told of it."""
    purpose = (operation.asked.__doc__ or "").strip()
    job = "" if OPERATIONS[operation.name].short else " It may take minutes; progress is told, and it can be cancelled."
    return Tool(
        name=operation.tool,
        title=purpose.rstrip("."),
        description=f"{purpose} Answers: {(operation.answered.__doc__ or '').strip()}{job}",
        input_schema=input_schema(operation.asked),
        output_schema=operation.answered.model_json_schema(),
        annotations=ToolAnnotations(
            title=purpose.rstrip("."),
            read_only_hint=not operation.writes,
            destructive_hint=operation.writes,  # a file that is there already is replaced
            idempotent_hint=not operation.writes or "seed" not in operation.asked.model_fields,
            open_world_hint=False,
        ),
    )


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a request without what it says of several fields at once.

    Language models are given tools whose schemas have no `oneOf`, `anyOf` or `allOf` at the top; the request is held to
    them all the same when it comes.
    """
    schema = model.model_json_schema()
    return {name: each for name, each in schema.items() if name not in ("oneOf", "anyOf", "allOf")}


def checked(operation: Operation, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call as the job takes them.

    Raises
    ------
    RequestError
        If they are not what the tool takes; the sentence names the field.
    """
    return operation.asked.model_validate(dict(arguments)).arguments()
