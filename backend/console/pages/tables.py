"""Tables: list, upload, look into, profile, convert."""

import json
from typing import Any
from urllib.parse import quote

from flask import Blueprint, request

from console import calls
from console.calls import Call
from console.formats import short_path
from console.kinds import KINDS
from console.view import code, files, leave_for, models, page, tables

blueprint = Blueprint("tables", __name__, url_prefix="/console/tables")
_ROWS = 50
_ALIVE = ("running", "queued", "succeeded")
_COLUMNS = 40  # shown at once; the others are a click away


@blueprint.get("")
@blueprint.get("/")
def show() -> Any:
    listed = files()
    shown = tables(listed)
    names = {each["short"] for each in shown} | {each["config"] for each in models(listed)}
    return page(
        "tables.html",
        own=[each for each in shown if not each["short"].startswith("testing_data/")],
        examples=[each for each in shown if each["short"].startswith("testing_data/")],
        others=[each for each in listed if each["short"] not in names],
        code=code(Call("GET", "/api/files/list")),
    )


@blueprint.get("/view")
def view() -> Any:
    path = short_path(request.args.get("path", ""))
    asked: dict[str, Any] = {"data_path": path, "limit": _ROWS, "offset": _whole("offset")}
    if sort := request.args.get("sort"):
        asked |= {"sort_by": sort, "descending": request.args.get("desc") == "1"}
    rows = calls.post("/api/dataset/rows", asked)
    return page(
        "table.html",
        path=path,
        rows=rows,
        asked=asked,
        first=_whole("first"),
        width=_COLUMNS,
        step=_ROWS,
        code=code(Call("POST", "/api/dataset/rows", asked)),
    )


@blueprint.get("/profile")
def profile() -> Any:
    path = short_path(request.args.get("path", ""))
    job = request.args.get("job") or _last_profile(path)
    return page("profile.html", path=path, job=job, columns=_columns(path))


@blueprint.post("/profile")
def begin_profile() -> Any:
    path = short_path(request.form.get("path", ""))
    body: dict[str, Any] = {"data_path": path}
    if label := request.form.get("label_column"):
        body["label_column"] = label
    if corrected := kinds_given():
        body["columns"] = corrected
    job = calls.start("/api/dataset/profile", body)
    return leave_for(f"/console/tables/profile?path={_quoted(path)}&job={job}")


@blueprint.post("/convert")
def convert() -> Any:
    path, form = short_path(request.form.get("path", "")), request.form.get("format", "parquet")
    stem = path.rsplit("/", 1)[-1].split(".")[0]
    body = {"data_path": path, "output_path": f"output_data/{stem}.{form}"}
    job = calls.start("/api/dataset/convert", body)
    return leave_for(f"/console/jobs/{job}")


@blueprint.get("/columns")
def columns() -> Any:
    """The columns of a table as choices of a form."""
    found = _columns(short_path(request.args.get("path", "")))
    wanted = request.args.get("selected") or ("label" if "label" in found else "")
    return page("columns.html", columns=found, wanted=wanted, none=request.args.get("none", ""))


def kinds_given() -> dict[str, dict[str, str]]:
    """What a form says better of columns: fields `kind:<column>` that differ from what was found."""
    found = json.loads(request.form.get("found_kinds") or "{}")
    return {
        name.removeprefix("kind:"): {"kind": value}
        for name, value in request.form.items()
        if name.startswith("kind:") and value in KINDS and found.get(name.removeprefix("kind:")) != value
    }


def _columns(path: str) -> list[str]:
    if not path:
        return []
    found: list[str] = calls.post("/api/dataset/rows", {"data_path": path, "limit": 1})["columns"]
    return found


def _last_profile(path: str) -> str:
    """The newest profile of this table as it is now, if one is remembered."""
    changed = next((each["modified"] for each in files() if each["short"] == path), "")
    for job in calls.get("/api/jobs", limit="200")["jobs"]:
        if job["operation"] == "dataset.profile" and job["state"] in _ALIVE and job["created"] > changed:
            asked = calls.get(f"/api/jobs/{job['id']}")["job"]["request"]
            if short_path(asked.get("data_path", "")) == path:
                return str(job["id"])
    return ""


def _whole(name: str) -> int:
    text = request.args.get(name, "0")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _quoted(path: str) -> str:
    return quote(path, safe="/")
