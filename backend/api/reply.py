"""The success body."""

from collections.abc import Mapping
from typing import Any


def succeeded(message: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The library's `result` as a reply."""
    return {"success": True, "message": message, **result}
