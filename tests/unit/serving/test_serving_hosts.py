"""Names that the service answers to, and the many spellings of those that it does not."""

import socket

import pytest

from DataFoundry.errors import ConfigError
from serving.hosts import VARIABLE, add_allowed_hosts, allowed_hosts, is_allowed, named_host


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:5000", "localhost.", "127.0.0.1:5000", "[::1]:5000", "[::1]", "192.0.2.7", " localhost "],
)
def test_local_names_and_addresses_in_numbers_are_answered(host: str) -> None:
    assert is_allowed(host, allowed_hosts())


def test_the_machine_is_reached_by_what_it_calls_itself() -> None:
    assert is_allowed(f"{socket.gethostname()}:5000", allowed_hosts())


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:5000",
        "evil.example.",
        "localhost@evil.example",
        "localhost,evil.example",
        "localhost:5000:evil.example",
        "localhost/evil",
        "localhost evil.example",
        "[::1].evil.example",
        "[evil.example]",
        "0x7f000001",
        "2130706433",
        "127.1",
        "localhost\u0130",
        "xn--localhost-",
        ":5000",
        ".",
        "localhost:99999999",
    ],
)
def test_any_other_name_is_not(host: str) -> None:
    assert not is_allowed(host, allowed_hosts())


def test_names_are_added_by_flag_and_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a.example, B.example")
    add_allowed_hosts(["c.example."])
    found = allowed_hosts()
    assert all(is_allowed(f"{name}.example:80", found) for name in "abc") and not is_allowed("d.example", found)
    assert not is_allowed("x.a.example", found)


@pytest.mark.parametrize("name", ["https://a.example", "a.example:80", "*", "a b..c", "-a-/", "a_.example/x"])
def test_what_is_no_name_is_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(ConfigError, match="no name of a host"):
        allowed_hosts()


def test_whoever_binds_to_a_name_is_reached_by_it() -> None:
    assert named_host("data.example") == ["data.example"]
    assert named_host("0.0.0.0") == named_host("::") == named_host("") == []
