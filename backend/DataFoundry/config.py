"""`config.json`: what a training reads, and the only place where a training default lives.

The file is written by `trainer.create_config` and edited by people, so every mistake in it is answered with the name of
the key and what would be right.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from DataFoundry.errors import ConfigError, RequestError
from DataFoundry.near_names import did_you_mean

# pydantic names the branch of a union that it tried, such as `list[dict[str,any]]`, as if it were a field.
_UNION_BRANCH = re.compile(r"(list|dict|literal)\[.*\]")
_DELIMITER = r"^[\t !#-/:-@\[-`{-~]$"
_QUOTE = r"^[\"'`]?$"
_IN_WORDS = {
    _DELIMITER: "a delimiter is one character: a tab, a blank or a punctuation mark, such as ';'",
    _QUOTE: "a quote is one of \", ' and `, or the empty text for none",
}
Width = Annotated[int, Field(ge=1, le=8192)]
Params = TypeVar("Params", bound=BaseModel)
Layers = Annotated[tuple[Width, ...], Field(min_length=1, max_length=16)]


class Strict(BaseModel):
    """Frozen, no unknown keys, no silent conversions, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True, protected_namespaces=())


class ReadOptions(Strict):
    """What a request says about a file; everything left out is found from the file itself.

    Attributes
    ----------
    encoding
        Python's name of it, such as "utf-8" or "cp1252".
    delimiter
        The character between two cells.
    quote
        The character around a cell that holds delimiters or newlines; "" for none.
    decimal
        "." or ",".
    header_row
        Number of the line with the column names, from 1; 0 where there is none (columns are then `column_1`, ...).
    missing_spellings
        The texts that stand for a missing value, in every column; the empty cell is always one.
    sheet
        Name of a spreadsheet's sheet.
    """

    encoding: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    delimiter: Annotated[str, Field(pattern=_DELIMITER)] | None = None
    quote: Annotated[str, Field(pattern=_QUOTE)] | None = None
    decimal: Literal[".", ","] | None = None
    header_row: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    missing_spellings: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=100)] | None = None
    sheet: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> "ReadOptions":
        """Checked options from what a request or config.json says. Raises RequestError that names the key."""
        try:
            return cls.model_validate_json(_as_json(dict(given or {})))
        except ValidationError as error:
            raise RequestError(f"read_options: {describe(error, cls)}", field="read_options") from None


class FeatureColumns(Strict):
    """The columns of synthetic rows; each is in exactly one list.

    Those of `made_cols` are not modelled: their values (keys, names, contacts, free text) are made anew.
    """

    numerical_cols: tuple[str, ...] = ()
    categorical_cols: tuple[str, ...] = ()
    made_cols: tuple[str, ...] = ()


class ModelParams(Strict):
    """Shape of the networks. `model_class_name` is there for clients that read it; `model_type` decides."""

    model_class_name: Annotated[str, Field(max_length=100)] = ""

    latent_dim: Annotated[int, Field(ge=1, le=1024)] = 16
    encoder_hidden_layers: Layers = (256, 128)
    decoder_hidden_layers: Layers = (512, 512)
    feature_cols: FeatureColumns = FeatureColumns()
    condition_cols: tuple[str, ...] = ()


MOST_ROWS_AN_EPOCH = 50_000
_ROWS_SEEN = 450_000  # by the default number of epochs, each time that a row is seen


class TrainingParams(Strict):
    """How the networks are fitted. `epochs` is an upper limit: training stops when validation no longer improves.

    An epoch is a pass over the table, or over 50,000 rows drawn from a larger one, so that time does not grow with it.

    Without a seed each training is new. Values carried by fewer rows than `rare_value_threshold` are not copied;
    left out, it is 5, in tables of up to 500 rows 3; 1 copies all.
    """

    batch_size: Annotated[int, Field(ge=2, le=1_000_000)] = 512
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.002
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 30
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    rare_value_threshold: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


_CTGAN_MODEL = {"latent_dim": 128, "encoder_hidden_layers": [256, 256], "decoder_hidden_layers": [256, 256]}
_CTGAN_TRAINING = {"batch_size": 500, "learning_rate": 0.0002, "epochs": 300}


def default_model_params(model_type: str) -> dict[str, Any]:
    """Where a model type's defaults are not those of `ModelParams`: the GAN has the ctgan package's."""
    return dict(_CTGAN_MODEL) if model_type == "tabular_ctgan" else {}


def default_training_params(model_type: str, rows: int) -> dict[str, Any]:
    """Defaults that suit a table of so many rows: small tables want small batches, and more of them.

    The learning rate grows with the root of the batch (Krizhevsky 2014, arXiv 1404.5997).
    """
    if model_type == "tabular_ctgan":
        return dict(_CTGAN_TRAINING)
    batch = min(512, max(32, 2 ** round(math.log2(max(rows, 64) / 32))))
    rate = round(TrainingParams().learning_rate * math.sqrt(batch / TrainingParams().batch_size), 5)
    most = 150 if batch == 32 else 24  # fewer than 32 batches an epoch, or about so many
    epochs = min(most, math.ceil(_ROWS_SEEN / min(max(rows, 1), MOST_ROWS_AN_EPOCH)))
    return {"batch_size": batch, "learning_rate": rate, "epochs": epochs}


