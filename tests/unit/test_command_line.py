"""The command `datafoundry`; `integration/test_package.py` runs it as an installed program."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from company_tables import stays
from datafoundry_cli import main

SMALL = '{"latent_dim": 4, "encoder_hidden_layers": [16], "decoder_hidden_layers": [16]}'  # learns nothing, quickly
OUTPUTS = ("pages/stays.html", "labeled.parquet", "models", "made.csv", "right.csv")
FUNCTIONS = """
DEAR = 150

def lf_dear(x):
    return 1 if x.total > DEAR else -1

def lf_cheap(x):
    return 0 if x["total"] < 100 else -1
"""


@dataclass
class Done:
    """What a command printed, and its status."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("profile", "stays.csv")` in a folder with that table."""
    stays(400).to_csv(root / "stays.csv", index=False)
    stays(150).to_csv(root / "few.csv", index=False)
    (root / "lf.py").write_text(FUNCTIONS)
    monkeypatch.setenv("DATAFOUNDRY_HOME", str(root))  # put back at the end, as the command sets it

    def started(*arguments: str) -> Done:
        monkeypatch.chdir(root)
        named = [str(root / each) if (root / each).exists() or each in OUTPUTS else each for each in arguments]
        try:
            status = main(named)
        except SystemExit as ended:
            status = int(str(ended.code))
        printed = capsys.readouterr()
        return Done(status, printed.out, printed.err)

    return started


def test_a_profile_is_shown_and_its_page_lies_where_the_command_was_started(run: Run, root: Path) -> None:
    done = run("profile", "stays.csv", "-o", "pages/stays.html")
    assert done.status == 0, done.err
    assert "country follows from city." in done.out
    assert "formatted_number" in done.out
    assert (root / "pages" / "stays.html").is_file()


def test_functions_of_a_file_label_a_table_with_the_constants_that_they_name(run: Run, root: Path) -> None:
    done = run("label", "stays.csv", "--functions", "lf.py", "--output", "labeled.parquet", "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["output_path"] == str(root / "labeled.parquet")
    labeled = pd.read_parquet(root / "labeled.parquet")
    assert (labeled.loc[labeled["total"] > 150, "label"] == 1).all()
    assert (labeled.loc[labeled["total"] < 100, "label"] == 0).all()


def test_errors_are_one_sentence_and_a_status(run: Run, root: Path) -> None:
    (root / "broken.py").write_text("def lf(x:\n")
    (root / "empty.py").write_text("A = 1\n")
    for arguments, status, words in (
        (("profile", "nowhere.csv"), 1, "there is no file 'nowhere.csv'"),
        (("label", "stays.csv", "--functions", "broken.py"), 1, "broken.py, line 1"),
        (("label", "stays.csv", "--functions", "empty.py"), 1, "defines no labeling function"),
        (("generate", "models"), 1, "is no configuration of a trained model"),
        (("jobs", "--url", "http://127.0.0.1:9"), 1, "cannot be reached"),
        (("profile", "stays.csv", "--read-options", "{"), 2, "is not JSON"),
        (("paint", "stays.csv"), 2, "invalid choice"),
    ):
        done = run(*arguments)
        assert done.status == status, arguments
        assert words in done.err and "Traceback" not in done.err


@pytest.mark.slow
def test_train_and_generate_name_the_model_by_its_folder(run: Run, root: Path) -> None:
    trained = run(
        "train",
        "few.csv",
        "--label",
        "status",
        "--epochs",
        "1",
        "--output-dir",
        "models",
        "--seed",
        "1",
        "--model-params",
        SMALL,
    )
    assert trained.status == 0, trained.err
    drawn = run("generate", "models", "-n", "25", "--label", "paid", "-o", "made.csv", "--seed", "3")
    assert drawn.status == 0, drawn.err
    made = pd.read_csv(root / "made.csv")
    assert len(made) == 25 and set(made["status"]) == {"paid"}


def test_a_wrong_table_is_checked_and_repaired_in_one_command(run: Run, root: Path) -> None:
    table = pd.read_csv(root / "stays.csv")
    table.loc[5, "country"] = "XX"
    table.to_csv(root / "wrong.csv", index=False)
    done = run("check", "wrong.csv", "--fix", "right.csv")
    assert done.status == 0, done.err
    assert pd.read_csv(root / "right.csv").loc[5, "country"] == pd.read_csv(root / "stays.csv").loc[5, "country"]
