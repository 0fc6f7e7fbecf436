"""JSON: a list of objects, or an object a line."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.errors import TableError, TooLargeError
from DataFoundry.storage.streams import unpacked

_MOST_BYTES = 2**30  # it is read as a whole


def read_json(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows, and how they were read. Nested objects and lists stay as they are.

    Raises
    ------
    TableError
        If it is not JSON (with the line), or not a list of objects.
    TooLargeError
        If it holds over 1 GiB.
    """
    with unpacked(path) as handle:
        content = handle.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise TooLargeError(f"{path.name} holds over {_MOST_BYTES} bytes; convert it to csv or parquet.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path.name} is not in UTF-8 (byte {error.start}); JSON always is.") from None
    rows = _rows(text, path)
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise TableError(f"{path.name} is not a list of objects; write one object a row.")
    names = list(dict.fromkeys(str(name) for row in rows for name in row))
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    return pd.DataFrame(columns, columns=names), {"encoding": "utf-8", "missing_spellings": [], "notes": []}


def _rows(text: str, path: Path) -> list[Any]:
    if text.lstrip().startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise TableError(f"{path.name} is not JSON ({error}); correct it there.") from None
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError):
                raise TableError(f"{path.name} has no JSON object in line {number}; correct it.", line=number) from None
    return rows


def _column(values: list[Any]) -> pd.Series:
    """Numbers as int64 or float64 where nothing is lost, truth values as bool, all else as it is."""
    present = [each for each in values if each is not None]
    types = {type(each) for each in present}
    if types == {int} and all(abs(each) < 2**63 for each in present):
        if len(present) == len(values):
            return pd.Series(values, dtype="int64")
        exact = all(abs(each) <= 2**53 for each in present)
        return pd.Series(values, dtype="float64" if exact else "Int64")
    if types and types <= {int, float} and all(abs(each) <= 2**53 for each in present if type(each) is int):
        return pd.Series(values, dtype="float64")
    if types == {bool} and len(present) == len(values):
        return pd.Series(values, dtype="bool")
    if not types:
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype="object")
