"""Requests: what the document says of a field is what happens to it."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.cleaning_schemas import DetectAnomalies
from api.documented import FILE_NAME, PLAIN_PATH, agreeing, at_most_one, open_object
from api.labeling_schemas import CreateLabels
from api.schemas import CreateConfig, GenerateData
from DataFoundry.config import ModelParams, TrainingParams
from DataFoundry.errors import DataFoundryError, PathTextError, RequestError
from DataFoundry.generator import FORMATS
from DataFoundry.storage.paths import input_path

GENERATE = {"model_path": "m.pth", "config_path": "c.json"}


@pytest.mark.parametrize("value", [7, 7.0])
def test_a_whole_number_may_be_written_with_a_point(value: float) -> None:
    asked = GenerateData.model_validate({**GENERATE, "num_to_generate": value, "seed": value}).arguments()
    assert asked["num_to_generate"] == 7 and type(asked["num_to_generate"]) is type(asked["seed"]) is int
    body = {
        "data_path": "a.csv",
        "training_params": {"epochs": value},
        "model_params": {"encoder_hidden_layers": [value]},
    }
    params = CreateConfig.model_validate(body).arguments()
    assert type(params["training_params"]["epochs"]) is int
    assert type(params["model_params"]["encoder_hidden_layers"][0]) is int


@pytest.mark.parametrize("value", [7.5, True, "7", [7], -1.0])
def test_what_is_no_whole_number_stays_refused(value: Any) -> None:
    with pytest.raises(RequestError, match="num_to_generate"):
        GenerateData.model_validate({**GENERATE, "num_to_generate": value})


def test_null_is_not_sent() -> None:
    nothing = {"seed": None, "label": None, "conditions": None}
    assert GenerateData.model_validate({**GENERATE, **nothing}).arguments() == GENERATE
    asked = GenerateData.model_validate({**GENERATE, "conditions": {"age": None}}).arguments()
    assert asked["conditions"] == {"age": None}


@given(st.text(max_size=30) | st.from_regex(r"[A-Za-z]{1,3}:/.*"))
@example("a:/x.csv")
@example("ab:/x.csv")
@example("\x85")
@example("\u2003")
@example("x\n")
@example("")
def test_the_pattern_of_a_path_says_what_the_library_says(text: str) -> None:
    try:
        input_path(text, "data_path")
        refused = False
    except PathTextError:
        refused = True
    except DataFoundryError:
        refused = False
    matches = re.search(str(PLAIN_PATH["pattern"]).replace("$", r"\Z"), text) is not None
    assert matches is not refused


@pytest.mark.parametrize(("name", "good"), [("a.csv", True), ("x/a.csv", True), ("x/", False), ("a\n.csv", False)])
def test_the_pattern_of_a_file_name(name: str, good: bool) -> None:
    assert (re.search(str(FILE_NAME["pattern"]), name) is not None) is good


def test_an_open_object_names_every_key_of_the_configuration() -> None:
    for kind in (ModelParams, TrainingParams):
        schema = open_object(kind)
        assert set(schema["properties"]) == set(kind.model_fields)  # type: ignore[arg-type]
        assert schema["additionalProperties"] is True
        assert "$ref" not in str(schema) and "default" not in str(schema)


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({}, True),
        ({"top_k": 3}, True),
        ({"top_k": 3, "contamination": None}, True),
        ({"top_k": 3, "contamination": 0.1}, False),
        ({"top_k": 3, "contamination": 0.1, "false_alarm_rate": 0.1}, False),
    ],
)
def test_at_most_one_of_some_fields(body: dict[str, Any], allowed: bool) -> None:
    import jsonschema

    schema = at_most_one("contamination", "top_k", "false_alarm_rate")
    assert jsonschema.Draft202012Validator(schema).is_valid(body) is allowed
    assert DetectAnomalies.model_json_schema()["allOf"] == schema["allOf"]


@pytest.mark.parametrize(
    ("path", "form", "allowed"),
    [("a.csv", "csv", True), ("a.CSV", "pt", False), ("a.pt", None, True), (None, "pt", True), ("a.txt", "pt", True)],
)
def test_a_suffix_agrees_with_the_format(path: str | None, form: str | None, allowed: bool) -> None:
    import jsonschema

    schema = agreeing("output_path", "output_format", FORMATS)
    assert jsonschema.Draft202012Validator(schema).is_valid({"output_path": path, "output_format": form}) is allowed


def test_the_aggregators_are_named() -> None:
    text = str(CreateLabels.model_json_schema()["properties"]["aggregator"])
    assert all(repr(name) in text for name in ("auto", "majority_vote", "label_model", "supervised"))