class ColumnChoice(Strict):
    """What a column is: found by `schema.discovery`, or said by whoever knows better."""

    kind: str
    personal: bool = False
    format: dict[str, Any] = Field(default_factory=dict)
    reason: str = ""


class RuleChoice(Strict):
    """What must be true of rows; see `schema.table_schema.Rule`."""

    kind: str
    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    sentence: str = ""
    support: Annotated[int, Field(ge=0)] = 0
    exceptions: Annotated[int, Field(ge=0)] = 0
    details: dict[str, Any] = Field(default_factory=dict)


class TrainingConfig(Strict):
    """One training: the table, the model, and where the result goes."""

    data_path: str
    output_model_path: str
    preprocessor_path: str
    model_type: str
    model_params: ModelParams = ModelParams()
    training_params: TrainingParams = TrainingParams()
    read_options: ReadOptions = ReadOptions()
    label_column: Annotated[str, Field(min_length=1)] = "label"
    columns: dict[str, ColumnChoice] = Field(default_factory=dict)
    rules: tuple[RuleChoice, ...] = ()

    @property
    def kinds(self) -> dict[str, str]:
        """What each column was found or said to be."""
        return {name: choice.kind for name, choice in self.columns.items()}

    def formats(self, kinds: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """How the columns that are modelled as the kind that they are are written."""
        return {name: choice.format for name, choice in self.columns.items() if choice.kind == kinds.get(name)}

    @property
    def label(self) -> str | None:
        """The column that rows are drawn by; None for a model without a condition."""
        return self.label_column if self.label_column in self.model_params.condition_cols else None


def parse_config(value: object) -> TrainingConfig:
    """A checked configuration from the content of a `config.json`.

    Raises
    ------
    ConfigError
        If a key is missing, unknown or out of range; the message names it.
    """
    if isinstance(value, dict) and "tables" in value and "data_path" not in value:
        raise ConfigError(
            "config.json is that of related tables, which cannot be used here; name one table's.", key="tables"
        )
    try:
        return TrainingConfig.model_validate_json(_as_json(value))
    except ValidationError as error:
        raise ConfigError(f"config.json: {describe(error, TrainingConfig)}", key=_dotted(error)) from None


def known_params(kind: type[BaseModel], given: Mapping[str, Any] | None, name: str) -> tuple[dict[str, Any], list[str]]:
    """`given` without the keys that `kind` does not have, and one warning for each of those.

    Clients of other versions send keys such as `condition_dim`: these must not make a request fail.
    """
    warnings = []
    kept = {}
    for key, value in (given or {}).items():
        if key in kind.model_fields:
            kept[key] = value
        else:
            warnings.append(f"{name}.{key} is not known and was left out{did_you_mean(key, _all_fields(kind), 1)}.")
    return kept, warnings


def build_params(kind: type[Params], values: Mapping[str, Any], name: str) -> Params:
    """`kind` made of `values`; a bad one is a `ConfigError` that names `name.key`."""
    try:
        return kind.model_validate_json(_as_json(values))
    except ValidationError as error:
        raise ConfigError(f"{name}: {describe(error, kind)}", key=f"{name}.{_dotted(error)}") from None


def describe(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first problem of a failed validation as one sentence for people.

    An unknown name comes before a missing one: it is usually the same field, misspelt.
    """
    problem = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    parts = [str(part) for part in problem["loc"]]
    where = ".".join(part for part in parts if not _UNION_BRANCH.fullmatch(part)) or "the value"
    if problem["type"] == "missing":
        return f"'{where}' is missing; add it."
    if problem["type"] == "extra_forbidden":
        hint = did_you_mean(where.rsplit(".", 1)[-1], _all_fields(kind), 1)
        return f"'{where}' is not known{hint}; {'correct' if hint else 'remove'} it."
    got = repr(problem.get("input"))
    reason = _IN_WORDS.get(problem.get("ctx", {}).get("pattern", ""), _plain(problem["msg"]))
    return f"'{where}' cannot be {got if len(got) <= 60 else got[:57] + '...'}: {reason}."


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")


def _dotted(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])


def _all_fields(kind: type[BaseModel]) -> list[str]:
    names: list[str] = []
    for name, each in kind.model_fields.items():
        names.append(name)
        if isinstance(each.annotation, type) and issubclass(each.annotation, BaseModel):
            names += _all_fields(each.annotation)
    return names


def _as_json(value: object) -> str:
    # Validation in JSON mode is strict about numbers and still takes a list for a tuple.
    return json.dumps(value)
