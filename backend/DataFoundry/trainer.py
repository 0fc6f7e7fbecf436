"""Write a training configuration, and train from one."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.anomaly.detector import fit_detector
from DataFoundry.config import (
    ColumnChoice,
    FeatureColumns,
    ModelParams,
    ReadOptions,
    TrainingConfig,
    TrainingParams,
    build_params,
    default_model_params,
    default_training_params,
    known_params,
    parse_config,
)
from DataFoundry.errors import ColumnError, RequestError
from DataFoundry.models.bundle import save_bundle
from DataFoundry.models.registry import model_type as registered
from DataFoundry.preprocessing.schema import LABEL, column_kinds, features_of, is_made_anew, nested_columns
from DataFoundry.relational.config import is_related, parse_related
from DataFoundry.relational.creating import create_related_config, refuse_beside_tables
from DataFoundry.relational.training import train_related
from DataFoundry.schema.discovery import discover_with_sample
from DataFoundry.schema.personal_parts import warning_of_people
from DataFoundry.schema.table_schema import Column, Rule, TableSchema
from DataFoundry.sources.opening import open_table
from DataFoundry.storage import journal
from DataFoundry.storage.configs import read_config
from DataFoundry.storage.files import claim_output, remove_file, write_json
from DataFoundry.storage.paths import input_path, output_folder, output_path, refuse_input_as_output
from DataFoundry.training.derived import chosen_rules, doubted, refuse_modelled, rule_of
from DataFoundry.training.fitting import Trained, fit, labeled_rows, summary
from DataFoundry.training.rows import MOST_ROWS, training_rows

log = logging.getLogger(__name__)

_MODEL_SUFFIXES = (".pth",)
_PREPROCESSOR_SUFFIXES = (".joblib",)


def create_config(
    data_path: str | None = None,
    output_dir: str | None = None,
    model_type: str = "tabular_cvae",
    model_params: Mapping[str, Any] | None = None,
    training_params: Mapping[str, Any] | None = None,
    read_options: Mapping[str, Any] | None = None,
    label_column: str | None = None,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    rules: Sequence[Mapping[str, Any]] | str | None = None,
    tables: Mapping[str, Mapping[str, Any]] | None = None,
    relations: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Write `config.json` for a table: its feature columns by kind, its condition, and the defaults for all not given.

    With `tables` in place of `data_path` it is one for several, see `relational.creating`; `relations` between them
    are found where they are not given.

    `label_column` names the condition; by default it is the column `label`, where there is one. What each column is and
    which rules rows keep is found (`schema.discovery`) and written into the configuration; `columns` says better by
    column, `rules` is a list in place of those found, or "none".

    Returns
    -------
    `config_path`, `config`, and `warnings` about parameters that are not known and were left out.

    Raises
    ------
    ConfigError, ColumnError, and those of `storage.paths` and `storage.tables`
    """
    if tables is not None:
        alone = {"data_path": data_path, "label_column": label_column, "columns": columns, "rules": rules}
        refuse_beside_tables(alone | {"read_options": read_options})
        return create_related_config(tables, relations, output_dir, model_params, training_params)
    if data_path is None:
        raise RequestError("'data_path' is missing; add it, or name several tables in tables.", field="data_path")
    if relations is not None:
        raise RequestError(
            "relations are between tables; name these in tables in place of data_path.", field="relations"
        )
    data = input_path(data_path, "data_path")
    folder = output_folder(output_dir, "output_dir", "models")
    class_name = registered(model_type).name
    model_given, model_warnings = known_params(ModelParams, model_params, "model_params")
    training_given, training_warnings = known_params(TrainingParams, training_params, "training_params")
    options = ReadOptions.of(read_options)
    table = open_table(data, options)
    schema, sample = discover_with_sample(table, columns)
    frame = table.read() if schema.rows <= MOST_ROWS else sample
    model_given = default_model_params(model_type) | model_given | {"model_class_name": class_name}
    training_given = default_training_params(model_type, schema.rows) | training_given
    label = _label(label_column, list(frame.columns))
    model_given = {"condition_cols": [label] if label in frame.columns else [], **model_given}
    if "feature_cols" not in model_given:
        model_given["feature_cols"] = features_of(frame, label, schema, columns or {}).model_dump(mode="json")
    chosen = build_params(ModelParams, model_given, "model_params")
    told = {name: column.kind for name, column in schema.columns.items()}
    refuse_modelled(chosen.feature_cols.made_cols, told)
    column_kinds(frame, chosen.feature_cols, label, told)  # a wrong name is better told before the training
    config = TrainingConfig(
        data_path=str(data),
        read_options=options,
        label_column=label,
        columns={name: _choice(column) for name, column in schema.columns.items()},
        rules=chosen_rules(rules, schema),
        output_model_path=str(folder / "model.pth"),
        preprocessor_path=str(folder / "preprocessor.joblib"),
        model_type=model_type,
        model_params=chosen,
        training_params=build_params(TrainingParams, training_given, "training_params"),
    )
    warnings = model_warnings + training_warnings
    warnings += [
        f"Column {name!r} holds lists or objects; no model learns it, and synthetic rows do not have it."
        for name in nested_columns(frame)
    ]
    warnings += doubted(Rule.from_dict(rule.model_dump()) for rule in config.rules)
    warnings += _copied(schema, chosen.feature_cols)
    fine = {name for name, said in (columns or {}).items() if said.get("personal") is False}
    warnings += _of_people(frame, [name for name in chosen.feature_cols.categorical_cols if name not in fine])
    path = folder / "config.json"
    written = config.model_dump(mode="json")
    with claim_output(path):
        write_json(path, written)
    return {"config_path": str(path), "config": written, "warnings": warnings}


