"""The shapes in which programs write a table as one JSON value."""

from collections import Counter
from pathlib import Path
from typing import Any

from DataFoundry.errors import TableError
from DataFoundry.sources.table import column_names

_DEPTH = 3
Records = tuple[list[dict[str, Any]], list[str]]


def records_in(value: Any, path: Path) -> Records:
    """The records of a value, and sentences about what was decided.

    A list of objects; a list of lists, the first of them the names; columns as lists (`{"a": [1, 2], "b": [3, 4]}`) or
    as objects by row (`{"a": {"0": 1, "1": 2}}`); names and rows (`{"columns": [...], "data": [[...]]}`); an object
    that holds one such list of objects, at most three levels deep; any other object is one record.

    Raises
    ------
    TableError
        For none of these, columns of unequal length, or two lists of objects in one object.
    """
    if isinstance(value, list):
        return _of_list(value, path), []
    if not isinstance(value, dict) or not value:
        raise TableError(f"{path.name} is not a list of objects; write one object a row.")
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list) and _are_lists(value["data"]):
        return _of_list([value["columns"], *value["data"]], path), []
    if all(isinstance(each, list) for each in value.values()) and not any(map(_are_records, value.values())):
        return _of_columns(value, path), ["Each key holds a column."]
    if _is_by_row(value):
        return _of_columns({name: list(each.values()) for name, each in value.items()}, path), [
            "Each key holds a column."
        ]
    found = _lists_of_records(value, _DEPTH)
    if set(found) == {"schema.fields", "data"}:  # a Table Schema, as pandas writes it
        del found["schema.fields"]
    if len(found) > 1:
        raise TableError(
            f"{path.name} holds {len(found)} lists of objects ({', '.join(found)}); keep one table in a file."
        )
    for place, rows in found.items():
        others = [name for name in value if name != place.split(".")[0]]
        left = f"; {', '.join(others[:10])} beside it was left out" if others else ""
        return rows, [f"The rows are the objects under {place!r}{left}."]
    return [value], ["The file is one object, read as one row."]


def _of_list(rows: list[Any], path: Path) -> list[dict[str, Any]]:
    if _are_records(rows):
        return rows
    if len(rows) > 1 and _are_lists(rows) and all(isinstance(name, str) for name in rows[0]):
        names = column_names(rows[0], path.name, 1)
        for number, row in enumerate(rows[1:], 1):
            if len(row) != len(names):
                raise TableError(
                    f"{path.name} has {len(row)} values in row {number} where the names are {len(names)}; correct it.",
                    row=number,
                )
        return [dict(zip(names, row, strict=True)) for row in rows[1:]]
    raise TableError(f"{path.name} is not a list of objects; write one object a row.")


def _of_columns(columns: dict[str, list[Any]], path: Path) -> list[dict[str, Any]]:
    lengths = Counter(map(len, columns.values()))
    usual = lengths.most_common(1)[0][0]
    odd = next((name for name, values in columns.items() if len(values) != usual), None)
    if odd is not None:
        raise TableError(
            f"{path.name} has {len(columns[odd])} values in column {odd!r} where the others have {usual}; complete it.",
            column=odd,
        )
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _is_by_row(value: dict[str, Any]) -> bool:
    """`{"a": {"0": 1, "1": 2}, ...}`, as pandas writes by default."""
    columns = list(value.values())
    if not all(isinstance(each, dict) and each for each in columns):
        return False
    rows = [str(number) for number in range(len(columns[0]))]
    return all(list(each) == rows for each in columns)


def _lists_of_records(value: dict[str, Any], depth: int) -> dict[str, list[dict[str, Any]]]:
    """Lists of objects in an object, by the path of their keys."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, each in value.items():
        if _are_records(each):
            found[name] = each
        elif isinstance(each, dict) and depth > 1:
            found |= {f"{name}.{inner}": rows for inner, rows in _lists_of_records(each, depth - 1).items()}
    return found


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _are_lists(value: list[Any]) -> bool:
    return all(isinstance(each, list) for each in value)
