"""Prefer and Idempotency-Key as clients write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from api.preferences import Preferences, read_key, read_preferences
from DataFoundry.errors import RequestError


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], Preferences()),
        (["respond-async"], Preferences(True)),
        (["Respond-Async, WAIT=10"], Preferences(True, 10)),
        (["respond-async", "wait=10"], Preferences(True, 10)),
        (['foo; bar="a, respond-async", respond-async; x=1, wait="5"'], Preferences(True, 5)),
        (["handling=strict, return=minimal"], Preferences()),
        (["respond-async=no"], Preferences()),
        (["wait=-1, respond-async"], Preferences(True)),
        (["wait=1.5, respond-async"], Preferences(True)),
        (["respond-async, wait=99999999"], Preferences(True, 600)),
        (["respond-async, wait=3, wait=9"], Preferences(True, 3)),
    ],
)
def test_preferences(headers, expected):
    assert read_preferences(headers) == expected


@given(st.lists(st.text(max_size=200), max_size=3))
def test_no_preference_is_an_error(headers):
    assert read_preferences(headers).wait is None or "wait" in "".join(headers).lower()


def test_a_key_tells_clients_paths_and_bodies_apart():
    def key(text="k", path="/a", body=(("x", 1), ("y", 2)), **more):
        return read_key(Headers({"Idempotency-Key": text, **more}), path, dict(body))

    same = key()
    assert same == key(body=(("y", 2), ("x", 1))) == key(text='"k"')
    assert key("other").key != same.key and key(Authorization="Bearer a").key != same.key
    assert key(path="/b").key == same.key and key(path="/b").digest != same.digest
    assert key(body=(("x", 2),)).digest != same.digest
    assert read_key(Headers(), "/a", {}) is None


@pytest.mark.parametrize("text", ["", " ", '"', '""', "x" * 256, "ü", "a\tb"])
def test_a_key_that_is_none_is_refused(text):
    with pytest.raises(RequestError, match="Idempotency-Key"):
        read_key(Headers({"Idempotency-Key": text}), "/a", {})


@pytest.mark.parametrize("text", ["x", "x" * 255, "a b", 'a"b', f'"{"x" * 255}"'])
def test_a_key_may_be_any_printable_text(text):
    assert read_key(Headers({"Idempotency-Key": text}), "/a", {}) is not None
