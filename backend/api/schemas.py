"""One model for each route's request: what is required, what is allowed, and an example that runs.

Unknown fields are refused with the nearest known name. Defaults of the work itself live in the library: a field that is
None here was not sent.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from api.documented import FILE_NAME, PLAIN_PATH, agreeing, open_object, read_options, whole
from DataFoundry.config import ModelParams, ReadOptions, TrainingParams, describe
from DataFoundry.errors import RequestError
from DataFoundry.models.registry import MODELS
from DataFoundry.offered import FORMATS, VIEWED_ROWS
from DataFoundry.settings import limits

Integral = BeforeValidator(whole)
PathText = Annotated[str, Field(min_length=1, max_length=4096, json_schema_extra=PLAIN_PATH)]
Path = Annotated[PathText, Field(examples=["backend/testing_data/adult.csv"])]
Seed = Annotated[
    int, Field(ge=0, lt=2**63, description="The same seed gives the same bytes; none differs every time."), Integral
]
_MOST_FIELDS = 100  # telling of each unknown field would take seconds
Attempts = Annotated[int, Field(ge=1, le=100), Integral]
Share = Annotated[float, Field(gt=0, le=1)]


ReadOptionsField = Annotated[
    ReadOptions,
    Field(
        description="How the table is read, where what is found by itself is not right.",
        examples=[{"delimiter": ";", "decimal": ","}],
    ),
    BeforeValidator(read_options),
]

HandLabelColumn = Annotated[
    str,
    Field(
        min_length=1,
        description="The column of the hand-given labels; by default `label`, or the one that the table lacks.",
    ),
]

ColumnsField = Annotated[
    dict[str, dict[str, Any]],
    Field(
        description="What you know better of a column: its kind, format, and whether it is personal.",
        examples=[{"education-num": {"kind": "category"}}],
    ),
]


TablesField = Annotated[
    dict[str, dict[str, Any]],
    Field(
        min_length=1,
        max_length=200,
        description="Several tables in place of one: by name `data_path`, and what you know better: `primary_key`, "
        "`kept`, `sequence_key`, `sequence_index`, `columns`, `rules`, `read_options`.",
        examples=[{"customers": {"data_path": "backend/testing_data/shop/customers.csv"}}],
    ),
]

RelationsField = Annotated[
    list[dict[str, Any]],
    Field(
        max_length=1000,
        description="What names what; found where it is left out.",
        examples=[[{"parent": "customers", "parent_key": "id", "child": "orders", "child_key": "customer_id"}]],
    ),
]


class RequestModel(BaseModel):
    """Strict: no unknown fields, no conversion between types, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, protected_namespaces=())

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> "RequestModel":
        """As pydantic's, with a failure told in one sentence.

        Raises
        ------
        RequestError
        """
        if not isinstance(obj, dict):
            raise RequestError(f"The body is a JSON {type(obj).__name__}; send an object with named fields.")
        if len(obj) > _MOST_FIELDS:
            raise RequestError(f"The body has {len(obj)} fields; no request has more than {_MOST_FIELDS}.")
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            fields = [".".join(map(str, problem["loc"])) for problem in error.errors(include_url=False)[:20]]
            raise RequestError(describe(error, cls), fields=fields) from None

    def arguments(self) -> dict[str, Any]:
        """The fields that were sent, as arguments for the library; null stands for not sent."""
        return {
            name: value for name, value in self.model_dump(mode="json", exclude_unset=True).items() if value is not None
        }


class DatasetInfo(RequestModel):
    """Look at a table."""

    data_path: Path
    read_options: ReadOptionsField | None = None


class ViewRows(RequestModel):
    """Page through a table."""

    data_path: Path
    offset: Annotated[int, Field(ge=0, lt=2**62, description="Rows before the first one.", examples=[0]), Integral] = 0
    limit: Annotated[int, Field(ge=1, le=VIEWED_ROWS.most, description="Rows to give."), Integral] = VIEWED_ROWS.usual
    sort_by: Annotated[str | None, Field(min_length=1, examples=["age"])] = None
    descending: bool = False
    columns: Annotated[list[str], Field(min_length=1, max_length=10_000, examples=[["age", "sex"]])] | None = None
    read_options: ReadOptionsField | None = None


class ProfileDataset(RequestModel):
    """Know what the columns of a table are."""

    data_path: Path
    label_column: Annotated[str | None, Field(min_length=1, examples=["income"])] = None
    columns: ColumnsField | None = None
    read_options: ReadOptionsField | None = None
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult_profile.html"])] | None = None
    reference_path: (
        Annotated[PathText, Field(description="The same table as it was before: what changed since is told.")] | None
    ) = None


class ConvertDataset(RequestModel):
    """Write a table in another format."""

    data_path: Path
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult.xlsx"])] | None = None
    columns: Annotated[list[str], Field(min_length=1, max_length=10_000, examples=[["age", "sex"]])] | None = None
    where: (
        Annotated[
            dict[str, Any],
            Field(description="Values or ranges that every row has.", examples=[{"age": {"min": 30, "max": 40}}]),
        ]
        | None
    ) = None
    read_options: ReadOptionsField | None = None


