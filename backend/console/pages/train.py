"""Train: a configuration as a form, the training as it goes, the model's card."""

import json
from typing import Any

from flask import Blueprint, request

from console import calls
from console.formats import short_path
from console.kinds import KINDS, MODEL_TYPES
from console.pages.tables import _quoted, kinds_given
from console.view import files, leave_for, models, page, tables

blueprint = Blueprint("train", __name__, url_prefix="/console/train")
_WHOLE = {"epochs", "batch_size", "seed", "rare_value_threshold", "latent_dim"}
_LAYERS = ("encoder_hidden_layers", "decoder_hidden_layers")


@blueprint.get("")
def show() -> Any:
    listed = files()
    path, config_path = short_path(request.args.get("path", "")), request.args.get("config", "")
    config = json.loads(calls.content(config_path)) if config_path else None
    return page(
        "train.html",
        path=short_path(config["data_path"]) if config else path,
        tables=tables(listed, path),
        models=models(listed),
        config=config,
        config_path=config_path,
        job=request.args.get("job", ""),
        model_types=MODEL_TYPES,
        kinds=KINDS,
        found_kinds=json.dumps({name: each["kind"] for name, each in config["columns"].items()}) if config else "",
    )


@blueprint.post("/config")
def configure() -> Any:
    """Write a configuration whose defaults suit the table; the next page shows them as a form."""
    path = short_path(request.form.get("path", ""))
    if not path:
        raise calls.Refused(422, "Choose a table first.", "empty")
    stem = path.rsplit("/", 1)[-1].split(".")[0]
    folder = request.form.get("name", "").strip() or f"{stem}_model"
    body: dict[str, Any] = {"data_path": path, "output_dir": f"output_data/models/{folder}"}
    body["model_type"] = request.form.get("model_type") or "tabular_cvae"
    if label := request.form.get("label_column"):
        body["label_column"] = label
    made = calls.post("/api/training/create-config", body)
    return leave_for(f"/console/train?config={_quoted(short_path(made['config_path']))}")


@blueprint.post("/start")
def begin() -> Any:
    """Write what was changed in the form, then train."""
    config_path = request.form.get("config", "")
    config = json.loads(calls.content(config_path))
    body = _changed(config, config_path)
    calls.post("/api/training/create-config", body)
    job = calls.start("/api/training/train-model", {"config_path": config_path})
    return leave_for(f"/console/train?config={_quoted(config_path)}&job={job}#result")


def _changed(config: dict[str, Any], config_path: str) -> dict[str, Any]:
    """The request that writes the configuration as the form has it."""
    training = {
        name: _number(name) for name in ("epochs", "batch_size", "learning_rate", "seed", "rare_value_threshold")
    }
    model: dict[str, Any] = {"latent_dim": _number("latent_dim")}
    model |= {name: _layers(name) for name in _LAYERS}
    corrected = kinds_given()
    kept = set(request.form.getlist("rule"))
    rules = [each for number, rule in enumerate(config["rules"]) if (each := _ruled(rule, str(number) in kept))]
    body: dict[str, Any] = {
        "data_path": short_path(config["data_path"]),
        "output_dir": config_path.rsplit("/", 1)[0],
        "model_type": config["model_type"],
        "model_params": {name: value for name, value in model.items() if value},
        "training_params": {name: value for name, value in training.items() if value is not None},
        "label_column": config["label_column"],
    }
    if config["label_column"] not in config["columns"]:
        body.pop("label_column")
    if corrected:
        body["columns"] = corrected
    if rules != config["rules"] or not corrected:  # other kinds may have other rules
        body["rules"] = rules or "none"
    return body


def _ruled(rule: dict[str, Any], ticked: bool) -> dict[str, Any] | None:
    """A rule as the form has it: one that rows of the table break is a promise once it is ticked, else a suspicion."""
    if ticked:
        return {**rule, "support": 0, "exceptions": 0} if rule["exceptions"] else rule
    return rule if rule["exceptions"] else None


def _number(name: str) -> float | int | None:
    text = request.form.get(name, "").strip().replace(",", "")
    if not text:
        return None
    try:
        return int(text) if name in _WHOLE else float(text)
    except ValueError:
        raise calls.Refused(
            400, f"{name.replace('_', ' ')} must be a number, not {text[:40]!r}; correct it.", "invalid_request"
        ) from None


def _layers(name: str) -> list[int]:
    try:
        return [int(each) for each in request.form.get(name, "").replace(",", " ").split()]
    except ValueError:
        raise calls.Refused(
            400, f"{name.replace('_', ' ')} must be whole numbers such as 256, 128; correct it.", "invalid_request"
        ) from None
