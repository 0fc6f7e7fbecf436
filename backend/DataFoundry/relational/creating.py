"""Write the configuration of related tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from DataFoundry.config import ReadOptions, TrainingParams, build_params, known_params
from DataFoundry.errors import ConfigError, RequestError, TooLargeError
from DataFoundry.near_names import did_you_mean
from DataFoundry.relational.choosing import choices
from DataFoundry.relational.config import RelatedConfig, RelatedParams, refuse_kept
from DataFoundry.relational.relation import Relation, as_key
from DataFoundry.relational.rules import discover_across
from DataFoundry.relational.sequences import entity_table, split_tables
from DataFoundry.schema.discovery import discover
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output, write_json
from DataFoundry.storage.paths import input_path, output_folder

_TABLE_FIELDS = (
    "data_path",
    "primary_key",
    "kept",
    "sequence_key",
    "sequence_index",
    "read_options",
    "columns",
    "rules",
)
_RELATION_FIELDS = ("parent", "parent_key", "child", "child_key")
_MOST_TABLES = 200


def create_related_config(
    tables: Mapping[str, Mapping[str, Any]],
    relations: Sequence[Mapping[str, Any]] | None = None,
    output_dir: str | None = None,
    model_params: Mapping[str, Any] | None = None,
    training_params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write `config.json` for several tables: their kinds, keys and rules, and the relations between them.

    Parameters
    ----------
    tables
        By name `{"data_path": ..., "primary_key": ..., "kept": ..., "sequence_key": ..., "sequence_index": ...,
        "columns": ..., "rules": ..., "read_options": ...}`; all but the path is found where it is left out.
    relations
        `[{"parent", "parent_key", "child", "child_key"}, ...]` in place of those found.

    Returns
    -------
    `config_path`, `config`, `warnings`.

    Raises
    ------
    RequestError, ConfigError, ColumnError, and those of `storage.paths` and `sources.opening`
    """
    _refuse_tables(tables)
    said = None if relations is None else [_relation(each) for each in relations]
    folder = output_folder(output_dir, "output_dir", "models")
    params, warnings = known_params(RelatedParams, model_params, "model_params")
    training, more = known_params(TrainingParams, training_params, "training_params")
    paths = {name: input_path(str(told["data_path"]), f"tables.{name}.data_path") for name, told in tables.items()}
    frames: dict[str, pd.DataFrame] = {}
    schemas = {}
    for name, told in tables.items():
        table = open_table(paths[name], ReadOptions.of(told.get("read_options")))
        schemas[name] = discover(table, told.get("columns"))
        frames[name] = table.read()
    tables, schemas, frames, said, sequences = split_tables(dict(tables), schemas, frames, said)
    paths |= {entity_table(name): paths[name] for name in sequences}
    chosen, links, found = choices(tables, schemas, frames, said, paths)
    config = RelatedConfig(
        tables=chosen,
        relations=tuple(links),
        sequences=sequences,
        across=tuple(each.as_dict() for each in discover_across(frames, schemas, [each.relation() for each in links])),
        output_model_path=str(folder / "model.pth"),
        preprocessor_path=str(folder / "preprocessor.joblib"),
        model_params=build_params(RelatedParams, params, "model_params"),
        training_params=build_params(TrainingParams, training, "training_params"),
    )
    refuse_kept(config)
    path = folder / "config.json"
    written = config.model_dump(mode="json", exclude_unset=False)
    written["training_params"] = {key: value for key, value in written["training_params"].items() if key in training}
    with claim_output(path):
        write_json(path, written)
    return {"config_path": str(path), "config": written, "warnings": [*warnings, *more, *found]}


def refuse_beside_tables(fields: Mapping[str, Any]) -> None:
    """Raise RequestError for a field of a single table that was given beside `tables`."""
    given = [name for name, value in fields.items() if value is not None]
    if given:
        raise RequestError(
            f"{given[0]} belongs to a single table; say it in tables.NAME, or leave it out.", field=given[0]
        )


def _refuse_tables(tables: Mapping[str, Mapping[str, Any]]) -> None:
    if not tables:
        raise RequestError("tables is empty; name at least one table with its data_path.", field="tables")
    if len(tables) > _MOST_TABLES:
        raise TooLargeError(f"tables names {len(tables)} tables, more than the limit of {_MOST_TABLES}.")
    for name, told in tables.items():
        if not name or len(name) > 100 or any(letter in name for letter in "/\\.\0") or name != name.strip():
            raise RequestError(f"tables: {name!r:.60} cannot be a table's name, since it names its file; use letters.")
        if not isinstance(told, Mapping):
            raise RequestError(f'tables.{name} must be an object such as {{"data_path": "..."}}.', field="tables")
        unknown = [key for key in told if key not in _TABLE_FIELDS]
        if unknown:
            hint = did_you_mean(str(unknown[0]), list(_TABLE_FIELDS), 1)
            raise RequestError(f"tables.{name}.{unknown[0]} is not known{hint}; remove it.", field="tables")
        if not isinstance(told.get("data_path"), str):
            raise RequestError(f"tables.{name}.data_path is missing; give the path of its file.", field="tables")
        _refuse_values(name, told)


def _refuse_values(name: str, told: Mapping[str, Any]) -> None:
    """Raise RequestError for a value of another type than its field has."""
    types = {"kept": bool, "sequence_key": str, "sequence_index": str, "read_options": Mapping, "columns": Mapping}
    for key, kind in types.items():
        if told.get(key) is not None and not isinstance(told[key], kind):
            raise RequestError(f"tables.{name}.{key} cannot be {told[key]!r:.60}.", field="tables")
    if told.get("columns") is not None and not all(isinstance(each, Mapping) for each in told["columns"].values()):
        raise RequestError(f"tables.{name}.columns must hold an object for each column.", field="tables")
    if told.get("primary_key") is not None and not _is_key(told["primary_key"]):
        raise RequestError(f"tables.{name}.primary_key must be a column, or a list of columns.", field="tables")
    rules = told.get("rules")
    if (
        rules is not None
        and rules != "none"
        and not (isinstance(rules, list) and all(isinstance(r, Mapping) for r in rules))
    ):
        raise RequestError(f'tables.{name}.rules must be a list of rules, or "none".', field="tables")


def _is_key(value: Any) -> bool:
    several = isinstance(value, (list, tuple)) and value and all(isinstance(each, str) for each in value)
    return isinstance(value, str) or bool(several)


def _relation(told: Mapping[str, Any]) -> Relation:
    """A relation that a request gives."""
    missing = [key for key in _RELATION_FIELDS if key not in told]
    if missing:
        raise RequestError(f"relations: {missing[0]!r} is missing; add it.", field="relations")
    for key in ("parent_key", "child_key"):
        if not _is_key(told[key]):
            raise RequestError(f"relations: {key} must be a column, or a list of columns.", field="relations")
    if not isinstance(told["parent"], str) or not isinstance(told["child"], str):
        raise ConfigError("relations: parent and child must be names of tables.", key="relations")
    return Relation(
        told["parent"], as_key(told["parent_key"]), told["child"], as_key(told["child_key"]), "You said so."
    )
