"""Label: functions with a live trial, suggestions, rows labeled by hand, the label run."""

import csv
import io
import json
from typing import Any

from flask import Blueprint, jsonify, request

from console import calls
from console.calls import Call
from console.formats import short_path
from console.pages.tables import _quoted
from console.view import code, files, leave_for, page, tables

blueprint = Blueprint("label", __name__, url_prefix="/console/label")


@blueprint.get("")
def show() -> Any:
    path = short_path(request.args.get("path", ""))
    listed = tables(files(), path)
    looked = calls.post("/api/dataset/rows", {"data_path": path, "limit": 5}) if path else None
    return page(
        "label.html",
        path=path,
        tables=listed,
        looked=looked,
        hands=[each for each in listed if "hand" in each["name"] or each["short"].startswith("testing_data/")],
        hand=request.args.get("hand", ""),
        job=request.args.get("job", ""),
        suggest=request.args.get("suggest", ""),
    )


@blueprint.post("/try")
def attempt() -> Any:
    """What the functions in the editor do on the first rows."""
    body = {name: value for name, value in (request.get_json(silent=True) or {}).items() if value}
    tried = calls.post("/api/labeling/try-functions", body)
    errors = {each["name"]: each["error"] for each in tried["lf_analysis"] if each["error"]}
    return page(
        "tried.html",
        tried=tried,
        errors=json.dumps(errors),
        code=code(Call("POST", "/api/labeling/try-functions", body)),
    )


@blueprint.post("/suggest")
def suggest() -> Any:
    path = short_path(request.form.get("path", ""))
    body: dict[str, Any] = {"data_path": path, "hand_labeled_examples_path": request.form.get("hand", "")}
    for name in ("label_column", "user_goal"):
        if request.form.get(name):
            body[name] = request.form[name]
    job = calls.start("/api/labeling/suggest-functions", body)
    return page("follow.html", job=job, note="")


@blueprint.post("/run")
def run() -> Any:
    path = short_path(request.form.get("path", ""))
    body: dict[str, Any] = {"data_path": path, "labeling_functions": json.loads(request.form.get("functions") or "[]")}
    if not body["labeling_functions"]:
        raise calls.Refused(422, "There is no labeling function yet; write one, or take a suggested one.", "empty")
    stem = path.rsplit("/", 1)[-1].split(".")[0]
    body["output_path"] = request.form.get("output_path") or f"output_data/{stem}_labeled.parquet"
    if hand := request.form.get("hand"):
        body["hand_labeled_examples_path"] = hand
    if column := request.form.get("label_column"):
        body["label_column"] = column
    rest = request.form.get("uncovered", "")
    if rest == "predict":
        body["predict_uncovered"] = True
    elif rest.isdecimal():
        body["default_label"] = int(rest)
    job = calls.start("/api/labeling/create-labels", body)
    return leave_for(f"/console/label?path={_quoted(path)}&job={job}#result")


@blueprint.get("/rows")
def rows() -> Any:
    """Rows to label by hand, one key press each."""
    path = short_path(request.args.get("path", ""))
    return page("hand.html", path=path, tables=tables(files(), path))


@blueprint.post("/rows/save")
def save_rows() -> Any:
    """Write the rows that were labeled as a table of hand-labeled examples."""
    sent = request.get_json(silent=True) or {}
    labeled = sent.get("rows") or []
    if not labeled:
        raise calls.Refused(422, "No row is labeled yet; label some first.", "empty")
    path = short_path(sent.get("path", ""))
    stem = path.rsplit("/", 1)[-1].split(".")[0]
    names = list(labeled[0]["values"])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "label"])
    writer.writerows([*(each["values"].get(name) for name in names), each["label"]] for each in labeled)
    saved = short_path(calls.upload(f"output_data/{stem}_hand_labels.csv", text.getvalue().encode()))
    return jsonify({"path": saved, "next": f"/console/label?path={_quoted(path)}&hand={_quoted(saved)}"})
