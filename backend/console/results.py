"""What the component of an operation's result shows besides the answer itself, by operation."""

import json
from collections.abc import Callable
from typing import Any

from console import calls
from console.kinds import FIX_KINDS, KINDS

Job = dict[str, Any]
_BESIDE = 8  # rows of each table


def more(job: Job) -> dict[str, Any]:
    """Values for the template `results/<operation>.html`."""
    extra = _EXTRA.get(job["operation"])
    return extra(job) if extra else {}


def _profile(job: Job) -> dict[str, Any]:
    columns = job["result"]["schema"]["columns"]
    return {"kinds": KINDS, "found_kinds": json.dumps({name: each["kind"] for name, each in columns.items()})}


def _generated(job: Job) -> dict[str, Any]:
    """Synthetic rows beside real ones of the same columns, as far as both can be read."""
    config = json.loads(calls.content(job["request"]["config_path"]))
    synthetic = _rows(job["result"]["output_path"])
    real = _rows(config["data_path"], synthetic["columns"]) if synthetic else None
    return {"config": config, "synthetic": synthetic, "real": real}


def _checked(job: Job) -> dict[str, Any]:
    found = {each["kind"] for each in job["result"]["issues"]}
    return {"fix_kinds": FIX_KINDS, "found_kinds": found, "duplicates": found & {"duplicate", "near_duplicate"}}


def _fixed(job: Job) -> dict[str, Any]:
    return {"journal": _rows(job["result"]["journal_path"], limit=200)}


def _scanned(job: Job) -> dict[str, Any]:
    """The first rows of the report, which is sorted by score."""
    path = job["result"]["output_path"]
    first = _rows(path, limit=1)
    first_of_all = ("anomaly_score", "row_index", "why")
    shown = [name for name in first_of_all if first and name in first["columns"]]
    rest = [name for name in (first["columns"] if first else []) if not name.startswith(("contrib__", "expected__"))]
    return {"oddest": _rows(path, [*shown, *(name for name in rest if name not in shown)], limit=20) if first else None}


def _trained(job: Job) -> dict[str, Any]:
    """The curves of whatever losses the model type has."""
    history = job["result"].get("history") or []
    names = {"train_loss": "rows learned from", "validation_loss": "rows held out"}
    names |= {name: name.replace("_", " ") for name in ("generator_loss", "discriminator_loss")}
    curves = {text: [each[name] for each in history] for name, text in names.items() if history and name in history[0]}
    return {"curves": curves}


def _rows(path: str, columns: list[str] | None = None, limit: int = _BESIDE) -> dict[str, Any] | None:
    body = {"data_path": path, "limit": limit, **({"columns": columns} if columns else {})}
    try:
        return calls.post("/api/dataset/rows", body)
    except calls.Refused:  # the file is no table, or gone, or has other columns
        return None


_EXTRA: dict[str, Callable[[Job], dict[str, Any]]] = {
    "dataset.profile": _profile,
    "generation.generate_data": _generated,
    "cleaning.check_table": _checked,
    "cleaning.apply_fixes": _fixed,
    "cleaning.detect_anomalies": _scanned,
    "training.train_model": _trained,
}
