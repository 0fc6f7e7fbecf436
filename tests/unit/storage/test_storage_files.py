"""Files appear whole or not at all; one writer at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from DataFoundry.errors import NotDataError, OutputBusyError
from DataFoundry.settings import BACKEND
from DataFoundry.storage.files import append, claim_output, sha256_of, shorten, whole_file, write_json, write_text
from DataFoundry.storage.paths import output_path

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(BACKEND)}


def test_new_content_replaces_old(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_half_way_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyError), whole_file(path) as handle:
        handle.write(b"half")
        handle.flush()
        raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_and_the_old_content_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from pathlib import Path\n"
        "from DataFoundry.errors import DiskFullError\n"
        "from DataFoundry.storage.files import write_text\n"
        "try: write_text(Path(sys.argv[1]), 'x' * 10_000)\n"
        "except DiskFullError: print('told')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    assert done.stdout == "told\n"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(NotDataError, match="cannot be written"):
        write_text(tmp_path / "a.txt" / "b.txt", "x")


def test_json_with_nan_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_is_refused_until_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with claim_output(path):
        with pytest.raises(OutputBusyError, match="another request"), claim_output(path):
            pass
        with claim_output(tmp_path / "b.parquet"):
            pass
    with claim_output(path):
        pass


def test_a_writer_in_another_process_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    program = (
        "import sys; from pathlib import Path\n"
        "from DataFoundry.errors import OutputBusyError\n"
        "from DataFoundry.storage.files import claim_output\n"
        "try:\n with claim_output(Path(sys.argv[1])): print('mine')\n"
        "except OutputBusyError: print('busy')\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    with claim_output(path):
        assert subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout == "busy\n"
    assert subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout == "mine\n"


def test_a_link_put_in_the_way_of_an_output_after_the_check_leads_nowhere(root: Path, tmp_path: Path) -> None:
    """Whoever owns a data root may not have the service write elsewhere."""
    target = tmp_path / "elsewhere"
    target.mkdir()
    (root / "folder").mkdir()
    checked = output_path(str(root / "folder" / "deeper" / "a.csv"), "output_path")
    (root / "folder").rmdir()
    (root / "folder").symlink_to(target)
    with pytest.raises(NotDataError, match="cannot be written"):
        write_text(checked, "evil")
    assert list(target.iterdir()) == []


def test_a_folder_that_is_exchanged_while_a_file_is_written_keeps_the_file(root: Path, tmp_path: Path) -> None:
    (root / "folder").mkdir()
    (tmp_path / "elsewhere").mkdir()
    with whole_file(root / "folder" / "a.csv") as handle:
        (root / "folder").rename(root / "moved")
        (root / "folder").symlink_to(tmp_path / "elsewhere")
        handle.write(b"x")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert [path.name for path in (root / "moved").iterdir()] == ["a.csv"]


def test_pieces_of_an_upload_go_through_no_link(root: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("whole")
    (root / ".a.upload").symlink_to(victim)
    for change in (
        lambda: append(root / ".a.upload", [b"evil"]),
        lambda: shorten(root / ".a.upload", 0),
        lambda: sha256_of(root / ".a.upload"),
    ):
        with pytest.raises((NotDataError, OSError)):
            change()
    assert victim.read_text() == "whole"
