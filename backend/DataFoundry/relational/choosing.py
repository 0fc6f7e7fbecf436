"""The configuration of related tables: what is found in them, and what somebody knows better."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.config import ColumnChoice, FeatureColumns, ReadOptions
from DataFoundry.errors import ColumnError, ConfigError
from DataFoundry.preprocessing.schema import features_of
from DataFoundry.relational import names
from DataFoundry.relational.columns import NO_LABEL
from DataFoundry.relational.config import RelationChoice, TableChoice
from DataFoundry.relational.discovery import (
    TableToRelate,
    complaint_about,
    discover_relations,
    with_keys,
)
from DataFoundry.relational.relation import Relation, as_key, key_texts
from DataFoundry.schema.table_schema import TableSchema
from DataFoundry.training.derived import chosen_rules

_MOST_KEPT_ROWS = 1000
_FEWEST_NAMING = 20  # rows of a child for each row that is kept
_PEOPLE = {
    "account", "client", "customer", "user", "person", "people", "patient", "employee", "member", "student", "subject",
    "household", "family", "owner", "applicant", "borrower", "player", "child", "parent", "driver", "guest", "worker",
    "company", "firm", "case", "device", "order", "invoice", "contract", "policy",
}  # fmt: skip


def choices(
    tables: Mapping[str, Mapping[str, Any]],
    schemas: Mapping[str, TableSchema],
    frames: Mapping[str, pd.DataFrame],
    relations: Sequence[Relation] | None,
    paths: Mapping[str, Path],
) -> tuple[dict[str, TableChoice], list[RelationChoice], list[str]]:
    """The choices of each table, the relations, and warnings.

    Parameters
    ----------
    tables
        What the request says of each: `primary_key, kept, sequence_index, read_options`.
    relations
        Those given in place of those found; None to find them.

    Raises
    ------
    ConfigError, ColumnError
        If a key or relation that was given is none.
    """
    related = {
        name: TableToRelate(frames[name], schemas[name], _said_key(name, told, frames[name]))
        for name, told in tables.items()
    }
    related = with_keys(related)
    found = discover_relations(related) if relations is None else list(relations)
    if relations is not None:
        _refuse(found, frames)
    warnings = [
        f"{each.orphans} rows of {each.child} name a row of {each.parent} that is not there."
        for each in found
        if each.orphans
    ]
    chosen = {}
    copied = {
        name
        for name, told in tables.items()
        if (_may_be_kept(name, related, found) if told.get("kept") is None else told["kept"])
    }
    for name, told in tables.items():
        if name in copied:
            warnings.append(
                f"The {len(frames[name])} rows of {name} are kept as they are: it is a list of things that many rows "
                'name each. Say "kept": false to have new ones drawn.'
            )
        chosen[name] = _choice(name, told, related[name], found, copied, paths[name])
    return chosen, [RelationChoice.model_validate(each.as_dict() | _plain_keys(each)) for each in found], warnings


def _plain_keys(relation: Relation) -> dict[str, Any]:
    return {
        "parent_key": relation.parent_key[0] if len(relation.parent_key) == 1 else relation.parent_key,
        "child_key": relation.child_key[0] if len(relation.child_key) == 1 else relation.child_key,
    }


def _said_key(name: str, told: Mapping[str, Any], frame: pd.DataFrame) -> tuple[str, ...]:
    if told.get("primary_key") is None:
        return ()
    key = as_key(told["primary_key"])
    gone = [column for column in key if column not in frame]
    if gone:
        raise ColumnError(f"tables.{name}: there is no column {gone[0]!r} for its primary_key.", missing=gone)
    texts = key_texts(frame, key)
    if texts.isna().any() or texts.duplicated().any():
        raise ConfigError(
            f"tables.{name}: {' and '.join(key)} does not name its rows, since values are missing or repeat; choose "
            "another primary_key.",
            key=f"tables.{name}.primary_key",
        )
    return key


def _refuse(relations: Sequence[Relation], frames: Mapping[str, pd.DataFrame]) -> None:
    for each in relations:
        wrong = complaint_about(each, frames)
        if wrong is not None:
            raise ConfigError(f"{wrong}; correct it, or leave relations out to have them found.", key="relations")


def _may_be_kept(name: str, tables: Mapping[str, TableToRelate], relations: Sequence[Relation]) -> bool:
    """Whether a table is a list of things, such as districts or products: few, none personal, each with a name of its
    own, each named by many rows of other tables, and naming nobody itself."""
    table = tables[name]
    naming = [each for each in relations if each.parent == name and each.child != name]
    if not naming or any(each.child == name for each in relations) or len(table.frame) > _MOST_KEPT_ROWS:
        return False
    if set(names.words(name)) & _PEOPLE or any(column.personal for column in table.schema.columns.values()):
        return False
    if any(len(tables[each.child].frame) < _FEWEST_NAMING * len(table.frame) for each in naming):
        return False
    return any(
        column.kind in ("category", "text", "key") and column.dtype == "object" and column.distinct == len(table.frame)
        for column_name, column in table.schema.columns.items()
        if column_name not in table.key or len(table.schema.columns) == 1
    )


def _choice(
    name: str, told: Mapping[str, Any], table: TableToRelate, relations: Sequence[Relation], kept: set[str], path: Path
) -> TableChoice:
    schema = table.schema
    foreign = {column for each in relations if each.child == name for column in each.child_key}
    keys = foreign | (set(table.key) if len(table.key) == 1 else set())
    others = [column for column in schema.columns if column not in keys]
    features = FeatureColumns()
    if others:
        part = TableSchema({column: schema.columns[column] for column in others}, (), (), schema.rows)
        features = features_of(table.frame[others], NO_LABEL, part)
    index = told.get("sequence_index")
    if index is not None and index not in schema.columns:
        raise ColumnError(f"tables.{name}: there is no column {index!r} for its sequence_index.", missing=[index])
    # A key of a table that is kept is a category, from which others may follow.
    categories = {
        column for each in relations if each.child == name and each.parent in kept for column in each.child_key
    }
    chosen = chosen_rules(told.get("rules"), schema)
    rules = tuple(rule for rule in chosen if not set(rule.columns) & (keys - categories))
    return TableChoice(
        data_path=str(path),
        primary_key=table.key,
        key_reason=table.key_reason or "You said so.",
        kept=name in kept,
        sequence_index=index or _sequence_index(name, schema, relations),
        read_options=ReadOptions.of(told.get("read_options")),
        columns={
            column: ColumnChoice(kind=each.kind, personal=each.personal, format=dict(each.format), reason=each.reason)
            for column, each in schema.columns.items()
        },
        rules=rules,
        feature_cols=features,
    )


def _sequence_index(name: str, schema: TableSchema, relations: Sequence[Relation]) -> str | None:
    """The first column of times without gaps in a table whose rows hang on others."""
    if not any(each.child == name for each in relations):
        return None
    moments = [column for column, each in schema.columns.items() if each.kind == "moment" and not each.missing]
    return moments[0] if moments else None
