"""Conversations: each of `dialogues.json` ends as it should, and nothing that was said is dropped without a word."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.dialogue.revising import revise
from agents.orchestrator.planner_offline import OfflinePlanner, read
from agents.orchestrator.service import Orchestrator, Reply
from DataFoundry import trainer
from DataFoundry.roots import confined_to
from DataFoundry.settings import TESTING_FOLDER

DIALOGUES = json.loads((Path(__file__).parents[2] / "data" / "agents" / "dialogues.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data root with two tables and two models."""
    folder = tmp_path_factory.mktemp("talk")
    people = pd.read_csv(TESTING_FOLDER / "adult.csv", nrows=300)[["age", "workclass", "sex", "income"]]
    people.to_csv(folder / "people.csv", index=False)
    people.head(200).to_csv(folder / "few.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))
        made = trainer.create_config(
            str(folder / "people.csv"), str(folder / "m1"), training_params={"epochs": 1, "seed": 1}
        )
        trainer.train_model(made["config_path"])
        shutil.copytree(folder / "m1", folder / "m2")
        config = (folder / "m2" / "config.json").read_text(encoding="utf-8")
        (folder / "m2" / "config.json").write_text(config.replace("/m1/", "/m2/"), encoding="utf-8")
        yield folder


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda each: each["id"])
def test_dialogue(dialogue: dict[str, Any], root: Path, tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "talk.sqlite", OfflinePlanner())
    before = {str(each) for kind in ("*.parquet", "*.csv") for each in root.parent.rglob(kind)}
    kept: dict[str, bytes] = {}
    for turn in json.loads(json.dumps(dialogue["turns"]).replace("{root}", str(root))):
        thread = turn.get("thread", "a")
        if turn["status"] == "killed":
            _killed(service, turn["say"], thread, turn["at"])
            service = Orchestrator(tmp_path / "talk.sqlite", OfflinePlanner())
            continue
        reply = service.run(turn["say"], thread)
        assert reply.status in turn["status"].split("_or_"), (turn["say"], reply)
        _holds(reply, turn)
        changed = [path for path, content in kept.items() if Path(path).read_bytes() != content]
        assert not changed, f"{turn['say']}: what an earlier turn wrote was overwritten"
        tables = {file["path"] for file in reply.artifacts if file["name"] == "table"} - before
        tables = {path for path in tables if TESTING_FOLDER not in Path(path).parents}  # those that are only read
        kept |= {path: Path(path).read_bytes() for path in tables}
    for path in kept:
        Path(path).unlink(missing_ok=True)


def _holds(reply: Reply, turn: dict[str, Any]) -> None:
    if "plan" in turn:
        assert [step["tool"] for step in reply.plan] == [tool for tool, _ in turn["plan"]], (turn["say"], reply)
        for step, (_, args) in zip(reply.plan, turn["plan"], strict=True):
            assert {name: step["args"].get(name) for name in args} == args, (turn["say"], reply)
    for text in turn.get("has", ()):
        assert text in reply.value, (turn["say"], reply.value)
    for text in turn.get("lacks", ()):
        assert text not in reply.value, (turn["say"], reply.value)


def _killed(service: Orchestrator, text: str, thread: str, step: int) -> None:
    begun = []

    def emit(event: str, name: str, data: Any) -> None:
        begun.extend([name] if event == "start" else [])
        if len(begun) == step:
            raise Killed

    with pytest.raises(Killed):
        service.run(text, thread, emit)


@pytest.mark.parametrize(
    ("answer", "tools"),
    [
        ("check it", ["check_table"]),
        ("fix it", ["check_table", "apply_fixes"]),
        ("fill in the missing values", ["fill_missing"]),
        ("find the anomalies", ["detect_anomalies"]),
        ("whatever", None),
    ],
)
def test_what_clean_means_is_told_by_the_answer(answer: str, tools: list[str] | None) -> None:
    asked = OfflinePlanner().plan("Clean data/a.csv")
    found = revise(asked.draft, asked.asked, answer, frozenset({"adult"}), Memory(), read)
    assert (found and [step.tool for step in found.steps]) == tools
    assert not found or all(step.args["data"] == "data/a.csv" for step in found.steps)


def test_the_name_of_an_offered_model_chooses_it(root: Path, tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "talk.sqlite", OfflinePlanner())
    with confined_to([str(root)]):
        asked = service.run("Generate 12 rows", "a")
        assert asked.status == "clarify" and f"{root}/m1" in asked.value
        reply = service.run("from m1 please", "a")
    assert reply.plan == [{"tool": "generate", "args": {"model": f"{root}/m1", "num_rows": 12}}]


def test_odd_rows_are_scored_by_the_model_that_is_there_and_none_is_replaced(root: Path, tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "talk.sqlite", OfflinePlanner())
    with confined_to([str(root)]):
        shutil.copy(root / "few.csv", root / "odd.csv")
        service.run(f"Train on {root}/odd.csv for 1 epoch", "a")
        model = root / "output_data" / "models" / "odd" / "model.pth"
        before = model.read_bytes()
        reply = service.run(f"Find the anomalies in {root}/odd.csv", "b")
        assert str(model) in reply.value and model.read_bytes() == before
        reply = service.run(f"Train on {root}/odd.csv for 1 epoch", "c")
        assert "odd_2/model.pth" in reply.value and "stays as it is" in reply.value and model.read_bytes() == before
