"""Many conversations at once: each keeps its own, and nothing is kept of those that rest."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agents.orchestrator.planner_offline import OfflinePlanner
from agents.orchestrator.service import Orchestrator


@pytest.fixture
def service(tmp_path: Path) -> Orchestrator:
    return Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())


def test_fifty_conversations_at_once_each_keep_their_own(service: Orchestrator) -> None:
    def talk(number: int) -> list[int]:
        first = service.run("Generate some rows", f"t{number}")
        second = service.run(str(100 + number), f"t{number}")
        assert [first.status, second.status] == ["clarify", "clarify"]
        third = service.run(f"from output_data/models/none_{number}", f"t{number}")
        assert third.status == "clarify" and f"none_{number}" in third.value
        state = service._graph.get_state({"configurable": {"thread_id": f"t{number}"}}).values
        return [step["args"]["num_rows"] for step in state["pending"]["steps"]]

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(talk, range(50)))
    assert found == [[100 + number] for number in range(50)]
    assert len(service._locks) == 0


def test_a_thread_of_one_owner_is_not_that_of_another(service: Orchestrator) -> None:
    asked = service.run("Describe it", "a", client="one")
    assert asked.status == "clarify" and asked.thread_id == "a"
    assert service.waiting("a", "one") and not service.waiting("a", "two") and not service.waiting("a")
    other = service.run("adult", "a", client="two")
    assert not other.steps and "15 columns" not in other.value
    assert "15 columns" in service.run("adult", "a", client="one").value
