"""Which paths a request may name."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from DataFoundry.errors import (
    ImpossibleError,
    MissingFileError,
    NotDataError,
    OutputIsInputError,
    OutsideDataRootsError,
    PathTextError,
)
from DataFoundry.settings import BACKEND, OUTPUT_FOLDER
from DataFoundry.storage.paths import (
    input_path,
    open_for_reading,
    output_folder,
    output_path,
    refuse_input_as_output,
)


@pytest.mark.parametrize("text", ["testing_data/adult.csv", "backend/testing_data/adult.csv"])
def test_a_relative_path_starts_at_backend_with_or_without_its_name(text: str) -> None:
    assert input_path(text, "data_path") == BACKEND / "testing_data" / "adult.csv"


def test_an_absolute_path_inside_a_root_is_taken(root: Path) -> None:
    (root / "a.csv").write_text("a\n1\n")
    assert input_path(str(root / "a.csv"), "data_path") == root / "a.csv"


@pytest.mark.parametrize(
    "text", ["/etc/passwd", "../../secret.csv", "testing_data/../../../x.csv", "/proc/self/environ"]
)
def test_outside_every_root_is_refused_and_the_roots_are_named(text: str, root: Path) -> None:
    with pytest.raises(OutsideDataRootsError, match="--data-root") as caught:
        input_path(text, "data_path")
    assert str(root) in caught.value.message


def test_a_sibling_whose_name_begins_like_a_root_is_outside(root: Path) -> None:
    evil = root.with_name(root.name + "_evil")
    evil.mkdir()
    (evil / "a.csv").write_text("a\n1\n")
    with pytest.raises(OutsideDataRootsError):
        input_path(str(evil / "a.csv"), "data_path")


def test_a_link_that_leads_out_is_refused_and_one_that_stays_inside_is_taken(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (root / "b.csv").write_text("a\n1\n")
    (root / "out.csv").symlink_to(tmp_path / "secret.csv")
    (root / "etc").symlink_to("/etc")
    (root / "in.csv").symlink_to(root / "b.csv")
    for text in ("out.csv", "etc/passwd"):
        with pytest.raises(OutsideDataRootsError):
            input_path(str(root / text), "data_path")
    assert input_path(str(root / "in.csv"), "data_path") == root / "b.csv"


@pytest.mark.parametrize(
    "text", ["", "   ", "a\0.csv", "a\n.csv", "http://host/a.csv", "s3://bucket/a.parquet", "x" * 5000, "\ud800.csv"]
)
def test_text_that_is_no_path_is_malformed(text: str) -> None:
    with pytest.raises(PathTextError, match="data_path"):
        input_path(text, "data_path")


@pytest.mark.parametrize("text", ["DataFoundry/errors.py", "flask_api.py", "api/x.json", ".hidden/a.csv", "a.tar"])
def test_code_hidden_files_and_other_kinds_are_not_data(text: str) -> None:
    with pytest.raises(NotDataError):
        input_path(text, "data_path")


@pytest.mark.parametrize("text", ["nope.csv", "~root/a.csv", "$HOME/a.csv", "%2e%2e/a.csv", "C:/Windows/win.csv"])
def test_nothing_is_expanded_or_decoded(text: str) -> None:
    with pytest.raises(MissingFileError):
        input_path(text, "data_path")


def test_a_pipe_is_refused_without_waiting(root: Path) -> None:
    os.mkfifo(root / "pipe.csv")
    with pytest.raises(ImpossibleError, match="not a regular file"):
        input_path(str(root / "pipe.csv"), "data_path")


@pytest.fixture
def sealed(root: Path) -> Iterator[Path]:
    """A folder that this process may not look into."""
    folder = root / "sealed"
    folder.mkdir(mode=0o000)
    user = os.geteuid()
    if user == 0:  # permission bits do not bind the administrator
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    folder.chmod(0o700)


def test_what_the_system_will_not_show_is_told_and_no_defect(sealed: Path) -> None:
    with pytest.raises(ImpossibleError, match="data_path: .* cannot be read .Permission denied"):
        input_path(str(sealed / "a.csv"), "data_path")
    with pytest.raises(NotDataError, match="output_path: .* cannot be written .Permission denied"):
        output_path(str(sealed / "a.csv"), "output_path")
    with pytest.raises(NotDataError, match="output_dir: .* cannot be written .Permission denied"):
        output_folder(str(sealed / "models"), "output_dir", "models")


def test_a_link_that_leads_to_itself_is_refused(root: Path) -> None:
    (root / "loop.csv").symlink_to("loop.csv")
    with pytest.raises(ImpossibleError, match="cannot be read"):
        input_path(str(root / "loop.csv"), "data_path")
    with pytest.raises(NotDataError):
        output_path(str(root / "loop.csv"), "output_path")


def test_a_folder_is_a_table_only_with_parquet_files_in_it(root: Path) -> None:
    (root / "parts").mkdir()
    with pytest.raises(ImpossibleError, match="folder"):
        input_path(str(root / "parts"), "data_path")
    (root / "parts" / "one.parquet").touch()
    assert input_path(str(root / "parts"), "data_path") == root / "parts"


def test_a_link_put_there_after_the_check_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    (root / "a.csv").write_text("a\n1\n")
    checked = input_path(str(root / "a.csv"), "data_path")
    (root / "a.csv").unlink()
    (root / "a.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ImpossibleError):
        open_for_reading(checked)


def test_outputs_default_to_the_output_folder() -> None:
    assert output_path(None, "output_path", default="labels.parquet") == OUTPUT_FOLDER / "labels.parquet"
    assert output_folder(None, "output_dir", "models") == OUTPUT_FOLDER / "models"


@pytest.mark.parametrize("text", ["app.py", "requirements.txt", "labels.exe", "testing_data"])
def test_an_output_must_be_a_data_file_of_its_kind(text: str) -> None:
    with pytest.raises(NotDataError):
        output_path(text, "output_path")


@pytest.mark.parametrize(
    "text",
    [
        "adult.csv",
        "testing_data/adult.csv",
        "testing_data/new.csv",
        "testing_data/../testing_data/adult_test.csv",
        "examples/table.csv",
        "backend/examples/deeper/table.csv",
        "DataFoundry/table.csv",
        "serving/table.parquet",
        "new_folder/table.csv",
        "output_data/../table.csv",
        str(BACKEND / "testing_data" / "adult.csv"),
        str(BACKEND / "table.csv"),
        str(BACKEND.parent / "tests" / "data" / "table.csv"),
        str(BACKEND.parent / "docs" / "table.csv"),
    ],
)
def test_an_output_never_replaces_what_belongs_to_the_program(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", f"{BACKEND.parent}:{BACKEND / 'testing_data'}")
    for check in (lambda: output_path(text, "output_path"), lambda: output_folder(text, "output_dir", "models")):
        with pytest.raises(NotDataError, match="read only|own code"):
            check()


def test_outputs_go_to_the_output_folder_and_to_added_roots(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("output_data/a.csv", "backend/output_data/a.csv", str(OUTPUT_FOLDER / "a.csv")):
        assert output_path(text, "output_path") == OUTPUT_FOLDER / "a.csv"
    assert output_path(str(root / "a.csv"), "output_path") == root / "a.csv"
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(BACKEND / "mine"))
    assert output_path("mine/a.csv", "output_path") == BACKEND / "mine" / "a.csv"


def test_a_link_into_the_programs_folders_is_no_way_in(root: Path) -> None:
    (root / "in").symlink_to(BACKEND / "testing_data")
    with pytest.raises(NotDataError, match="read only"):
        output_path(str(root / "in" / "adult.csv"), "output_path")


def test_the_key_file_and_the_jobs_are_no_data(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "keys.txt").write_text("me:read:0")
    (root / "link.txt").symlink_to(root / "keys.txt")
    monkeypatch.setenv("DATAFOUNDRY_API_KEY_FILE", str(root / "keys.txt"))
    monkeypatch.setenv("DATAFOUNDRY_STATE_DIR", str(root))
    for name in ("keys.txt", "link.txt", "running/x.txt", "owners/x.txt"):
        with pytest.raises(NotDataError, match="operator's"):
            input_path(str(root / name), "data_path")
        with pytest.raises(NotDataError):
            output_path(str(root / name), "path", (".txt",))


def test_an_input_is_looked_up_in_each_root_and_a_missing_one_says_where(root: Path) -> None:
    (root / "only_here.csv").write_text("a\n1\n")
    assert input_path("only_here.csv", "data_path") == root / "only_here.csv"
    with pytest.raises(MissingFileError) as caught:
        input_path("nowhere.csv", "data_path")
    assert str(BACKEND / "nowhere.csv") in caught.value.message and str(root / "nowhere.csv") in caught.value.message
    assert caught.value.details["looked"][0] == str(BACKEND / "nowhere.csv")


def test_an_output_is_never_written_through_a_link(root: Path) -> None:
    (root / "b.csv").write_text("a\n1\n")
    (root / "link.csv").symlink_to(root / "b.csv")
    with pytest.raises(NotDataError, match="symbolic link"):
        output_path(str(root / "link.csv"), "output_path")


def test_an_output_may_not_replace_its_input_under_any_name(root: Path) -> None:
    (root / "a.csv").write_text("a\n1\n")
    os.link(root / "a.csv", root / "same.csv")
    for name in ("a.csv", "same.csv"):
        with pytest.raises(OutputIsInputError):
            refuse_input_as_output(root / name, root / "a.csv")
    refuse_input_as_output(root / "b.csv", root / "a.csv")