class CreateConfig(RequestModel):
    """Write a training configuration with sensible defaults: of one table, or of several that name one another."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["data_path"]}, {"required": ["tables"]}]})

    data_path: Path | None = None
    output_dir: Annotated[PathText, Field(examples=["backend/output_data/models/"])] | None = None
    model_type: Literal[tuple(MODELS)] | None = None  # type: ignore[valid-type]
    model_params: Annotated[dict[str, Any], Field(json_schema_extra=open_object(ModelParams)), Integral] | None = None
    training_params: (
        Annotated[dict[str, Any], Field(json_schema_extra=open_object(TrainingParams)), Integral] | None
    ) = None
    label_column: Annotated[
        str | None, Field(min_length=1, description="The condition; by default `label`.", examples=["income"])
    ] = None
    columns: ColumnsField | None = None
    rules: (
        Annotated[
            list[dict[str, Any]] | Literal["none"],
            Field(
                description="Rules in place of those found, or none. One without `support` and `exceptions` is kept by "
                "synthetic rows whatever the table has; rows that break it are not learnt from.",
                examples=["none"],
            ),
        ]
        | None
    ) = None
    read_options: ReadOptionsField | None = None
    tables: TablesField | None = None
    relations: RelationsField | None = None


class TrainModel(RequestModel):
    """Train a model as a configuration says."""

    config_path: Annotated[PathText, Field(examples=["backend/output_data/models/config.json"])]


class TrainingPipeline(RequestModel):
    """Train until synthetic rows are as useful as asked for."""

    labeled_data_path: Path
    holdout_test_path: Path
    target_utility_pct: Share | None = None
    max_attempts: Attempts | None = None
    output_dir: Path | None = None
    seed: Seed | None = None
    label_column: Annotated[str, Field(min_length=1, description="By default `label`.")] | None = None
    read_options: ReadOptionsField | None = None


class GenerateData(RequestModel):
    """Draw synthetic rows."""

    model_config = ConfigDict(json_schema_extra=agreeing("output_path", "output_format", FORMATS))

    model_path: Annotated[PathText, Field(examples=["backend/output_data/models/model.pth"])]
    config_path: Annotated[PathText, Field(examples=["backend/output_data/models/config.json"])]
    label: Annotated[
        float | int | str | bool | None,
        Field(description="Label of every row; left out, labels are drawn as in the training table.", examples=[1.0]),
    ] = None
    num_to_generate: Annotated[int, Field(ge=1, le=limits().max_rows_generated, examples=[1000]), Integral] | None = (
        None
    )
    output_path: Path | None = None
    output_format: Literal["parquet", "csv", "pt"] | None = None
    seed: Seed | None = None
    conditions: Annotated[
        dict[str, Any] | None,
        Field(
            description="Values or ranges that every row has.",
            examples=[{"sex": "Female", "age": {"min": 30, "max": 40}}],
        ),
    ] = None
    scale: Annotated[
        float | None,
        Field(gt=0, le=1_000_000, description="Related tables: times as many rows as there were."),
    ] = None
    given: Annotated[
        dict[str, PathText] | None,
        Field(description="Related tables: the files of parents for which children are drawn."),
    ] = None


class EvaluateSynthetic(RequestModel):
    """Compare synthetic rows with real ones."""

    real_path: Path
    synthetic_path: Path
    holdout_path: Path | None = None
    label_column: Annotated[str, Field(min_length=1)] | None = None
    output_path: Path | None = None
    seed: Seed | None = None
    read_options: ReadOptionsField | None = None
    config_path: Annotated[PathText, Field(examples=["backend/output_data/models/config.json"])] | None = None


class SharingPipeline(RequestModel):
    """Make a synthetic version of a table that may be shared."""

    data_path: Path
    label_column: Annotated[str | None, Field(min_length=1, description="By default `label`.", examples=["income"])] = (
        None
    )
    holdout_path: (
        Annotated[PathText, Field(description="Real rows that no training sees; by default a fifth of the table.")]
        | None
    ) = None
    num_rows: Annotated[int, Field(ge=1, le=limits().max_rows_generated, examples=[1000]), Integral] | None = None
    target_utility_pct: Share | None = None
    max_attempts: Attempts | None = None
    output_path: Annotated[PathText, Field(examples=["backend/output_data/adult_shared.csv"])] | None = None
    output_dir: Annotated[PathText, Field(description="What is made on the way; it holds real rows.")] | None = None
    seed: Seed | None = None
    read_options: ReadOptionsField | None = None
    columns: ColumnsField | None = None


class ListJobs(RequestModel):
    """Look through jobs, newest first."""

    state: Literal["queued", "running", "succeeded", "failed", "cancelled"] | None = None
    limit: Annotated[int, Field(ge=1, le=1000, strict=False)] = 100
    before: (
        Annotated[int, Field(ge=1, lt=2**62, strict=False, description="`next_before` of the page before.")] | None
    ) = None


class DownloadFile(RequestModel):
    """Fetch a file."""

    path: Path


class UploadFile(RequestModel):
    """Send a file."""

    path: Annotated[PathText | None, Field(description="Where it goes; by default the upload folder.")] = None
    filename: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=255,
            description="Its name in the upload folder, for raw bytes.",
            json_schema_extra=FILE_NAME,
        ),
    ] = None
    sha256: Annotated[
        str | None,
        Field(pattern="^[0-9a-fA-F]{64}$", description="What the bytes must hash to, or nothing is kept."),
    ] = None
