"""Wrong and odd rows and cells, and their repair."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from api.cleaning_responses import CleaningPipelineDone, FixesApplied, MissingFilled, Scanned, TableChecked
from api.cleaning_schemas import ApplyFixes, CheckTable, CleaningPipeline, DetectAnomalies, FillMissing
from api.work import run_job

blueprint = APIBlueprint("cleaning", __name__, url_prefix="/api/cleaning", tag="Cleaning")


@blueprint.post("/detect-anomalies")
@blueprint.input(DetectAnomalies, arg_name="asked")
@blueprint.output(Scanned)
def detect_anomalies(asked: DetectAnomalies) -> dict[str, Any] | Response:
    """Score every row of a table by how unlikely the model finds it."""
    return run_job("cleaning.detect_anomalies", asked.arguments())


@blueprint.post("/check-table")
@blueprint.input(CheckTable, arg_name="asked")
@blueprint.output(TableChecked)
def check_table(asked: CheckTable) -> dict[str, Any] | Response:
    """Find everything that is wrong with a table; no model is needed."""
    return run_job("cleaning.check_table", asked.arguments())


@blueprint.post("/apply-fixes")
@blueprint.input(ApplyFixes, arg_name="asked")
@blueprint.output(FixesApplied)
def apply_fixes(asked: ApplyFixes) -> dict[str, Any] | Response:
    """Write a table with fixes applied, and a journal by which each change can be undone."""
    return run_job("cleaning.apply_fixes", asked.arguments())


@blueprint.post("/fill-missing")
@blueprint.input(FillMissing, arg_name="asked")
@blueprint.output(MissingFilled)
def fill_missing(asked: FillMissing) -> dict[str, Any] | Response:
    """Write a table with its missing cells filled by rules and by what the other columns tell."""
    return run_job("cleaning.fill_missing", asked.arguments())


@blueprint.post("/run-pipeline")
@blueprint.input(CleaningPipeline, arg_name="asked")
@blueprint.output(CleaningPipelineDone)
def run_pipeline(asked: CleaningPipeline) -> dict[str, Any] | Response:
    """Check, fix, train and measure until a table is clean enough to train on."""
    return run_job("cleaning.run_pipeline", asked.arguments())
