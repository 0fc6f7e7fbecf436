"""The console over WSGI: who gets in, what is refused, what each page sends; no browser needed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flask.testing import FlaskClient

from api import create_app
from console.kinds import FIX_KINDS, KINDS, MODEL_TYPES, OPERATIONS
from console.pages import jobs, train
from DataFoundry.cleaner import KINDS as OF_FIXES
from DataFoundry.models.registry import MODELS
from DataFoundry.schema.kinds import KINDS as OF_COLUMNS
from jobs.operations import OPERATIONS as WORK
from serving.keys import VARIABLE, new_key

PAGES = ["/", "/console/tables", "/console/label", "/console/train", "/console/generate", "/console/clean"]
PAGES += ["/console/ask", "/console/jobs"]
TEMPLATES = sorted((Path(__file__).parents[3] / "backend" / "console" / "templates").rglob("*.html"))


@pytest.fixture
def client() -> FlaskClient:
    """A visitor of a service that needs no key."""
    return create_app().test_client()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two keys that a service asks for: one that may do everything, one that only reads."""
    made = [new_key("ada", "read,write,execute"), new_key("reader", "read")]
    monkeypatch.setenv(VARIABLE, ";".join(line for _, line in made))
    yield [key for key, _ in made]


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf-token" content="([0-9a-f]{64})"', client.get("/console/login").text)
    assert found
    return found[1]


def enter(client: FlaskClient, key: str) -> Any:
    return client.post("/console/login", data={"csrf_token": token(client), "key": key, "next": "/console/tables"})


