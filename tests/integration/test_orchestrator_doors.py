"""The orchestrator's doors: keys, scopes, roots, hosts and limits as of the API, and threads that are their owner's."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from agents.orchestrator.planner_offline import OfflinePlanner
from agents.orchestrator.service import Orchestrator
from agents.wire.app import create_app
from serving.keys import VARIABLE, new_key

Ask = Callable[..., TestResponse]


class Team:
    """A key's view of one orchestrator."""

    def __init__(self, client: FlaskClient, key: str, root: Path) -> None:
        self._client, self._key, self.root = client, key, root

    def ask(self, path: str, body: Any = None, method: str = "") -> TestResponse:
        headers = {"Authorization": f"Bearer {self._key}"}
        return self._client.open(path, method=method or ("GET" if body is None else "POST"), json=body, headers=headers)

    def said(self, text: str, thread_id: str = "t", path: str = "/generate") -> TestResponse:
        return self.ask(path, {"input_message": text, "thread_id": thread_id})


@pytest.fixture
def teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Team]:
    roots = {name: tmp_path / name for name in ("red", "blue")}
    scopes = {"red": "read,execute", "blue": "read,execute", "boss": "read,execute,admin", "reader": "read"}
    made = {name: new_key(name, scope, [str(roots[name])] if name in roots else ()) for name, scope in scopes.items()}
    for root in roots.values():
        root.mkdir()
        (root / "table.csv").write_text("a,b\n1,2\n3,4\n")
    monkeypatch.setenv(VARIABLE, ";".join(line for _, line in made.values()))
    client = create_app(Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())).test_client()
    return {name: Team(client, key, roots.get(name, tmp_path)) for name, (key, _) in made.items()}


def over(team: Team, address: str) -> dict[str, Any]:
    """A job or execution once it is no longer under way."""
    while (found := team.ask(address).get_json())["status"] in ("submitted", "running"):
        time.sleep(0.05)
    return dict(found)


def test_every_route_but_health_needs_a_key_with_its_scope(teams: dict[str, Team]) -> None:
    bare = teams["red"]._client
    for rule in bare.application.url_map.iter_rules():
        path = rule.build(dict.fromkeys(rule.arguments, "x"))[1]
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            refused = bare.open(path, method=method, json={})
            if path == "/health":
                assert refused.status_code == 200
                continue
            assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer")
            if method == "POST":
                low = teams["reader"].ask(path, {})
                assert (low.status_code, low.get_json()["code"]) == (403, "scope_missing"), path
                expected = (200,) if path == "/threads" else (404, 422)  # a new thread needs no words
                assert teams["red"].ask(path, {}).status_code in expected, path
    assert bare.get("/nowhere").status_code == 401
    assert bare.get("/health", headers={"Host": "evil.example"}).status_code == 421


def test_the_same_thread_name_is_another_thread_to_another_key(teams: dict[str, Team]) -> None:
    asked = teams["red"].said("Describe it").get_json()
    assert (asked["status"], asked["thread_id"]) == ("clarify", "t")
    other = teams["blue"].said("table.csv").get_json()
    assert "2 rows" not in other["value"], "it answered the other's question"
    assert "2 rows" in teams["red"].said("table.csv").get_json()["value"]


@pytest.mark.parametrize("path", ["/generate", "/generate/stream", "/v1/workflow/full", "/generate/atif"])
def test_the_others_folder_is_out_of_reach_of_words_too(teams: dict[str, Team], path: str) -> None:
    mine, foreign = (teams[name].root / "table.csv" for name in ("blue", "red"))
    assert "2 rows" in teams["blue"].said(f"Describe {mine}", path=path).get_data(as_text=True)
    told = teams["blue"].said(f"Describe {foreign}", path=path).get_data(as_text=True)
    missing = teams["blue"].said(f"Describe {foreign.with_name('nothing.csv')}", path=path).get_data(as_text=True)
    assert "2 rows" not in told and "outside" in told and "outside" in missing


def test_a_job_in_the_background_is_its_keys_own_and_confined(teams: dict[str, Team]) -> None:
    for name, text in (("red", "Describe table.csv"), ("blue", f"Describe {teams['red'].root / 'table.csv'}")):
        sent = {"input_message": text, "job_id": "same"}
        assert teams[name].ask("/generate/async", sent).status_code == 202
    red, blue = (over(teams[name], "/generate/async/job/same") for name in ("red", "blue"))
    assert "2 rows" in red["output"]["value"] and "2 rows" not in json.dumps(blue)
    teams["red"].ask("/generate/async", {"input_message": "List my files", "job_id": "only-red"})
    assert teams["blue"].ask("/generate/async/job/only-red").status_code == 404
    assert teams["boss"].ask("/generate/async/job/only-red").status_code == 200


def test_a_question_is_answered_by_whom_it_was_put_to(teams: dict[str, Team]) -> None:
    asked = teams["red"].said("Describe it", path="/v1/workflow")
    told = asked.get_json()
    assert asked.status_code == 202
    answer = {"response": {"type": "text", "text": "table.csv"}}
    assert teams["blue"].ask(told["status_url"]).status_code == 404
    assert teams["blue"].ask(told["response_url"], answer).status_code == 404
    assert teams["boss"].ask(told["status_url"]).status_code == 200
    assert teams["red"].ask(told["response_url"], answer).status_code == 204
    assert "2 rows" in over(teams["red"], told["status_url"])["result"]["value"]


def test_a_streamed_question_belongs_to_its_key(teams: dict[str, Team]) -> None:
    text = teams["red"].said("Describe it", path="/v1/workflow/stream").get_data(as_text=True)
    line = next(line for line in text.splitlines() if '"status_url"' in line)
    address = json.loads(line.removeprefix("data: "))["status_url"]
    assert [teams[name].ask(address).status_code for name in ("red", "blue")] == [200, 404]


def test_requests_are_counted_as_those_of_the_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_REQUESTS_PER_MINUTE", "3")
    client = create_app(Orchestrator(tmp_path / "db.sqlite", OfflinePlanner())).test_client()
    answers = [client.get("/v1/models") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert answers[-1].get_json()["code"] == "too_many_requests" and int(answers[-1].headers["Retry-After"]) > 0
    assert client.get("/health").status_code == 200
    assert all(each.headers["X-Content-Type-Options"] == "nosniff" for each in answers)
