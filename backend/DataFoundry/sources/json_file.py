"""JSON: a list of objects, an object a line, or one of the other shapes in which programs write a table."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from DataFoundry.errors import TableError, TooLargeError
from DataFoundry.sources.json_shapes import records_in
from DataFoundry.storage.streams import kind_of, unpacked

_MOST_BYTES = 2**30  # it is read as a whole


def read_json(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows, and how they were read. Nested objects and lists stay as they are.

    Raises
    ------
    TableError
        If it is not JSON (with the line), or in none of the shapes of `json_shapes.records_in`.
    TooLargeError
        If it holds over 1 GiB.
    """
    with unpacked(path) as handle:
        content = handle.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise TooLargeError(f"{path.name} holds over {_MOST_BYTES} bytes; convert it to csv or parquet.")
    encoding = json.detect_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"{path.name} is not in {encoding.upper()} in line {line}; save it in UTF-8, as JSON is.", line=line
        ) from None
    rows, notes = _rows(text, path)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: _column([row.get(name) for row in rows]) for name in names}
    reading = {"encoding": encoding, "missing_spellings": [], "notes": notes}
    return pd.DataFrame(columns, columns=names), reading


def _rows(text: str, path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The records, and what was decided."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise TableError(f"{path.name} is empty; write one object a row.")
    if kind_of(path) == ".json" or text.lstrip().startswith("["):
        try:
            return records_in(_parsed(text, 1, path), path)
        except TableError as error:
            # Many files of an object a line are called .json; one that is broken is told by its own line.
            if len(lines) == 1 or not lines[0][1].strip().endswith("}") or not _is_object(lines[0][1]):
                raise error from None
    rows = [_parsed(line, number, path) for number, line in lines]
    place = next((place for place, row in enumerate(rows) if not isinstance(row, dict)), None)
    if place is not None:
        line = lines[place][0]
        raise TableError(f"{path.name} has no object in line {line}; write one object a line.", line=line)
    return rows, []


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(text: str, line: int, path: Path) -> Any:
    """The value of a JSON text that begins in a line of the file."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            where = {"line": line} if "\n" not in text.strip() else {}
            told = f" in line {line}" if where else ""
            raise TableError(f"{path.name} has an object with two values of {twice!r}{told}; keep one.", **where)
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        line += error.lineno - 1
        raise TableError(
            f"{path.name} is not JSON in line {line} (column {error.colno}: {error.msg}); correct it there.", line=line
        ) from None
    except RecursionError:
        raise TableError(f"{path.name} is nested too deeply in line {line}; flatten it.", line=line) from None
    except ValueError as error:  # a number of thousands of digits
        raise TableError(f"{path.name} is not JSON in line {line} ({error}); correct it there.", line=line) from None


def _column(values: list[Any]) -> pd.Series:
    """Numbers as int64 or float64 where nothing is lost, truth values as bool, all else as it is."""
    present = [each for each in values if each is not None]
    types = {type(each) for each in present}
    if types == {int} and all(-(2**63) <= each < 2**63 for each in present):
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
