"""The requests of the labeling routes; see `schemas`."""

from typing import Annotated

from pydantic import ConfigDict, Field

from api.documented import choices
from api.schemas import Attempts, HandLabelColumn, Integral, Path, ReadOptionsField, RequestModel, Seed, Share
from DataFoundry.offered import AGGREGATORS, SUGGESTED_FUNCTIONS, SUGGESTED_ROWS, TRIED_ROWS
from DataFoundry.settings import limits


class LabelingFunctionSource(RequestModel):
    """Python source that defines one function of one row, returning a class number or -1 to abstain."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(min_length=1, max_length=limits().max_function_bytes)]


_EXAMPLE_FUNCTIONS = [
    {"name": "lf_high_income", "code": "def lf_high_income(x):\n    return 1 if x['capital-gain'] > 5000 else 0"},
    {"name": "lf_educated", "code": "def lf_educated(x):\n    return 1 if x['education-num'] >= 13 else 0"},
]


class CreateLabels(RequestModel):
    """Label a table by weak supervision."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "required": ["default_label", "predict_uncovered"],
                "properties": {"default_label": {"type": "number"}, "predict_uncovered": {"const": True}},
            }
        }
    )

    data_path: Path
    output_path: Path | None = None
    labeling_functions: Annotated[
        list[LabelingFunctionSource],
        Field(min_length=1, max_length=limits().max_labeling_functions, examples=[_EXAMPLE_FUNCTIONS]),
    ]
    cardinality: (
        Annotated[int, Field(ge=2, le=100, description="Number of classes; by default found from the votes."), Integral]
        | None
    ) = None
    hand_labeled_examples_path: Path | None = None
    aggregator: (
        Annotated[
            str,
            Field(
                max_length=100,
                description="How votes become labels; auto chooses.",
                json_schema_extra=choices(AGGREGATORS),
            ),
        ]
        | None
    ) = None
    seed: Seed | None = None
    read_options: ReadOptionsField | None = None
    label_column: HandLabelColumn | None = None
    class_balance: (
        Annotated[
            list[Annotated[float, Field(gt=0, lt=1)]],
            Field(
                min_length=2,
                max_length=100,
                description="How frequent each class is, from class 0 on; by default estimated.",
                examples=[[0.76, 0.24]],
            ),
        ]
        | None
    ) = None
    default_label: (
        Annotated[int, Field(ge=0, lt=100, description="The class of rows where every function abstains."), Integral]
        | None
    ) = None
    predict_uncovered: (
        Annotated[bool, Field(description="Whether a classifier labels the rows where every function abstains.")] | None
    ) = None


class TriedFunctionSource(RequestModel):
    """As `LabelingFunctionSource`; what is being typed may be empty."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(max_length=limits().max_function_bytes)]


class TryFunctions(RequestModel):
    """See what labeling functions do on the first rows."""

    data_path: Path
    labeling_functions: Annotated[
        list[TriedFunctionSource],
        Field(min_length=1, max_length=limits().max_labeling_functions, examples=[_EXAMPLE_FUNCTIONS]),
    ]
    max_rows: Annotated[int, Field(ge=1, le=TRIED_ROWS.most, description="By default 10,000."), Integral] | None = None
    cardinality: Annotated[int, Field(ge=2, le=100), Integral] | None = None
    hand_labeled_examples_path: Path | None = None
    label_column: HandLabelColumn | None = None
    read_options: ReadOptionsField | None = None


class SuggestRows(RequestModel):
    """Find the rows that are worth labeling by hand next."""

    data_path: Path
    labeling_functions: (
        Annotated[
            list[LabelingFunctionSource],
            Field(max_length=limits().max_labeling_functions, examples=[_EXAMPLE_FUNCTIONS]),
        ]
        | None
    ) = None
    hand_labeled_examples_path: Path | None = None
    num_rows: Annotated[int, Field(ge=1, le=SUGGESTED_ROWS.most, description="By default 20."), Integral] | None = None
    seed: (
        Annotated[int, Field(ge=0, lt=2**63, description="Of the sample looked at; by default 0."), Integral] | None
    ) = None
    label_column: HandLabelColumn | None = None
    read_options: ReadOptionsField | None = None


class SuggestFunctions(RequestModel):
    """Find labeling functions in hand-labeled rows."""

    data_path: Path
    hand_labeled_examples_path: Path
    max_functions: (
        Annotated[int, Field(ge=1, le=SUGGESTED_FUNCTIONS.most, description="By default 10."), Integral] | None
    ) = None
    user_goal: (
        Annotated[str, Field(max_length=10_000, description="Columns and values named in it come first.")] | None
    ) = None
    seed: (
        Annotated[int, Field(ge=0, lt=2**63, description="Of the rows measured on; by default 0."), Integral] | None
    ) = None
    label_column: HandLabelColumn | None = None
    read_options: ReadOptionsField | None = None


class LabelingPipeline(RequestModel):
    """Find labeling functions by itself until a target is met."""

    user_goal: Annotated[str, Field(min_length=1, max_length=10_000, examples=["Label whether income is >50K"])]
    raw_data_path: Path
    hand_labeled_examples_path: Path | None = None
    labeling_functions: (
        Annotated[
            list[LabelingFunctionSource],
            Field(
                min_length=1,
                max_length=limits().max_labeling_functions,
                description="In place of hand labels.",
                examples=[_EXAMPLE_FUNCTIONS],
            ),
        ]
        | None
    ) = None
    target_auc_score: Share | None = None
    max_attempts: Attempts | None = None
    output_path: Path | None = None
    seed: Seed | None = None
    label_column: HandLabelColumn | None = None
    read_options: ReadOptionsField | None = None