def _copied(schema: TableSchema, features: FeatureColumns) -> list[str]:
    """A warning where synthetic rows would hold values that name somebody or something, or what somebody wrote."""
    chosen = [schema.columns[name] for name in (*features.numerical_cols, *features.categorical_cols)]
    named = [repr(column.name) for column in chosen if column.personal or is_made_anew(column, schema.rows)]
    if not named:
        return []
    return [
        f"Synthetic rows copy values of {', '.join(named)}, which are personal, keys or free text; move them to "
        "made_cols in model_params.feature_cols before you give such rows away."
    ]


def _of_people(frame: pd.DataFrame, categories: list[str]) -> list[str]:
    """A warning for each column of categories that tell of people: synthetic rows have them as they stand."""
    texts = {
        name: frame[name].dropna().map(str).unique().tolist() for name in categories if frame[name].dtype == object
    }
    return [told for name, values in texts.items() if (told := warning_of_people(name, values))]


def _choice(column: Column) -> ColumnChoice:
    return ColumnChoice(kind=column.kind, personal=column.personal, format=dict(column.format), reason=column.reason)


def _label(wanted: str | None, columns: list[str]) -> str:
    if wanted is not None and wanted not in columns:
        raise ColumnError(
            f"label_column: the table has no column {wanted!r}; it has {', '.join(columns[:20])}.", missing=[wanted]
        )
    return wanted or LABEL


def train_model(config_path: str) -> dict[str, Any]:
    """Train as a `config.json` says; writes the model, the preprocessor and `history.json` beside the model.

    Of a table of more than `training.rows.MOST_ROWS` rows so many are drawn, which `warnings` say. A training that was
    interrupted goes on from `model.checkpoint.pth`, which is there until the model is. The configuration may be that
    of related tables, see `relational.training`.

    Returns
    -------
    `model_path`, `preprocessor_path`, `config_path`, `history_path`, `metrics`, `history`, `warnings`.

    Raises
    ------
    ConfigError, ColumnError, TrainingError, OutputBusyError, and those of `storage.paths` and `storage.tables`
    """
    path = input_path(config_path, "config_path", (".json",))
    content = read_config(path)
    if is_related(content):
        return train_related(parse_related(content), path)
    config = parse_config(content)
    registered(config.model_type)
    data = input_path(config.data_path, "data_path")
    model_path = output_path(config.output_model_path, "output_model_path", _MODEL_SUFFIXES)
    preprocessor_path = output_path(config.preprocessor_path, "preprocessor_path", _PREPROCESSOR_SUFFIXES)
    history_path = model_path.with_name("history.json")
    checkpoint_path = model_path.with_name(f"{model_path.stem}.checkpoint.pth")
    refuse_input_as_output(history_path, path, data)
    with claim_output(model_path):
        journal.note(journal.RESUMABLE, checkpoint_path)  # of an attempt before this one, already while rows are read
        rows = training_rows(open_table(data, config.read_options), config.label)
        trained = fit(rows.frame, config, checkpoint_path, rows.labels)
        trained = replace(trained, warnings=(*rows.warnings, *trained.warnings))
        detector = _detector(rows.frame, trained, config)
        bundle = trained.bundle(config.model_type, detector)
        save_bundle(bundle, model_path, preprocessor_path)
        remove_file(checkpoint_path)
        return _told(trained, path, model_path, preprocessor_path, history_path)


def _detector(frame: pd.DataFrame, trained: Trained, config: TrainingConfig) -> dict[str, Any] | None:
    """What tells odd rows, learnt beside the model from the same rows; None for a type that has no likelihood."""
    if not registered(config.model_type).likelihood:
        return None
    rows, _ = labeled_rows(frame, config.label)
    classes = trained.labels.encode(rows[trained.labels.name]) if trained.labels else None
    kinds = column_kinds(rows, config.model_params.feature_cols, config.label_column, config.kinds)
    return fit_detector(
        rows,
        kinds,
        classes,
        len(trained.labels.values) if trained.labels else 0,
        trained.seed,
        config.training_params.rare_value_threshold,
        config.formats(kinds),
        [rule_of(each, frame) for each in config.rules],
    )


def _told(
    trained: Trained, path: Path, model_path: Path, preprocessor_path: Path, history_path: Path
) -> dict[str, Any]:
    metrics = summary(trained)
    write_json(history_path, {"metrics": metrics, "seed": trained.seed, "epochs": trained.outcome.history})
    log.info("trained in %.0f s: %s", metrics["seconds"], metrics["stopped_because"])
    return {
        "model_path": str(model_path),
        "preprocessor_path": str(preprocessor_path),
        "config_path": str(path),
        "history_path": str(history_path),
        "metrics": metrics,
        "history": trained.outcome.history,
        "warnings": list(trained.warnings),
    }
