"""What the routes under /api/cleaning take."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.documented import at_most_one
from api.schemas import Attempts, ColumnsField, Integral, Path, PathText, ReadOptionsField, RequestModel, Seed, Share


class DetectAnomalies(RequestModel):
    """Find odd rows and cells."""

    model_config = ConfigDict(json_schema_extra=at_most_one("contamination", "top_k", "false_alarm_rate"))

    config_path: Annotated[PathText, Field(examples=["backend/output_data/models/config.json"])]
    model_path: Annotated[PathText, Field(examples=["backend/output_data/models/model.pth"])]
    preprocessor_path: Annotated[PathText, Field(examples=["backend/output_data/models/preprocessor.joblib"])]
    data_to_scan_path: Path
    output_path: Path | None = None
    contamination: Annotated[float, Field(gt=0, lt=1, description="Share of rows to flag.")] | None = None
    top_k: Annotated[int, Field(ge=1, description="Number of rows to flag."), Integral] | None = None
    false_alarm_rate: (
        Annotated[float, Field(gt=0, lt=1, description="Share of clean rows that may be flagged.")] | None
    ) = None
    read_options: ReadOptionsField | None = None


class CheckTable(RequestModel):
    """Find everything that is wrong with a table."""

    data_path: Path
    label_column: Annotated[str | None, Field(min_length=1, examples=["income"])] = None
    reference_path: (
        Annotated[PathText, Field(description="The same table as it was when it was right; it tells what is usual.")]
        | None
    ) = None
    columns: ColumnsField | None = None
    read_options: ReadOptionsField | None = None
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult_check.html"])] | None = None


class ApplyFixes(RequestModel):
    """Change the cells that fixes name, leave out rows that repeat others, or take such changes back."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {
                    "required": ["fixes_path"],
                    "properties": {"fixes_path": {"type": "string"}, "undo": {"const": False}},
                },
                {
                    "required": ["remove_duplicates"],
                    "properties": {"remove_duplicates": {"type": "string"}, "undo": {"const": False}},
                },
                {
                    "required": ["journal_path", "undo"],
                    "properties": {
                        "journal_path": {"type": "string"},
                        "undo": {"const": True},
                        "remove_duplicates": {"type": "null"},
                    },
                },
            ]
        }
    )

    data_path: Path
    fixes_path: Annotated[PathText, Field(examples=["backend/output_data/adult_check_fixes.csv"])] | None = None
    min_confidence: Annotated[float, Field(ge=0, le=1, description="Fixes of less are left alone.")] = 0.9
    kinds: (
        Annotated[
            list[Literal["rule", "range", "spelling", "format", "outlier", "label"]],
            Field(min_length=1, examples=[["rule", "spelling"]]),
        ]
        | None
    ) = None
    journal_path: Annotated[PathText, Field(description="With `undo`: the changes to take back.")] | None = None
    undo: bool = False
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult_cleaned.csv"])] | None = None
    read_options: ReadOptionsField | None = None
    remove_duplicates: (
        Annotated[
            Literal["exact", "except_key", "near"],
            Field(
                description="Rows to leave out: those equal to an earlier one (`exact`), also those equal in all but "
                "the key (`except_key`), or equal ones and those that are probably the same, written differently "
                "(`near`; the most complete one stays). Left out, all stay, and the answer says how many there are."
            ),
        ]
        | None
    ) = None


class FillMissing(RequestModel):
    """Fill in the missing cells of a table."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {
                    "required": ["model_path", "config_path"],
                    "properties": {"model_path": {"type": "string"}, "config_path": {"type": "string"}},
                },
                {"properties": {"model_path": {"type": "null"}, "config_path": {"type": "null"}}},
            ]
        }
    )

    data_path: Path
    model_path: Annotated[PathText, Field(description="Of such tables; a small table learns from its rows.")] | None = (
        None
    )
    config_path: Annotated[PathText, Field(description="Of the model.")] | None = None
    columns: Annotated[list[str], Field(min_length=1, examples=[["age", "workclass"]])] | None = None
    mode: Literal["likely", "draw"] = "likely"
    seed: Seed | None = None
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult_filled.csv"])] | None = None
    read_options: ReadOptionsField | None = None


class CleaningPipeline(RequestModel):
    """Make a table clean enough to train on."""

    data_path: Path
    label_column: Annotated[str | None, Field(min_length=1, description="By default `label`.", examples=["income"])] = (
        None
    )
    holdout_test_path: (
        Annotated[PathText, Field(description="Right rows; by default a quarter of those without errors.")] | None
    ) = None
    target_errors_removed: Annotated[Share, Field(description="Of the errors found.")] | None = None
    max_attempts: Attempts | None = None
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult_clean.csv"])] | None = None
    seed: Seed | None = None
    read_options: ReadOptionsField | None = None
