"""Every route of the URL map: a schema, a place in the OpenAPI document, and the one error body."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from openapi_spec_validator import validate

from api import create_app
from api.cleaning_schemas import ApplyFixes
from api.errors import MEANINGS
from api.openapi import BODIES, EXAMPLES
from DataFoundry.cleaner import KINDS
from DataFoundry.models.registry import MODELS

APP = create_app()
NOT_JSON = {path for path, _ in BODIES}  # files; tests/integration/test_uploads.py
POSTS = sorted({rule.rule for rule in APP.url_map.iter_rules() if "POST" in (rule.methods or ())} - NOT_JSON)
SPECIFIED = {
    "/health",
    "/api/dataset/info",
    "/api/labeling/create-labels",
    "/api/labeling/run-pipeline",
    "/api/training/create-config",
    "/api/training/train-model",
    "/api/training/run-pipeline",
    "/api/generation/generate-data",
    "/api/cleaning/detect-anomalies",
    "/api/files/list",
    "/api/files/download",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document as clients get it."""
    return APP.test_client().get("/openapi.json").get_json()


def _refused(path: str, **options: Any) -> tuple[int, dict[str, Any]]:
    response = APP.test_client().post(path, **options)
    assert response.json is not None and {"error", "code"} <= set(response.json)
    assert response.json["error"].endswith(".") and "Traceback" not in response.get_data(as_text=True)
    return response.status_code, response.json


def test_every_route_of_the_specification_is_there() -> None:
    assert {rule.rule for rule in APP.url_map.iter_rules()} >= SPECIFIED


def test_the_document_is_valid_and_complete(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in APP.url_map.iter_rules()}
    assert set(document["paths"]) == rules - {"/docs", "/guide", "/guide/{name}", "/openapi.json"}
    for path in POSTS:
        operation = document["paths"][path]["post"]
        assert operation["requestBody"]["required"] is True
        assert operation["requestBody"]["content"]["application/json"]["example"] == EXAMPLES[path]
        assert {"200", "400", "403", "404", "409", "413", "415", "422", "500"} <= set(operation["responses"])


def test_the_document_offers_the_registered_model_types(document: dict[str, Any]) -> None:
    text = json.dumps(document["components"]["schemas"]["CreateConfig"]["properties"]["model_type"])
    assert all(json.dumps(name) in text for name in MODELS)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"x": NaN}', 400),
        (b'{"x": 1e999}', 400),
        (b'{"x": ' + b"9" * 5000 + b"}", 400),
        (b'{"x": "\\ud800"}', 400),
        (b"\xff\xfe{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"{}", 400),
        (b"{" + b",".join(b'"k%d":1' % number for number in range(200_000)) + b"}", 400),
        (b" " * (4 * 2**20 + 1), 413),
    ],
)
def test_garbage_is_refused_with_a_sentence(path: str, body: bytes, status: int) -> None:
    assert _refused(path, data=body, content_type="application/json")[0] == status


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_that_does_not_say_json_is_refused(path: str, kind: str) -> None:
    status, answer = _refused(path, data=json.dumps(EXAMPLES[path]), content_type=kind)
    assert (status, answer["code"]) == (415, "not_json")


@pytest.mark.parametrize("path", POSTS)
def test_an_unknown_field_is_named_with_the_nearest_known(path: str) -> None:
    name = next(iter(EXAMPLES[path]))
    status, answer = _refused(path, json={**EXAMPLES[path], name[:-1] + "x": 1})
    assert status == 400
    assert f"did you mean '{name}'?" in answer["error"]


@pytest.mark.parametrize("path", POSTS)
def test_each_required_field_is_named_when_it_is_missing(path: str, document: dict[str, Any]) -> None:
    reference = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    for name in document["components"]["schemas"][reference.rsplit("/", 1)[-1]].get("required", []):
        status, answer = _refused(path, json={key: value for key, value in EXAMPLES[path].items() if key != name})
        assert status == 400 and f"'{name}' is missing" in answer["error"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("value", [5, True, ["a"], {"a": 1}, None])
def test_a_path_that_is_not_text_is_refused_by_name(path: str, value: object) -> None:
    name = next(key for key in EXAMPLES[path] if key.endswith("_path"))
    status, answer = _refused(path, json={**EXAMPLES[path], name: value})
    assert status == 400 and f"'{name}'" in answer["error"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("text", "status"), [("/etc/passwd", 403), ("../../x.csv", 403), ("a\0.csv", 400), ("http://h/a.csv", 400)]
)
def test_no_path_field_leads_out(path: str, text: str, status: int) -> None:
    for name in [key for key in EXAMPLES[path] if key.endswith(("_path", "_dir"))]:
        example = {**EXAMPLES[path], **_existing(EXAMPLES[path]), name: text}
        assert _refused(path, json=example)[0] in {status, 403 if status == 403 else 400, 404}


def _existing(example: dict[str, Any]) -> dict[str, str]:
    """Every table of an example that is only a placeholder, as one that exists."""
    adult = "testing_data/adult.csv"
    return {key: adult for key, value in example.items() if isinstance(value, str) and value.startswith("path/to")}


@pytest.mark.parametrize("path", POSTS)
def test_the_wrong_method_is_told_the_right_one(path: str) -> None:
    response = APP.test_client().get(path)
    assert response.status_code == 405
    assert response.json is not None and "use POST" in response.json["error"]
    assert "POST" in response.headers["Allow"]


def test_an_unknown_route_points_to_the_documentation() -> None:
    response = APP.test_client().get("/api/nope")
    assert response.status_code == 404
    assert response.json is not None and "/docs" in response.json["error"]


def test_the_documentation_page_needs_no_network() -> None:
    text = APP.test_client().get("/docs").get_data(as_text=True)
    assert "<script" not in text and "https://" not in text
    assert all(path in text for path in POSTS)


def test_every_documented_status_has_a_meaning(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {int(status) for status in operation["responses"]} - {200, 201, 202} <= set(MEANINGS)


def test_every_post_route_has_a_schema() -> None:
    app = create_app()

    @app.post("/unchecked")
    def unchecked() -> dict[str, str]:
        return {}

    assert _without_schema(APP) == []
    assert _without_schema(app) == ["/unchecked"]


def _without_schema(app: APIFlask) -> list[str]:
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and rule.rule not in NOT_JSON
        and "body" not in getattr(app.view_functions[rule.endpoint], "_spec", {})
    ]


def test_examples_of_the_document_are_those_of_the_specification() -> None:
    text = (Path(__file__).parents[1] / "data" / "specification.md").read_text()
    for path in set(POSTS) & SPECIFIED:
        assert path in text
        assert all(f'"{key}"' in text for key in EXAMPLES[path])


def test_the_kinds_of_fixes_that_one_may_ask_for_are_those_that_there_are() -> None:
    kinds = ApplyFixes.model_json_schema()["properties"]["kinds"]["anyOf"][0]["items"]["enum"]
    assert kinds == list(KINDS)
