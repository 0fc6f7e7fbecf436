"""Generate: how many rows, of which label, under which conditions; then beside the real ones."""

import json
from typing import Any

from flask import Blueprint, request

from console import calls
from console.formats import short_path
from console.pages.tables import _quoted
from console.view import files, leave_for, models, page

blueprint = Blueprint("generate", __name__, url_prefix="/console/generate")
_RANGES = ("number", "formatted_number", "moment")


@blueprint.get("")
def show() -> Any:
    trained = [each for each in models(files()) if "model" in each]
    chosen = request.args.get("config") or (trained[0]["config"] if len(trained) == 1 else "")
    config = json.loads(calls.content(chosen)) if chosen else None
    features = config["model_params"]["feature_cols"] if config else {}
    names = [name for kind in ("numerical_cols", "categorical_cols") for name in features.get(kind, [])]
    return page(
        "generate.html",
        models=trained,
        config_path=chosen,
        config=config,
        label=_label_column(config) if config else None,
        columns=names,
        job=request.args.get("job", ""),
        compare=request.args.get("compare", ""),
    )


@blueprint.get("/condition")
def condition() -> Any:
    """The fields of one condition: a range, or one of the values that the training table has."""
    column = request.args.get("column", "")
    config = json.loads(calls.content(request.args.get("config", "")))
    kind = config["columns"].get(column, {}).get("kind", "category")
    return page("condition.html", column=column, ranged=kind in _RANGES, values=_values(config, column), kind=kind)


@blueprint.post("/start")
def begin() -> Any:
    config_path = request.form.get("config", "")
    config = json.loads(calls.content(config_path))
    name, form = request.form.get("name", "").strip(), request.form.get("format", "parquet")
    folder = config_path.rsplit("/", 2)[-2]
    body: dict[str, Any] = {
        "model_path": short_path(config["output_model_path"]),
        "config_path": config_path,
        "num_to_generate": _count(),
        "output_path": f"output_data/{name or folder + '_synthetic'}.{form}",
    }
    if label := request.form.get("label", "").strip():
        body["label"] = _typed(label, config["columns"].get(config["label_column"], {}).get("kind", "number"))
    if conditions := _conditions(config):
        body["conditions"] = conditions
    if seed := request.form.get("seed", "").strip():
        body["seed"] = int(seed) if seed.isdecimal() else seed
    job = calls.start("/api/generation/generate-data", body)
    return leave_for(f"/console/generate?config={_quoted(config_path)}&job={job}#result")


@blueprint.post("/compare")
def compare() -> Any:
    """Hold synthetic rows against the real ones."""
    form = {name: request.form.get(name, "") for name in ("real_path", "synthetic_path", "config_path", "label_column")}
    job = calls.start("/api/generation/evaluate", {name: value for name, value in form.items() if value})
    back = f"/console/generate?config={_quoted(form['config_path'])}&job={request.form.get('job', '')}"
    return leave_for(f"{back}&compare={job}#quality")


def _label_column(config: dict[str, Any]) -> dict[str, Any] | None:
    name = config["label_column"]
    if name not in config["model_params"]["condition_cols"]:
        return None
    return {"name": name, "values": _values(config, name)}


def _values(config: dict[str, Any], column: str) -> list[str]:
    """The values of a column of few, as far as its format or the table tell."""
    choice = config["columns"].get(column, {})
    if choice.get("kind") == "boolean" and "true" in choice.get("format", {}):
        return [choice["format"]["true"], choice["format"]["false"]]
    try:
        told = calls.post("/api/dataset/info", {"data_path": config["data_path"]})
    except calls.Refused:  # the training table may be gone
        return []
    return [str(each["value"]) for each in told["categorical_summary"].get(column, {}).get("top", [])]


def _conditions(config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    fields = [request.form.getlist(name) for name in ("column", "value", "min", "max")]
    for column, value, low, high in zip(*fields, strict=False):
        kind = config["columns"].get(column, {}).get("kind", "category")
        ends = {"min": low.strip(), "max": high.strip()}
        if value.strip():
            found[column] = _typed(value.strip(), kind)
        elif any(ends.values()):
            found[column] = {name: _typed(end, kind) for name, end in ends.items() if end}
    return found


def _typed(text: str, kind: str) -> Any:
    """Numbers as numbers where the column holds some."""
    if kind in ("category", "moment", "text"):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _count() -> int:
    text = request.form.get("num_to_generate", "").replace(",", "").strip()
    if not text.isdecimal() or int(text) == 0:
        raise calls.Refused(400, "Say how many rows to make: a whole number from 1 on.", "invalid_request")
    return int(text)
