"""What a killed process left is found and removed, and nothing else."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from DataFoundry.settings import BACKEND
from DataFoundry.storage import journal
from DataFoundry.storage.files import temporary_folder, write_text

WRITER = """
import sys, time
from pathlib import Path
from DataFoundry.storage import journal
from DataFoundry.storage.files import temporary_folder, whole_file
folder = Path(sys.argv[1])
with journal.keep(folder / "journals", "work"):
    (temporary_folder(folder, "spill") / "block").write_bytes(b"x")
    journal.note(journal.RESUMABLE, folder / "state")
    (folder / "state").write_bytes(b"x")
    with whole_file(folder / "out.csv") as handle:
        handle.write(b"half")
        handle.flush()
        print("writing", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def killed(tmp_path: Path):
    """A folder in which a writer was killed amid its work; or, with `kill=False`, is still there."""
    started = []

    def start(kill: bool = True) -> Path:
        environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE, text=True, env=environment
        )
        started.append(writer)
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        if kill:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        return tmp_path

    yield start
    for writer in started:
        writer.kill()
        writer.wait()


def left(folder: Path) -> set[str]:
    return {path.name.split(".")[1] if path.name.startswith(".") else path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("everything", "expected"), [(False, {"journals", "state"}), (True, {"journals"})])
def test_unfinished_files_of_a_dead_writer_go(killed, everything, expected):
    folder = killed()
    assert any(path.suffix == ".part" for path in folder.iterdir())
    assert len(journal.sweep(folder / "journals", everything=everything)) == 2 + everything
    assert left(folder) == expected
    assert journal.sweep(folder / "journals") == [] and not list((folder / "journals").iterdir())


def test_files_of_a_living_writer_stay(killed):
    folder = killed(kill=False)
    before = left(folder)
    assert journal.sweep(folder / "journals") == []
    assert left(folder) == before


def test_who_does_the_work_again_tidies_up_first(killed):
    folder = killed()
    with journal.keep(folder / "journals", "work"):
        assert left(folder) == {"journals", "state"}
        assert journal.holder() == "work"
    assert journal.holder() is None


def test_work_that_ends_leaves_its_files(tmp_path):
    with journal.keep(tmp_path / "journals", "work"):
        write_text(tmp_path / "a.txt", "whole")
    assert journal.sweep(tmp_path / "journals") == []
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_work_that_fails_leaves_no_journal(tmp_path):
    with pytest.raises(ValueError, match="so"), journal.keep(tmp_path / "journals", "work"):
        temporary_folder(tmp_path, "x")
        raise ValueError("so")
    assert left(tmp_path) == {"journals"} and not list((tmp_path / "journals").iterdir())


def test_each_thread_keeps_its_own(tmp_path):
    with ThreadPoolExecutor() as pool, journal.keep(tmp_path / "journals", "mine"):
        assert pool.submit(journal.holder).result() is None
        assert journal.holder() == "mine"


def test_a_temporary_folder_is_hidden_and_new(tmp_path):
    one, other = temporary_folder(tmp_path, "x"), temporary_folder(tmp_path, "x")
    assert one != other and one.name.startswith(".") and one.is_dir()
