"""The graph itself: its drawing stands in the docs, its checkpoints are plain and small."""

import json
from pathlib import Path

import pytest

from agents.orchestrator.graph import build, drawing
from agents.orchestrator.planner_offline import OfflinePlanner
from agents.orchestrator.service import Orchestrator, WorkflowError, works
from agents.orchestrator.tool_names import ARGUMENTS, PRODUCES
from agents.orchestrator.tools import REGISTRY

ROOT = Path(__file__).parents[3]


def test_the_readmes_show_the_graph_as_it_is() -> None:
    assert drawing().strip() in (ROOT / "backend" / "agents" / "README.md").read_text(), drawing()
    readme = (ROOT / "docs" / "orchestrator.md").read_text()
    assert "__start__" not in readme or drawing().strip() in readme, drawing()


def test_every_tool_that_a_plan_may_name_can_be_run() -> None:
    assert set(REGISTRY) == set(ARGUMENTS) == set(PRODUCES)
    assert {"plan", "verify", "ask", "refuse", "execute", "report"} <= set(build().get_graph().nodes)
    assert works()


def test_a_dry_run_remembers_nothing(tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    assert service.dry_run("Train on adult").plan == [{"tool": "train", "args": {"data": "adult"}}]
    assert service.store.all("job") == {} and service.store.forget_before(1e12) == []


def test_each_thread_is_its_own_and_a_finished_one_begins_anew(tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    asked = service.run("Train a model", "a")
    assert asked.status == "clarify" and service.waiting("a") and not service.waiting("b")
    assert service.run("List my models", "b").status == "ok"
    assert service.run("cancel", "a").status == "unsupported"
    assert service.run("List my files", "a").plan == [{"tool": "list", "args": {"what": "files"}}]


def test_a_question_survives_a_restart(tmp_path: Path) -> None:
    asked = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner()).run("Describe it", "a")
    again = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    assert again.waiting("a") == asked.value
    assert "15 columns" in again.run("adult", "a").value


def test_a_failed_step_leaves_the_thread_usable(tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    text = "Convert testing_data/adult.csv to csv, columns nothing_such"
    with pytest.raises(WorkflowError, match="nothing_such") as failed:
        service.run(text, "a")
    assert failed.value.kind == "ColumnError"
    with pytest.raises(WorkflowError, match="nothing_such"):
        service.run("retry", "a")
    assert service.run("Describe the adult dataset", "a").status == "ok"


def test_a_file_that_is_not_there_is_a_question_that_names_the_nearest(tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    asked = service.run("Describe testing_data/adlt.csv", "a")
    assert asked.status == "clarify" and "testing_data/adult.csv" in asked.value
    assert "15 columns" in service.run("testing_data/adult.csv", "a").value


def test_old_threads_are_forgotten(tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    service.run("Train a model", "old")
    assert service.store.forget_before(1e12) == ["old"]


def test_the_state_holds_paths_and_no_tables(tmp_path: Path) -> None:
    service = Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())
    reply = service.run("Describe the adult dataset, then describe testing_data/adult_test.csv", "a")
    assert len(json.dumps(reply.as_dict())) < 20_000
    assert len(reply.steps) == 2
