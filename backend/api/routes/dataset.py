"""What a table holds."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.responses import Converted, DatasetDescribed, Profiled, RowsViewed
from api.schemas import ConvertDataset, DatasetInfo, ProfileDataset, ViewRows
from api.work import run_job

blueprint = APIBlueprint("dataset", __name__, url_prefix="/api/dataset", tag="Dataset")


@blueprint.post("/info")
@blueprint.input(DatasetInfo, arg_name="asked")
@blueprint.output(DatasetDescribed)
def info(asked: DatasetInfo) -> dict[str, Any] | Response:
    """Describe a table: columns, types, missing values, first rows."""
    return run_job("dataset.info", asked.arguments())


@blueprint.post("/rows")
@blueprint.input(ViewRows, arg_name="asked")
@blueprint.output(RowsViewed)
def rows(asked: ViewRows) -> dict[str, Any] | Response:
    """Show some rows of a table of any size, as they lie there or sorted by one column."""
    return run_job("dataset.rows", asked.arguments())


@blueprint.post("/profile")
@blueprint.input(ProfileDataset, arg_name="asked")
@blueprint.output(Profiled)
def profile(asked: ProfileDataset) -> dict[str, Any] | Response:
    """Tell what each column of a table is, what is personal, and what to look at first."""
    return run_job("dataset.profile", asked.arguments())


@blueprint.post("/convert")
@blueprint.input(ConvertDataset, arg_name="asked")
@blueprint.output(Converted)
def convert(asked: ConvertDataset) -> dict[str, Any] | Response:
    """Write a table as parquet, csv, xlsx, feather or jsonl."""
    return run_job("dataset.convert", asked.arguments())
