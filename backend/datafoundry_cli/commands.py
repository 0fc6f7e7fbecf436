"""What each command asks for, and what it shows."""

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datafoundry_cli.functions_file import read_functions_file
from datafoundry_cli.progress_bar import ProgressBar
from datafoundry_cli.showing import show
from datafoundry_cli.workers import Worker
from datafoundry_client import Client, ServiceError


def label(chosen: Namespace, worker: Worker) -> None:
    """Label a table."""
    arguments = {
        "data_path": chosen.table,
        "labeling_functions": read_functions_file(Path(chosen.functions)),
        "hand_labeled_examples_path": chosen.hand_labels,
        "label_column": chosen.label,
        "cardinality": chosen.classes,
        "aggregator": chosen.aggregator,
        "default_label": chosen.default_label,
        "predict_uncovered": chosen.predict_uncovered or None,
        "seed": chosen.seed,
        "read_options": chosen.read_options,
        "output_path": chosen.output,
    }
    _run(chosen, worker, "labeling.create_labels", arguments)


def profile(chosen: Namespace, worker: Worker) -> None:
    """Tell what a table is."""
    _run(chosen, worker, "dataset.profile", _of_table(chosen))


def train(chosen: Namespace, worker: Worker) -> None:
    """Write a configuration and train its model."""
    training = {"epochs": chosen.epochs, "seed": chosen.seed}
    arguments = {
        "data_path": chosen.table,
        "label_column": chosen.label,
        "model_type": chosen.model,
        "model_params": chosen.model_params,
        "training_params": {name: value for name, value in training.items() if value is not None} or None,
        "output_dir": chosen.output_dir,
        "read_options": chosen.read_options,
    }
    made = worker.run("training.create_config", arguments)
    if not chosen.json:
        show("training.create_config", made, as_json=False)
    _run(chosen, worker, "training.train_model", {"config_path": made["config_path"]})


def generate(chosen: Namespace, worker: Worker) -> None:
    """Draw synthetic rows."""
    config = chosen.config if chosen.config.endswith(".json") else f"{chosen.config.rstrip('/')}/config.json"
    arguments = {
        "config_path": config,
        "model_path": _model_of(config, chosen.url is None),
        "num_to_generate": chosen.rows,
        "label": chosen.label,
        "conditions": chosen.where,
        "seed": chosen.seed,
        "output_path": chosen.output,
        "output_format": "csv" if chosen.url and chosen.output and chosen.output.endswith(".csv") else None,
    }
    _run(chosen, worker, "generation.generate_data", arguments)


def evaluate(chosen: Namespace, worker: Worker) -> None:
    """Compare synthetic rows with real ones."""
    arguments = {
        "real_path": chosen.real,
        "synthetic_path": chosen.synthetic,
        "holdout_path": chosen.holdout,
        "label_column": chosen.label,
        "config_path": chosen.config,
        "seed": chosen.seed,
        "read_options": chosen.read_options,
        "output_path": chosen.output,
    }
    _run(chosen, worker, "generation.evaluate", arguments)


def check(chosen: Namespace, worker: Worker) -> None:
    """Find what is wrong with a table; with `--fix` repair what is certain."""
    if chosen.remove_duplicates and not chosen.fix:
        raise ServiceError("--remove-duplicates needs --fix FILE, where the table without them goes.")
    found = worker.run("cleaning.check_table", _of_table(chosen))
    show("cleaning.check_table", found, chosen.json)
    if chosen.fix:
        fixes = {
            "data_path": chosen.table,
            "fixes_path": found["fixes_path"],
            "read_options": chosen.read_options,
            "remove_duplicates": chosen.remove_duplicates,
            "output_path": chosen.fix,
        }
        _run(chosen, worker, "cleaning.apply_fixes", fixes)


def jobs(chosen: Namespace, worker: Worker) -> None:
    """List the jobs of a server, or show, follow or cancel one, or print its log."""
    client = Client(chosen.url, chosen.api_key)
    if chosen.action == "list":
        listed = client.jobs(chosen.state)
        show_jobs = json.dumps(listed, indent=2) if chosen.json else "\n".join(map(_line, listed)) or "There is no job."
        print(show_jobs)
        return
    if chosen.job is None:
        raise ServiceError(f"Name the job: datafoundry jobs {chosen.action} ID; `datafoundry jobs` lists them.")
    if chosen.action == "follow":
        with ProgressBar() as bar:
            client.on_progress = bar.show
            answer = client.wait(chosen.job)
        show("", answer, chosen.json)
        return
    if chosen.action == "log":
        lines = client.job_log(chosen.job)
        print(json.dumps(lines, indent=2) if chosen.json else "\n".join(map(_log_line, lines)))
        return
    job = client.cancel(chosen.job) if chosen.action == "cancel" else client.job(chosen.job)
    print(json.dumps(job, indent=2) if chosen.json or chosen.action == "show" else _line(job))


COMMANDS: dict[str, Callable[[Namespace, Worker], None]] = {
    "label": label,
    "profile": profile,
    "train": train,
    "generate": generate,
    "evaluate": evaluate,
    "check": check,
    "jobs": jobs,
}


def _of_table(chosen: Namespace) -> dict[str, Any]:
    """What is asked of one table and the page about it."""
    return {
        "data_path": chosen.table,
        "label_column": chosen.label,
        "reference_path": chosen.reference,
        "read_options": chosen.read_options,
        "output_path": chosen.output,
    }


def _run(chosen: Namespace, worker: Worker, operation: str, arguments: dict[str, Any]) -> None:
    show(operation, worker.run(operation, arguments), chosen.json)


def _model_of(config: str, here: bool) -> str:
    """The model file that a configuration names; on a server it is looked for where the service puts it."""
    if here:
        try:
            model: str = json.loads(Path(config).read_text())["output_model_path"]
            return model
        except (OSError, ValueError, KeyError, TypeError):
            raise ServiceError(
                f"{config} is no configuration of a trained model; name the config.json that `datafoundry train` wrote."
            ) from None
    return f"{config.rpartition('/')[0]}/model.pth"


def _log_line(line: dict[str, Any]) -> str:
    """One line of a job's log: its moment, its level where that is not the usual one, what happened."""
    level = "" if line["level"] == "info" else f"{line['level']}: "
    return f"{line['at']}  {level}{line['text']}"


def _line(job: dict[str, Any]) -> str:
    seconds = "" if job["seconds"] is None else f"{job['seconds']:.0f} s"
    error = "" if job["error"] is None else job["error"]["error"]
    return f"{job['id']}  {job['state']:<10}{job['operation']:<28}{seconds:>8}  {error}".rstrip()
