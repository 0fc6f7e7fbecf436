"""Train a model of related tables from its configuration."""

import logging
import secrets
import time
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.errors import ColumnError
from DataFoundry.relational.bundle import Related, save_related
from DataFoundry.relational.config import RelatedConfig
from DataFoundry.relational.fitting import fit_related
from DataFoundry.relational.sequences import SUFFIX, frames_of
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import claim_output, write_json
from DataFoundry.storage.paths import input_path, output_path, refuse_input_as_output

log = logging.getLogger(__name__)


def read_tables(config: RelatedConfig) -> dict[str, pd.DataFrame]:
    """The tables of a configuration as they are related.

    Raises
    ------
    ColumnError
        If one has not the columns that the configuration describes, and those of `storage.paths` and `sources.opening`
    """
    frames = {}
    for name, choice in config.tables.items():
        if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in config.sequences:
            continue
        path = input_path(choice.data_path, f"tables.{name}.data_path")
        frames[name] = open_table(path, choice.read_options).read()
    related = frames_of(frames, config.sequences)
    for name, choice in config.tables.items():
        gone = [column for column in choice.columns if column not in related[name]]
        if gone:
            raise ColumnError(
                f"The table {name!r} has no column {gone[0]!r}, which config.json describes.", missing=gone
            )
    return related


def train_related(config: RelatedConfig, config_path: Path) -> dict[str, Any]:
    """Train the tables of a configuration; writes the model, the preprocessor and `history.json` beside it.

    Returns
    -------
    As `trainer.train_model`; `metrics` has `seconds`, `rows` and one entry for each table.
    """
    model_path = output_path(config.output_model_path, "output_model_path", (".pth",))
    preprocessor_path = output_path(config.preprocessor_path, "preprocessor_path", (".joblib",))
    history_path = model_path.with_name("history.json")
    refuse_input_as_output(history_path, config_path)
    started = time.monotonic()
    with claim_output(model_path):
        frames = read_tables(config)
        wanted = config.training_params.seed
        seed = secrets.randbits(62) if wanted is None else wanted
        related, histories = fit_related(frames, config, seed, model_path)
        save_related(related, model_path, preprocessor_path)
        metrics = _metrics(related, frames, histories, time.monotonic() - started)
        write_json(history_path, {"metrics": metrics, "seed": seed, "tables": histories})
    log.info("trained %d tables in %.0f s", len(related.tables), metrics["seconds"])
    return {
        "model_path": str(model_path),
        "preprocessor_path": str(preprocessor_path),
        "config_path": str(config_path),
        "history_path": str(history_path),
        "metrics": metrics,
        "history": histories,
        "warnings": [f"{name}: {said}" for name, model in related.tables.items() for said in model.warnings],
    }


def _metrics(
    related: Related, frames: dict[str, pd.DataFrame], histories: dict[str, list[dict[str, Any]]], seconds: float
) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 3),
        "rows": sum(map(len, frames.values())),
        "order": list(related.order.tables),
        "kept": list(related.order.kept),
        "tables": {
            name: {
                "rows": related.tables[name].rows,
                "epochs_run": len(history),
                "validation_loss": min((each["validation_loss"] for each in history), default=0.0),
                "seconds": history[-1]["seconds"] if history else 0.0,
            }
            for name, history in histories.items()
        },
    }
