"""Every recording of NeMo Agent Toolkit's server, replayed: status, content type, event names and key sets."""

import json
import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
import requests

GOLDEN = Path(__file__).parents[1] / "data" / "agents" / "nat_golden"
# what the recorded echo workflow was asked, and a request that makes ours do the like: one tool, a failure, a question
MEANT = {"hi": "List my datasets", "fail": "Describe {root}/empty.csv", "ask me": "Train a model"}
OURS_DIFFERS = {
    "18_generate_ask": "the toolkit cannot ask on /generate; ours answers with the question and a thread_id",
    "21_models": "the toolkit has no /v1/models; chat windows want one",
}


@pytest.fixture
def served(orchestrator: Any) -> Any:
    (orchestrator.root / "empty.csv").write_text("")
    return orchestrator


class Recording:
    """One recorded request and its answer."""

    def __init__(self, name: str) -> None:
        head, _, body = (GOLDEN / f"{name}.txt").read_text().partition("\n\n")
        command, status, *headers = head.splitlines()
        words = command.partition(": curl ")[2]
        self.method = "POST" if "-X POST" in words else "GET"
        self.path = re.search(r"http://[^/ ]+(\S*)", words).group(1)  # type: ignore[union-attr]
        self.sent = words.partition(" -d ")[2]
        self.status = int(status.split()[1])
        self.type = next((line.partition(": ")[2] for line in headers if line.startswith("content-type")), None)
        self.body = body.strip()

    def replay(self, served: Any, path: str | None = None) -> requests.Response:
        sent = self.sent
        for recorded, meant in MEANT.items() if '"detail"' not in self.body else ():
            sent = sent.replace(f'"{recorded}"', json.dumps(meant.format(root=served.root)))
        return requests.request(self.method, served.url + (path or self.path), data=sent or None, timeout=60,
                                headers={"Content-Type": "application/json"})  # fmt: skip


def same_head(answer: requests.Response, recorded: Recording) -> None:
    assert answer.status_code == recorded.status, answer.text
    assert answer.headers.get("Content-Type") == recorded.type


def lines(text: str) -> list[tuple[str, Any]]:
    """(field, JSON) of each line of a stream; the field of a bare line is empty."""
    found = []
    for line in text.splitlines():
        match = re.match(r"(data|intermediate_data|event): (.*)", line)
        if match:
            found.append((match.group(1), _json(match.group(2))))
        elif line.startswith("{"):
            found.append(("", json.loads(line)))
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def keys(value: Any) -> set[str]:
    """Paths of all keys: `choices[].delta.content`."""
    if isinstance(value, dict):
        return {f".{key}{rest}" for key, inner in value.items() for rest in (keys(inner) or {""})} | {
            f".{key}" for key in value
        }
    if isinstance(value, list):
        return {f"[]{rest}" for inner in value for rest in keys(inner)}
    return set()


@pytest.mark.parametrize("name", ["01_generate", "03c_generate_extra", "11_generate_async_sync", "12_chat", "14_v1"])
def test_answers_have_the_recorded_keys_and_only_more_beside_them(served: Any, name: str) -> None:
    recorded = Recording(name)
    answer = recorded.replay(served)
    same_head(answer, recorded)
    assert keys(json.loads(recorded.body)) <= keys(answer.json())
    assert set(json.loads(recorded.body)) <= set(answer.json())


@pytest.mark.parametrize(
    "name",
    ["02_generate_error", "03_generate_badbody", "03b_generate_notjson", "03d_generate_get",
     "10_generate_async_job_404", "16_v1_error"],
)  # fmt: skip
def test_errors_have_exactly_the_recorded_keys(served: Any, name: str) -> None:
    recorded = Recording(name)
    answer = recorded.replay(served)
    same_head(answer, recorded)
    assert keys(answer.json()) == keys(json.loads(recorded.body))
    if "detail" in answer.json():
        assert answer.json() == json.loads(recorded.body)
    else:
        assert answer.json()["code"] == "workflow_error"


@pytest.mark.parametrize(
    "name",
    ["04_generate_stream", "05_generate_stream_error", "06_generate_full", "07_generate_full_none", "13_chat_stream",
     "15_v1_stream", "19_v1workflow_stream_error", "20_atif"],
)  # fmt: skip
def test_streams_have_the_recorded_events(served: Any, name: str) -> None:
    recorded = Recording(name)
    answer = recorded.replay(served)
    same_head(answer, recorded)
    wanted, found = lines(recorded.body), lines(answer.text)
    assert {field for field, _ in found} == {field for field, _ in wanted}
    for field in {field for field, _ in wanted}:
        needed = {frozenset(value) if isinstance(value, dict) else value for each, value in wanted if each == field}
        given = [frozenset(value) if isinstance(value, dict) else value for each, value in found if each == field]
        for shape in needed:
            assert any(shape <= each if isinstance(each, frozenset) and isinstance(shape, frozenset) else shape == each
                       for each in given), (field, shape)  # fmt: skip


def test_steps_for_people_are_named_and_paired_as_recorded(served: Any) -> None:
    def shape(text: str, tool: str) -> list[tuple[str, str]]:
        steps = [value for field, value in lines(text) if field == "intermediate_data"]
        names = {step["id"]: place for place, step in enumerate({step["id"]: step for step in steps}.values())}
        return [(step["name"].replace(tool, "TOOL"), f"{names[step['id']]}<{names.get(step['parent_id'], 'root')}")
                for step in steps]  # fmt: skip

    recorded = Recording("04_generate_stream")
    assert shape(recorded.replay(served).text, ": list") == shape(recorded.body, ": t")


