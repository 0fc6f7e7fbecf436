"""Room for uploads: many at once, a ledger that is damaged, a name that is too long."""

import json
from pathlib import Path

import pytest

from DataFoundry.errors import DiskFullError, MissingFileError, NotDataError, QuotaError, TooLargeError
from DataFoundry.storage import upload_room, uploads
from DataFoundry.storage.paths import input_path, output_folder, output_path
from DataFoundry.storage.upload_room import remember, room


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An upload folder of its own with a quota of 100 bytes."""
    monkeypatch.setattr(upload_room, "_LEDGER", tmp_path / ".uploaded.json")
    monkeypatch.setattr(uploads, "UPLOAD_FOLDER", tmp_path)
    monkeypatch.setenv("DATAFOUNDRY_UPLOAD_QUOTA_BYTES", "100")
    monkeypatch.setenv("DATAFOUNDRY_MIN_FREE_BYTES", "1")
    return tmp_path


def test_two_at_once_cannot_take_more_than_the_quota_together(folder: Path) -> None:
    with room(folder) as first, room(folder) as second:
        first.take(60)
        with pytest.raises(QuotaError):
            second.take(41)
        second.take(40)
        first.take(60)  # its own claim does not count twice
    with room(folder) as third:
        third.take(100)


def test_what_was_uploaded_counts_until_it_is_removed(folder: Path) -> None:
    uploads.receive(uploads.Wanted(folder / "a.csv"), [b"x" * 30, b"y" * 30], None)
    assert json.loads((folder / ".uploaded.json").read_text()) == [str(folder / "a.csv")]
    with room(folder) as claimed, pytest.raises(QuotaError):
        claimed.take(41)
    (folder / "a.csv").unlink()
    with room(folder) as claimed:
        claimed.take(100)


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[1, null]", "\x00"])
def test_a_damaged_ledger_is_begun_anew(folder: Path, text: str) -> None:
    (folder / ".uploaded.json").write_text(text)
    (folder / "a.csv").write_text("x")
    remember(folder / "a.csv")
    assert json.loads((folder / ".uploaded.json").read_text()) == [str(folder / "a.csv")]


def test_a_file_over_the_limit_and_a_disk_without_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_MAX_UPLOAD_BYTES", "50")
    with room(folder) as claimed, pytest.raises(TooLargeError, match="50 bytes"):
        claimed.take(51)
    monkeypatch.setenv("DATAFOUNDRY_MIN_FREE_BYTES", str(10**18))
    with room(folder) as claimed, pytest.raises(DiskFullError, match="free some space"):
        claimed.take(1)


@pytest.mark.parametrize("name", ["0" * 256 + ".csv", "é" * 130 + ".csv"])
def test_a_name_that_no_file_system_takes(root: Path, name: str) -> None:
    with pytest.raises(MissingFileError):
        input_path(f"{root}/{name}", "data_path")
    with pytest.raises(NotDataError, match="too long"):
        output_path(f"{root}/{name}", "output_path")
    with pytest.raises(NotDataError, match="too long"):
        output_folder(f"{root}/{name}", "output_dir", "models")


@pytest.mark.parametrize("identifier", ["", "x", "../../x", "0" * 31, "0" * 32, "A" * 32])
def test_an_id_that_is_none(folder: Path, identifier: str) -> None:
    with pytest.raises(MissingFileError):
        uploads.find(identifier)
