"""Clean: check a table, decide on each finding, apply what was accepted, undo it."""

import csv
import io
import json
from typing import Any

from flask import Blueprint, request

from console import calls
from console.formats import short_path
from console.kinds import FIX_KINDS
from console.pages.tables import _quoted
from console.view import files, leave_for, models, page, tables

blueprint = Blueprint("clean", __name__, url_prefix="/console/clean")
_ROWS = 50
_AT_ONCE = 1_000


@blueprint.get("")
def show() -> Any:
    path = short_path(request.args.get("path", ""))
    listed = files()
    trained = [each for each in models(listed) if "model" in each]
    job, done = request.args.get("job", ""), request.args.get("done", "")
    return page("clean.html", path=path, tables=tables(listed, path), models=trained, job=job, done=done)


@blueprint.post("/check")
def check() -> Any:
    path = _chosen_table()
    body = {"data_path": path, "output_path": f"output_data/{_stem(path)}_check.html"}
    if label := request.form.get("label_column"):
        body["label_column"] = label
    job = calls.start("/api/cleaning/check-table", body)
    return leave_for(f"/console/clean?path={_quoted(path)}&job={job}#result")


@blueprint.get("/fixes")
def fixes() -> Any:
    """One page of the fixes, each to be accepted or refused."""
    offset = int(request.args.get("offset", "0"))
    asked = {"data_path": request.args.get("fixes", ""), "offset": offset, "limit": _ROWS, "sort_by": "confidence"}
    rows = calls.post("/api/dataset/rows", {**asked, "descending": True, "read_options": {"missing_spellings": []}})
    return page("fixes.html", rows=rows, fixes=asked["data_path"], step=_ROWS, kinds=FIX_KINDS)


@blueprint.post("/apply")
def apply() -> Any:
    """Write the accepted fixes as a file of their own, and apply it."""
    path, fixes_path = short_path(request.form.get("path", "")), request.form.get("fixes", "")
    decided = {int(row): bool(yes) for row, yes in json.loads(request.form.get("decided") or "{}").items()}
    least, stem = float(request.form.get("least", "0.9")), _stem(path)
    columns, rows = _all_rows(fixes_path)
    sure, kind = columns.index("confidence"), columns.index("kind")
    refused = set(request.form.getlist("refuse_kind"))
    taken = [
        row
        for number, row in enumerate(rows)
        if decided.get(number, float(row[sure] or 0) >= least and row[kind] not in refused)
    ]
    duplicates = request.form.get("duplicates")
    if not taken and not duplicates:
        raise calls.Refused(422, "No fix is accepted; accept some, then apply them.", "empty")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns, *taken])
    accepted = short_path(calls.upload(f"output_data/{stem}_accepted.csv", text.getvalue().encode()))
    body = {
        "data_path": path,
        "fixes_path": accepted,
        "min_confidence": 0.0,
        **({"remove_duplicates": duplicates} if duplicates else {}),
        "output_path": f"output_data/{stem}_cleaned.{request.form.get('format', 'csv')}",
    }
    done = calls.start("/api/cleaning/apply-fixes", body)
    job = request.form.get("job", "")
    return leave_for(f"/console/clean?path={_quoted(path)}&job={job}&done={done}#done")


@blueprint.post("/scan")
def scan() -> Any:
    """Find the rows that a model finds unlikely."""
    path, config_path = _chosen_table(), request.form.get("config", "")
    config = json.loads(calls.content(config_path))
    body = {
        "config_path": config_path,
        "model_path": short_path(config["output_model_path"]),
        "preprocessor_path": short_path(config["preprocessor_path"]),
        "data_to_scan_path": path,
        "output_path": f"output_data/{_stem(path)}_odd_rows.parquet",
    }
    job = calls.start("/api/cleaning/detect-anomalies", body)
    return leave_for(f"/console/clean?path={_quoted(path)}&job={job}#result")


@blueprint.post("/fill")
def fill() -> Any:
    """Fill the missing cells of a table."""
    path = _chosen_table()
    body = {"data_path": path, "mode": request.form.get("mode", "likely")}
    job = calls.start("/api/cleaning/fill-missing", {**body, "output_path": f"output_data/{_stem(path)}_filled.csv"})
    return leave_for(f"/console/clean?path={_quoted(path)}&job={job}#result")


def _chosen_table() -> str:
    path = short_path(request.form.get("path", ""))
    if not path:
        raise calls.Refused(422, "Choose a table first.", "empty")
    return path


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".")[0]


@blueprint.post("/undo")
def undo() -> Any:
    """Take the changes of a journal back."""
    body = {"data_path": request.form.get("path", ""), "journal_path": request.form.get("journal", ""), "undo": True}
    return leave_for(f"/console/jobs/{calls.start('/api/cleaning/apply-fixes', body)}")


def _all_rows(path: str) -> tuple[list[str], list[list[Any]]]:
    columns: list[str] = []
    rows: list[list[Any]] = []
    while not columns or len(rows) % _AT_ONCE == 0:
        asked = {"data_path": path, "offset": len(rows), "limit": _AT_ONCE, "read_options": {"missing_spellings": []}}
        part = calls.post("/api/dataset/rows", asked)
        columns, rows = part["columns"], rows + part["rows"]
        if not part["rows"]:
            break
    return columns, rows
