"""The page Ask against a real orchestrator: the plan first, then the work, its answer and its files."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from agents.orchestrator.service import Orchestrator
from agents.wire.app import create_app as create_orchestrator
from api import create_app
from console.pages.ask import VARIABLE
from serving.keys import VARIABLE as KEYS
from serving.keys import new_key

ASKED = "Describe testing_data/adult_test.csv"


@pytest.fixture
def orchestrator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    served = make_server("127.0.0.1", 0, create_orchestrator(Orchestrator(tmp_path / "asked.sqlite")), threaded=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    monkeypatch.setenv(VARIABLE, f"http://127.0.0.1:{served.server_port}")
    yield
    served.shutdown()
    thread.join()


def headers(client: FlaskClient) -> dict[str, str]:
    found = re.search(r'name="csrf-token" content="(\w+)"', client.get("/console/login").text)
    assert found
    return {"X-CSRF-Token": found[1], "HX-Request": "true"}


def test_the_plan_is_shown_before_it_runs(orchestrator: None) -> None:
    client = create_app().test_client()
    sent = headers(client)
    assert "No orchestrator" not in client.get("/console/ask").text
    plan = client.post("/console/ask/plan", data={"text": ASKED}, headers=sent).text
    assert "This is what I would do" in plan and "adult_test.csv" in plan and "Do it" in plan
    answer = client.post("/console/ask/run", data={"text": ASKED, "thread": "t1"}, headers=sent).text
    place = re.search(r'hx-get="(/console/ask/job/[^"]+)"', answer)
    assert place
    deadline = time.monotonic() + 100
    while "hx-get" in answer and time.monotonic() < deadline:
        time.sleep(0.2)
        answer = client.get(place[1], headers=sent).text
    assert "16,281" in answer or "16281" in answer


def test_without_an_orchestrator_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    client = create_app().test_client()
    assert "make orchestrator" in client.get("/console/ask").text
    refused = client.post("/console/ask/plan", data={"text": ASKED}, headers=headers(client))
    assert refused.status_code == 503 and VARIABLE in refused.text


def test_who_may_not_run_pipelines_may_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    key, line = new_key("reader", "read,write")
    monkeypatch.setenv(KEYS, line)
    client = create_app().test_client()
    client.post("/console/login", data={"csrf_token": headers(client)["X-CSRF-Token"], "key": key})
    refused = client.post("/console/ask/plan", data={"text": ASKED}, headers=headers(client))
    assert refused.status_code == 403 and "scope" in refused.text