def test_raw_steps_carry_the_recorded_payload(served: Any) -> None:
    recorded = Recording("06_generate_full")

    def payloads(text: str) -> dict[str, set[str]]:
        steps = [value for field, value in lines(text) if field == "intermediate_data"]
        return {step["type"]: set(json.loads(step["payload"])) for step in steps}

    assert payloads(recorded.replay(served).text) == payloads(recorded.body)


def test_a_job_in_the_background(served: Any) -> None:
    begun = Recording("08_generate_async")
    answer = begun.replay(served)
    same_head(answer, begun)
    assert answer.json() == json.loads(begun.body)
    recorded = Recording("09_generate_async_job")
    for _ in range(300):
        answer = recorded.replay(served)
        if answer.json()["status"] not in ("submitted", "running"):
            break
        time.sleep(0.1)
    same_head(answer, recorded)
    assert set(answer.json()) == set(json.loads(recorded.body))
    assert answer.json()["status"] == "success"
    assert isinstance(answer.json()["output"]["value"], str)


def test_a_question_its_answer_and_the_end(served: Any) -> None:
    asked = Recording("17_v1workflow_ask")
    answer = asked.replay(served)
    same_head(answer, asked)
    question = answer.json()
    assert keys(question) == keys(json.loads(asked.body))
    assert question["prompt"]["text"].startswith("Which data shall I train on?")

    waiting = Recording("22_execution")
    answer = waiting.replay(served, question["status_url"])
    same_head(answer, waiting)
    assert keys(answer.json()) == keys(json.loads(waiting.body))

    wrong = Recording("23_respond")
    answer = wrong.replay(served, question["response_url"])
    same_head(answer, wrong)
    assert answer.json() == json.loads(wrong.body)

    right = Recording("23b_respond_type")
    right.sent = json.dumps({"response": {"type": "text", "text": "cancel"}})
    answer = right.replay(served, question["response_url"])
    assert answer.status_code == right.status and answer.text == ""
    done = Recording("24_execution_done")
    for _ in range(300):
        answer = done.replay(served, question["status_url"])
        if answer.json()["status"] != "running":
            break
        time.sleep(0.1)
    same_head(answer, done)
    assert keys(json.loads(done.body)) <= keys(answer.json())
    assert answer.json()["status"] == "completed"
    assert right.replay(served, question["response_url"]).status_code == 404  # answered already


def test_where_ours_is_better(served: Any) -> None:
    answer = Recording("18_generate_ask").replay(served)
    assert answer.status_code == 200 and answer.json()["status"] == "clarify" and answer.json()["thread_id"]
    answer = Recording("21_models").replay(served)
    assert answer.status_code == 200 and answer.json()["object"] == "list"


def test_every_recording_has_a_test() -> None:
    source = Path(__file__).read_text()
    for path in GOLDEN.glob("*.txt"):
        assert path.stem in source, path.name


@pytest.mark.parametrize("path", ["/generate", "/chat", "/v1/chat/completions", "/v1/workflow", "/generate/async"])
@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"\xff", b"[" * 100_000, b'{"input_message": 7, "messages": 8}', b"null"]
)
def test_bad_bodies_are_answered_with_a_detail_list(served: Any, path: str, body: bytes) -> None:
    answer = requests.post(served.url + path, data=body, timeout=30)
    assert answer.status_code == 422
    for problem in answer.json()["detail"]:
        assert {"type", "loc", "msg", "input"} <= set(problem)


def test_odd_requests_are_told_in_json(served: Any) -> None:
    assert requests.get(served.url + "/nope", timeout=30).json() == {"detail": "Not Found"}
    assert served.ask("Train on adult", thread_id="../../etc").status_code == 422
    forged = requests.post(served.url + "/generate", data='{"input_message": "hi"}', timeout=30,
                           headers={"Origin": "http://evil.example", "Content-Type": "text/plain"})  # fmt: skip
    assert forged.status_code == 415
    huge = requests.post(served.url + "/generate", data=b" " * (4 * 2**20 + 1), timeout=30)
    assert huge.status_code == 413 and huge.json()["detail"]


def test_health_tells_about_the_agents(served: Any) -> None:
    answer = requests.get(served.url + "/health", timeout=60).json()
    assert answer["status"] == "healthy" and answer["features"] == {"agent_pipelines": True}


def test_a_dry_run_has_the_promised_form_and_touches_nothing(served: Any) -> None:
    before = sorted(path.name for path in served.root.iterdir())
    answer = served.ask("Label data/nowhere.csv and train a model on it", dry_run=True).json()
    assert answer["status"] == "ok" and isinstance(answer["value"], str)
    assert answer["plan"] == [
        {"tool": "label", "args": {"data": "data/nowhere.csv"}}, {"tool": "train", "args": {"data": "$1"}}]  # fmt: skip
    assert served.ask("Train on /etc/passwd", dry_run=True).json()["status"] == "refuse"
    assert served.ask("Train a model", dry_run=True).json()["plan"] == []
    assert sorted(path.name for path in served.root.iterdir()) == before


def test_the_request_of_a_plain_curl_works(served: Any) -> None:
    command = 'curl -X POST localhost:8000/generate -d \'{"input_message": "List my models"}\''
    body = shlex.split(command)[-1]
    answer = requests.post(served.url + "/generate", data=body, timeout=60,
                           headers={"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 200 and answer.json()["status"] == "ok"