def test_names_are_those_of_the_registries() -> None:
    assert set(KINDS) == set(OF_COLUMNS)
    assert set(MODEL_TYPES) == set(MODELS)
    assert set(FIX_KINDS) == set(OF_FIXES)
    assert set(OPERATIONS) == set(WORK)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_and_runs_nothing_foreign(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["Cache-Control"] == "no-store"
    assert len(answer.data) < 60_000


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_script_or_style_of_its_own(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|https?://(?!127)", text)


def test_the_first_page_is_small(client: FlaskClient) -> None:
    page = client.get("/")
    parts = re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page.text)
    assert len(parts) > 4
    assert len(page.data) + sum(len(client.get(part).data) for part in parts) < 200_000


def test_a_key_is_asked_for_and_kept_where_no_script_reads_it(keys: list[str]) -> None:
    client = create_app().test_client()
    away = client.get("/console/tables")
    assert (away.status_code, away.headers["Location"]) == (303, "/console/login?next=/console/tables")
    assert client.get("/").status_code == 303
    entered = enter(client, keys[0])
    assert (entered.status_code, entered.headers["Location"]) == (303, "/console/tables")
    cookie = entered.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert client.get("/console/tables").status_code == 200
    assert keys[0] not in client.get("/console/tables").text
    client.post("/console/logout", data={"csrf_token": token(client)})
    assert client.get("/console/tables").status_code == 303


@pytest.mark.parametrize("wrong", ["", "df_wrong", "two words", "schlüssel"])
def test_a_wrong_key_is_told(keys: list[str], wrong: str) -> None:
    client = create_app().test_client()
    answer = enter(client, wrong)
    assert answer.status_code == 401 and "problem" in answer.text
    assert client.get("/console/tables").status_code == 303


def test_no_login_leads_to_another_site(keys: list[str]) -> None:
    client = create_app().test_client()
    data = {"csrf_token": token(client), "key": keys[0], "next": "//elsewhere.example/"}
    assert client.post("/console/login", data=data).headers["Location"] == "/"


CHANGES = [
    ("POST", "/console/train/config"),
    ("POST", "/console/label/run"),
    ("POST", "/console/clean/apply"),
    ("POST", "/console/jobs/x/cancel"),
    ("POST", "/console/api/labeling/create-labels"),
    ("PUT", "/console/api/files/upload/x"),
    ("DELETE", "/console/api/jobs/x"),
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_nothing_changes_without_the_token(client: FlaskClient, method: str, path: str) -> None:
    client.get("/")
    for headers in ({}, {"X-CSRF-Token": "0" * 64}):
        answer = client.open(path, method=method, headers=headers)
        assert answer.status_code == 403 and "reload" in answer.text


def test_a_token_is_worth_nothing_to_another_visitor(client: FlaskClient) -> None:
    other = create_app().test_client()
    other.get("/")
    answer = client.delete("/console/api/jobs/x", headers={"X-CSRF-Token": token(other)})
    assert answer.status_code == 403


def test_a_key_may_do_here_what_it_may_do_there(keys: list[str]) -> None:
    client = create_app().test_client()
    enter(client, keys[1])
    assert client.get("/console/tables").status_code == 200
    data = {"csrf_token": token(client), "path": "testing_data/adult.csv"}
    refused = client.post("/console/train/config", data=data)
    assert refused.status_code == 403 and "scope" in refused.text
    assert client.get("/console/api/limits").status_code == 200
    sent = client.post("/console/api/training/create-config", json={}, headers={"X-CSRF-Token": token(client)})
    assert (sent.status_code, sent.json["code"]) == (403, "scope_missing")


def test_the_service_itself_takes_no_cookie(keys: list[str]) -> None:
    client = create_app().test_client()
    enter(client, keys[0])
    assert client.get("/api/files/list").status_code == 401


def test_what_the_service_says_is_what_the_visitor_reads(client: FlaskClient) -> None:
    answer = client.get("/console/jobs/nowhere")
    assert answer.status_code == 404 and "There is no job" in answer.text
    part = client.get("/console/jobs/nowhere", headers={"HX-Request": "true"})
    assert part.status_code == 404 and "<html" not in part.text and 'role="alert"' in part.text
    assert client.get("/console/nowhere").status_code == 404


def test_the_api_stays_where_it_was(client: FlaskClient) -> None:
    assert client.get("/health").json["status"] == "healthy"
    assert client.get("/nowhere").json["code"] == "unknown_route"
    assert client.get("/console").json["code"] == "unknown_route"


def test_rules_that_rows_break_are_promises_only_where_they_are_ticked(client: FlaskClient, root: Path) -> None:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"a": draw.integers(1, 9, 400), "b": draw.integers(40, 200, 400)})
    frame = frame.assign(total=frame["a"] * frame["b"], fee=frame["b"] + 25)
    frame.loc[3, "total"] = 5
    frame.to_csv(root / "t.csv", index=False)
    made = {"data_path": str(root / "t.csv"), "output_dir": str(root / "m")}
    config = client.post("/api/training/create-config", json=made).get_json()["config"]
    places = {rule["sentence"]: str(place) for place, rule in enumerate(config["rules"])}
    page = client.get(f"/console/train?config={root}/m/config.json").text
    assert "1 of 400 rows breaks it; tick it if it must hold" in page and page.count('name="rule"') == len(places)

    def sent(*ticked: str) -> dict[str, int]:
        form = {"rule": [places[each] for each in ticked]}
        with create_app().test_request_context("/console/train/start", method="POST", data=form):
            rules = train._changed(config, str(root / "m" / "config.json"))["rules"]
        return {rule["sentence"]: rule["exceptions"] for rule in rules}

    doubtful = "total is a * b."
    others = [each for each in places if each != doubtful]
    assert sent(*others) == {doubtful: 1, **dict.fromkeys(others, 0)}
    assert sent(doubtful) == {doubtful: 0}


@pytest.mark.parametrize(
    ("report", "late"),
    [
        (None, False),
        ({"done": 3, "total": 10, "seconds_left": 20.0, "told": 1_000.0}, True),
        ({"done": 3, "total": 10, "seconds_left": 40.0, "told": 1_000.0}, False),
        ({"done": 10, "total": 10, "seconds_left": 0.0, "told": 1_000.0}, False),
        ({"done": 0, "total": None, "seconds_left": None, "told": 1_000.0}, False),
    ],
)
def test_work_that_says_nothing_for_far_longer_than_it_said_is_late(
    report: dict[str, Any] | None, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.time, "time", lambda: 1_050.0)
    assert jobs._is_late(report) is late
