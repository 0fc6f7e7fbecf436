"""What a table holds."""

from typing import Any

from apiflask import APIBlueprint

from api.reply import succeeded
from api.responses import DatasetDescribed
from api.schemas import DatasetInfo
from DataFoundry import evaluator

blueprint = APIBlueprint("dataset", __name__, url_prefix="/api/dataset", tag="Dataset")


@blueprint.post("/info")
@blueprint.input(DatasetInfo, arg_name="asked")
@blueprint.output(DatasetDescribed)
def info(asked: DatasetInfo) -> dict[str, Any]:
    """Describe a table: columns, types, missing values, first rows."""
    result = evaluator.describe_dataset(**asked.given())
    return succeeded(f"{result['num_rows']} rows, {result['num_columns']} columns.", result)
