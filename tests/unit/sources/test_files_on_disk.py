"""Each file of `tests/data/files` is read as the `.expected.json` beside it says, or refused with its sentence."""

import datetime
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from DataFoundry.config import ReadOptions
from DataFoundry.errors import DataFoundryError
from DataFoundry.sources.coded import coded_frames
from DataFoundry.sources.opening import open_table

FILES = Path(__file__).parents[2] / "data" / "files"
SUFFIX = ".expected.json"
NAMES = sorted(each.name.removesuffix(SUFFIX) for each in FILES.glob(f"*{SUFFIX}"))


def expectation(name: str) -> dict[str, Any]:
    return json.loads((FILES / f"{name}{SUFFIX}").read_text(encoding="utf-8"))


READ = [name for name in NAMES if "error" not in expectation(name)]
REFUSED = [name for name in NAMES if "error" in expectation(name)]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(tmp_path))
    return tmp_path


def plain(value: Any) -> Any:
    """A cell as JSON has it: a moment in ISO 8601, a decimal and bytes as text, a missing value as None."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, dict)) or value is None:
        return value
    if pd.isna(value):
        return None
    if isinstance(value, (datetime.date, pd.Timedelta)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Decimal) else value


def kind(column: pd.Series) -> str:
    """The dtype; of objects what they are."""
    if column.dtype != object:
        return column.dtype.name
    types = {
        "text" if isinstance(each, str) else type(each).__name__.lower().replace("ndarray", "list")
        for each in column
        if isinstance(each, (list, dict, np.ndarray)) or not pd.isna(each)
    }
    return {"text": "text", "": "empty"}.get(" ".join(sorted(types)), f"object of {' '.join(sorted(types))}")


@pytest.mark.parametrize("name", READ)
def test_a_file_on_disk_is_read(root: Path, name: str) -> None:
    expected = expectation(name)
    shutil.copy(FILES / name, root)
    table = open_table(root / name, ReadOptions.of(expected.get("options")))
    frame = table.read()
    assert list(frame.columns) == expected["columns"]
    assert [kind(frame[column]) for column in frame] == expected["types"]
    assert len(frame) == expected["rows"]
    for place, row in enumerate(expected["first"]):
        found = [plain(value.item() if isinstance(value, np.generic) else value) for value in cells(frame, place)]
        assert found == row
        assert [type(each) for each in found] == [type(each) for each in row]
    for key, value in expected.get("reading", {}).items():
        assert table.reading[key] == value
    for part in expected.get("notes", []):
        assert any(part in note for note in table.reading["notes"])


def cells(frame: pd.DataFrame, place: int) -> list[Any]:
    return [frame[column].iloc[place] for column in frame]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_on_disk_is_refused_with_its_line_and_the_cure(root: Path, name: str) -> None:
    expected = expectation(name)
    shutil.copy(FILES / name, root)
    with pytest.raises(DataFoundryError) as caught:
        open_table(root / name, ReadOptions.of(expected.get("options"))).read()
    for part in [name, *expected["error"]]:
        assert part in caught.value.message
    assert caught.value.details.get("line") == expected.get("line")


@pytest.mark.parametrize("name", [each for each in READ if each.endswith(".parquet")])
def test_coded_blocks_hold_the_same_values(root: Path, name: str) -> None:
    shutil.copy(FILES / name, root)
    table = open_table(root / name)
    coded = pd.concat(list(coded_frames(table, rows=1)))
    whole = table.read()
    assert [[plain(each) for each in cells(coded, place)] for place in range(len(coded))] == [
        [plain(each) for each in cells(whole, place)] for place in range(len(whole))
    ]


def test_every_file_has_its_expectation_and_they_are_many() -> None:
    kept = {"make.py", "cases.py", "building.py", "cases_text.py", "cases_json.py", "cases_binary.py", ".gitattributes"}
    files = {each.name for each in FILES.iterdir() if each.is_file() and not each.name.endswith(SUFFIX)}
    assert files - kept == set(NAMES)
    assert len(NAMES) >= 80
