"""Whether a path's text may be used at all, told from the text alone: no file is looked at here."""

import os
import re
from pathlib import Path

from DataFoundry.roots import data_roots, lookup_folders

_HIDDEN = re.compile(r"(^|[/\\])\.[^./\\]")
_CODE_SUFFIXES = (".py", ".sh", ".env", ".pem", ".key", ".conf", ".ini", ".toml", ".yaml", ".yml", ".so", ".exe")


def why_forbidden(text: str) -> str:
    """A sentence that says why the path may not be used, or nothing when the text gives no reason.

    The storage layer checks again, with symbolic links resolved, when the file is opened.
    """
    if "://" in text:
        return f"{text} is an address; only files in the data folders can be used."
    if "\\" in text or re.match(r"^[A-Za-z]:", text):
        return f"{text} is not a path on this machine; write it with forward slashes, relative to the backend folder."
    if text.startswith("~") or "$" in text or "\x00" in text:
        return f"{text} is not expanded here; write the path out, relative to the backend folder."
    if _HIDDEN.search(text) or text.lower().endswith(_CODE_SUFFIXES):
        return f"{text} is not a data file; only tables, models and reports can be used."
    parts = Path(text).parts
    relative = Path(*parts[1:]) if len(parts) > 1 and parts[0] == "backend" else Path(text)
    meant = [Path(os.path.normpath(folder / relative)) for folder in lookup_folders()]
    if not any(path.is_relative_to(root) for path in meant for root in data_roots()):
        roots = ", ".join(str(root) for root in data_roots())
        return (
            f"{text} lies outside the data folders ({roots}); move the file there or start me with another data root."
        )
    return ""


def is_table(text: str) -> bool:
    return text.lower().endswith((".csv", ".parquet", ".tsv", ".pq", ".xlsx"))


def is_model(text: str) -> bool:
    return text.lower().endswith((".pth", ".pkl", ".joblib", ".h5", ".safetensors")) or (
        "." not in text.rsplit("/", 1)[-1]
    )
