"""A single table of sequences as two related ones: the entities, and the rows that follow one another in each.

What is the same in all rows of an entity (its sex, its place) belongs to the entity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from DataFoundry.errors import ColumnError
from DataFoundry.relational.relation import Relation
from DataFoundry.schema.table_schema import TableSchema

SUFFIX = " (entities)"


def entity_table(table: str) -> str:
    """The name of the table of a sequence's entities; it is never written."""
    return table + SUFFIX


def split_tables(
    tables: dict[str, Any],
    schemas: dict[str, TableSchema],
    frames: dict[str, pd.DataFrame],
    relations: list[Relation] | None,
) -> tuple[dict[str, Any], dict[str, TableSchema], dict[str, pd.DataFrame], list[Relation] | None, dict[str, Any]]:
    """The tables with one more for each that has a `sequence_key`, and for each such what the entities have.

    Raises
    ------
    ColumnError
        If there is no such column, or an entity is not named in every row.
    """
    sequences: dict[str, Any] = {}
    for name, told in list(tables.items()):
        key = told.get("sequence_key")
        if key is None:
            continue
        frame = frames[name]
        if key not in frame:
            raise ColumnError(f"tables.{name}: there is no column {key!r} for its sequence_key.", missing=[key])
        if frame[key].isna().any():
            raise ColumnError(f"tables.{name}: {key!r} is missing in some rows; each must name its sequence.")
        same = _constant(frame, key, told.get("sequence_index"))
        sequences[name] = {"key": key, "columns": same, "order": list(frame.columns)}
        owner = entity_table(name)
        frames[owner], frames[name] = split_frame(frame, key, same)
        schemas[owner] = _part(schemas[name], [key, *same], len(frames[owner]))
        schemas[name] = _part(schemas[name], [each for each in frame if each not in same], len(frame))
        tables[owner] = {"data_path": told["data_path"], "primary_key": key, "kept": False}
        tables[name] = {**told, "primary_key": told.get("primary_key")}
        link = Relation(owner, (key,), name, (key,), "You said that it names the sequence of a row.")
        relations = [*relations, link] if relations is not None else ([link] if len(tables) == 2 else None)
    return tables, schemas, frames, relations, sequences


def split_frame(frame: pd.DataFrame, key: str, same: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The entities, one row each in the order in which they come, and the rows without what belongs to these."""
    owners = frame[[key, *same]].drop_duplicates(key, ignore_index=True)
    return owners, frame.drop(columns=list(same))


def join_frames(owners: pd.DataFrame, rows: pd.DataFrame, key: str, same: Sequence[str]) -> pd.DataFrame:
    """The rows with what belongs to their entities."""
    return rows.merge(owners[[key, *same]], on=key, how="left") if len(same) else rows


def frames_of(
    frames: Mapping[str, pd.DataFrame], sequences: Mapping[str, Mapping[str, Any]]
) -> dict[str, pd.DataFrame]:
    """The tables as they are related, from those that lie on disk."""
    found = dict(frames)
    for name, told in sequences.items():
        found[entity_table(name)], found[name] = split_frame(frames[name], told["key"], told["columns"])
    return found


def _constant(frame: pd.DataFrame, key: str, index: str | None) -> list[str]:
    """The columns that are the same in all rows of each entity, though they differ between entities."""
    rows = frame.groupby(key, sort=False)
    if rows.ngroups in (len(frame), 1):
        return []
    others = [name for name in frame if name not in (key, index)]
    return [
        name for name in others if bool((rows[name].nunique(dropna=False) <= 1).all()) and frame[name].nunique() > 1
    ]


def _part(schema: TableSchema, columns: Sequence[str], rows: int) -> TableSchema:
    """The schema of some of a table's columns."""
    kept = {name: schema.columns[name] for name in schema.columns if name in columns}
    rules = tuple(rule for rule in schema.rules if set(rule.columns) <= kept.keys())
    keys = tuple(key for key in schema.keys if set(key) <= kept.keys())
    return replace(schema, columns=kept, rules=rules, keys=keys, rows=rows)
