"""How a case is said."""

from typing import Any


def right(name: str, content: Any, columns: str, first: list[list[Any]], rows: int = -1, **more: Any) -> dict[str, Any]:
    """A file that is read; columns are `name:type` parted by ` | `, and there are as many rows as in `first` or `rows`."""
    pairs = [each.rsplit(":", 1) for each in columns.split(" | ")]
    return {
        "name": name,
        "content": content,
        "columns": [pair[0] for pair in pairs],
        "types": [pair[1] for pair in pairs],
        "rows": len(first) if rows < 0 else rows,
        "first": first,
        **more,
    }


def refused(name: str, content: Any, *error: str, line: int | None = None, **more: Any) -> dict[str, Any]:
    """A file that is refused with a sentence that holds each of the parts."""
    told = {"line": line} if line is not None else {}
    return {"name": name, "content": content, "error": list(error), **told, **more}
