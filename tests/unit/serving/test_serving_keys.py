"""Lines of keys: what is one, what is not, and that only the right key is found."""

import hashlib

import pytest

from DataFoundry.errors import ConfigError
from serving.keys import SCOPES, USUAL, VARIABLE, configured_keys, find_key, new_key, read_keys

DIGEST = "0" * 64


def test_a_new_key_is_found_by_its_line_and_its_line_does_not_hold_it() -> None:
    key, line = new_key("ci", "read,write")
    assert key not in line and line == f"ci:read,write:{hashlib.sha256(key.encode()).hexdigest()}"
    found = find_key(read_keys(line), key)
    assert found is not None and (found.name, found.scopes) == ("ci", {"read", "write"})
    assert new_key("ci", "read")[0] != key and len(key) >= 43


@pytest.mark.parametrize("wrong", ["", "x", "df_", "é", "\udcff", DIGEST])
def test_another_key_is_not_found(wrong: str) -> None:
    keys = read_keys(new_key("ci", "read")[1])
    assert find_key(keys, wrong) is None
    assert find_key(keys, keys[0].digest) is None


def test_each_of_many_keys_is_found() -> None:
    made = [new_key(f"key{number}", "read") for number in range(5)]
    keys = read_keys("# ours\n\n" + " ; ".join(line for _, line in made))
    found = [find_key(keys, key) for key, _ in made]
    assert [each.name for each in found if each] == [f"key{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no API key"),
        ("# only a comment", "no API key"),
        (f"a b:read:{DIGEST}", "name"),
        (f":read:{DIGEST}", "name"),
        (f"{'a' * 65}:read:{DIGEST}", "name"),
        (f"a:fly:{DIGEST}", "scopes"),
        (f"a::{DIGEST}", "scopes"),
        ("a:read:", "digest"),
        ("a:read:df_the-key-itself", "digest"),
        (f"a:read:{DIGEST}0", "digest"),
        (f"a:read:{DIGEST}:", "absolute paths"),
        (f"a:read:{DIGEST}:relative", "absolute paths"),
        (f"a:read:{DIGEST}:/data/a,", "absolute paths"),
        (f"a:read:{DIGEST}\na:write:{'1' * 64}", "Two API keys"),
    ],
)
def test_what_is_no_line_is_told_without_repeating_it(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        read_keys(line)
    assert "the-key-itself" not in str(raised.value)


def test_no_variable_means_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert configured_keys() == ()
    monkeypatch.setenv(VARIABLE, f"a:read:{DIGEST}")
    assert [key.name for key in configured_keys()] == ["a"]
    assert set(SCOPES) == {"read", "write", "execute", "admin"} and set(USUAL) == set(SCOPES) - {"admin"}


def test_a_key_may_have_roots_of_its_own() -> None:
    assert read_keys(f"a:read:{DIGEST}")[0].roots == ()
    assert read_keys(f"a:read:{DIGEST}:/data/a, /data/b:c")[0].roots == ("/data/a", "/data/b:c")
    key, line = new_key("a", "read", ["/data/a"])
    found = find_key(read_keys(line), key)
    assert line.endswith(":/data/a") and found is not None and found.roots == ("/data/a",)


def test_a_key_with_roots_may_be_given_sources_behind_a_folder() -> None:
    assert new_key("a", "read", ["/data/a", "source://shop"])[1].endswith(":/data/a,source://shop")
    assert read_keys(f"a:read:{DIGEST}:/data/a,source://shop")[0].roots == ("/data/a", "source://shop")
    for roots in ("source://shop", "source://shop,/data/a", "/data/a,shop"):
        with pytest.raises(ConfigError, match="behind the first one may be sources"):
            read_keys(f"a:read:{DIGEST}:{roots}")
