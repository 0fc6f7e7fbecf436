"""Every error of the library has a status, a code of its own kind, and the one body."""

from collections.abc import Iterator

import pytest
from flask import Flask

from api.errors import MEANINGS, STATUS, register
from DataFoundry import errors
from DataFoundry.errors import DataFoundryError


def _tree(kind: type[DataFoundryError]) -> Iterator[type[DataFoundryError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


KINDS = list(dict.fromkeys(_tree(DataFoundryError)))


def test_the_table_is_complete() -> None:
    assert set(STATUS) == set(KINDS)
    assert set(STATUS.values()) <= set(MEANINGS)


def test_codes_are_distinct() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)


def test_the_outline_names_every_class() -> None:
    assert errors.__doc__ is not None
    assert all(kind.__name__ in errors.__doc__ for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("traces", [True, False])
def test_each_is_answered_with_the_one_body(kind: type[DataFoundryError], traces: bool) -> None:
    app = Flask("test")
    app.config["TRACEBACKS"] = traces
    register(app)

    @app.get("/")
    def fail() -> str:
        raise kind("What was wrong.", column="age")

    response = app.test_client().get("/")
    assert response.status_code == STATUS[kind]
    assert response.is_json and response.json is not None
    assert set(response.json) - {"details", "traceback"} == {"error", "code"}
    assert response.json["code"] == kind.code
    assert ("traceback" in response.json) is traces
    if STATUS[kind] != 500:
        assert response.json["error"] == "What was wrong."
        assert response.json["details"] == {"column": "age"}


def test_a_defect_says_nothing_of_the_inside() -> None:
    app = Flask("test")
    register(app)

    @app.get("/")
    def fail() -> str:
        raise ZeroDivisionError("secret detail")

    response = app.test_client().get("/")
    assert response.status_code == 500
    assert response.json is not None and response.json["code"] == "internal_error"
    assert "secret" not in response.get_data(as_text=True)


@pytest.mark.parametrize("kind", KINDS)
def test_details_survive_a_process_boundary(kind: type[DataFoundryError]) -> None:
    import pickle

    copy = pickle.loads(pickle.dumps(kind("Wrong.", row=3)))
    assert (type(copy), copy.message, copy.details) == (kind, "Wrong.", {"row": 3})
