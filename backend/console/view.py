"""What every page has: the frame, the tables to choose from, the code for what was just done."""

from typing import Any

from flask import Response, g, render_template, request

from console import calls
from console.calls import Call
from console.formats import short_path
from console.snippets import as_curl, as_python

TABLE_SUFFIXES = (
    ".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson", ".xlsx", ".xls", ".ods", ".feather", ".arrow",
)  # fmt: skip
LOOKS = ("dataset.rows", "dataset.info", "labeling.try_functions")  # work that leaves nothing behind
_PACKED = (".gz", ".zip", ".zst", ".bz2")
_BY_PRODUCTS = ("_findings.csv", "_fixes.csv", "_journal.csv", "_accepted.csv")


def page(template: str, **values: Any) -> str:
    """A page or part of one."""
    return render_template(template, **values)


def code(call: Call) -> dict[str, str]:
    """`curl` and `python` of a call, for the part `code.html`."""
    home = request.host_url.rstrip("/")
    return {"curl": as_curl(call, home, bool(g.api_key)), "python": as_python(call, home, bool(g.api_key))}


def leave_for(target: str) -> Response:
    """After a change: where to go on, in a form of htmx as in a plain one."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": target})
    return Response(status=303, headers={"Location": target})


def files() -> list[dict[str, Any]]:
    """Every file that the service lists, newest first, with the path as people read it."""
    return [{**each, "short": short_path(each["path"])} for each in calls.get("/api/files/list")["files"]]


def is_table(path: str) -> bool:
    """By its name."""
    name = path.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(TABLE_SUFFIXES)


def tables(listed: list[dict[str, Any]], chosen: str = "") -> list[dict[str, Any]]:
    """The tables among files, by-products of checks left out; `chosen` is in it, wherever it lies."""
    found = [each for each in listed if is_table(each["name"]) and not each["name"].endswith(_BY_PRODUCTS)]
    if chosen and all(each["short"] != chosen for each in found):
        found.insert(0, {"name": chosen.rsplit("/", 1)[-1], "short": chosen, "path": chosen, "size": None})
    return found


def models(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Folders that hold a configuration, with whether its model is trained."""
    folders: dict[str, dict[str, Any]] = {}
    for each in listed:
        folder, _, name = each["short"].rpartition("/")
        if name in ("config.json", "model.pth"):
            entry = folders.setdefault(folder, {"folder": folder, "name": folder.rpartition("/")[2] or folder})
            entry[name.split(".")[0]] = each["short"]
            entry.setdefault("modified", each["modified"])
    return [each for each in folders.values() if "config" in each]
