"""`config.json` of related tables: which there are, what names what, and where the results go."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from DataFoundry.config import (
    ColumnChoice,
    FeatureColumns,
    Layers,
    ReadOptions,
    RuleChoice,
    Strict,
    TrainingParams,
    describe,
)
from DataFoundry.errors import ConfigError
from DataFoundry.relational.relation import Relation
from DataFoundry.relational.rules import Across

MODEL_TYPE = "related_tables"
Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], Field(max_length=20)]


class TableChoice(Strict):
    """One table.

    Attributes
    ----------
    primary_key
        The columns that name a row together; empty where none do.
    kept
        Whether synthetic tables have its rows as they are: a list of things that are no secret, such as districts,
        which many rows name each.
    sequence_index
        The column by which rows of one parent follow one another; None for the order in which they stand.
    columns, rules, feature_cols
        As in the configuration of a single table; keys and foreign keys are in no list of `feature_cols`.
    """

    data_path: str
    primary_key: Names = ()
    key_reason: str = ""
    kept: bool = False
    sequence_index: str | None = None
    read_options: ReadOptions = ReadOptions()
    columns: dict[str, ColumnChoice] = Field(default_factory=dict)
    rules: tuple[RuleChoice, ...] = ()
    feature_cols: FeatureColumns = FeatureColumns()


class RelationChoice(Strict):
    """One foreign key; see `relational.relation.Relation`."""

    parent: Name
    parent_key: Name | Names
    child: Name
    child_key: Name | Names
    reason: str = ""
    orphans: Annotated[int, Field(ge=0)] = 0

    def relation(self) -> Relation:
        """As the library has it."""
        return Relation.from_dict(self.model_dump())


class RelatedParams(Strict):
    """Shape of the networks, one for each table."""

    decoder_hidden_layers: Layers = (256, 256)


class RelatedConfig(Strict):
    """One training of related tables.

    Attributes
    ----------
    sequences
        For each table of sequences `key` and `columns`: what names an entity, and what all its rows share.
    across
        Rules between tables; see `relational.rules`.
    """

    tables: Annotated[dict[Name, TableChoice], Field(min_length=1, max_length=1000)]
    relations: tuple[RelationChoice, ...] = ()
    sequences: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    across: tuple[dict[str, Any], ...] = ()
    output_model_path: str
    preprocessor_path: str
    model_type: Literal["related_tables"] = "related_tables"
    model_params: RelatedParams = RelatedParams()
    training_params: TrainingParams = TrainingParams()

    def links(self) -> list[Relation]:
        """The relations as the library has them."""
        return [each.relation() for each in self.relations]


def is_related(value: object) -> bool:
    """Whether the content of a `config.json` is that of related tables."""
    return isinstance(value, dict) and "tables" in value


def refuse_kept(config: RelatedConfig) -> None:
    """Raise ConfigError for a table that is kept and names rows of one that is not: its keys would lead nowhere."""
    for each in config.relations:
        parent, child = config.tables.get(each.parent), config.tables.get(each.child)
        if parent is not None and child is not None and child.kept and not parent.kept:
            raise ConfigError(
                f"The table {each.child!r} cannot be kept, since it names rows of {each.parent!r}, which is not; set "
                "kept to false, or keep both.",
                key=f"tables.{each.child}.kept",
            )


def parse_related(value: object) -> RelatedConfig:
    """A checked configuration from the content of a `config.json`.

    Raises
    ------
    ConfigError
        If a key is missing, unknown or out of range; the message names it.
    """
    try:
        config = RelatedConfig.model_validate_json(json.dumps(value))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        raise ConfigError(f"config.json: {describe(error, RelatedConfig)}", key=where) from None
    for told in config.across:
        try:
            Across.from_dict(told)
        except TypeError:
            raise ConfigError(f"config.json: across has {told!r:.80}, which is no rule between tables.") from None
    refuse_kept(config)
    for each in config.relations:
        unknown = [side for side in (each.parent, each.child) if side not in config.tables]
        if unknown:
            raise ConfigError(f"config.json: relations name the table {unknown[0]!r}, which is not in tables.")
    return config
