"""What the service answered, and the table that it wrote as a DataFrame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class _Files(Protocol):
    def table(self, path: str) -> pd.DataFrame: ...
    def download(self, path: str, to: str | Path) -> Path: ...


class Answer(dict[str, Any]):
    """The answer's fields as a dictionary; `table()` and `save()` fetch the file that was written."""

    def __init__(self, fields: dict[str, Any], files: _Files) -> None:
        super().__init__(fields)
        self._files = files

    def table(self, field: str = "output_path") -> pd.DataFrame:
        """The written table that `field` names, as a DataFrame.

        Raises
        ------
        KeyError
            If the answer has no such field.
        """
        return self._files.table(self[field])

    def save(self, to: str | Path, field: str = "output_path") -> Path:
        """Download the written file that `field` names (such as `report_path`) to `to` on this machine."""
        return self._files.download(self[field], to)
