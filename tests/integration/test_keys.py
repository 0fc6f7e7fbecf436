"""API keys, rates, sizes and origins, over real HTTP."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.routing import Rule

from api import create_app
from api.security.access import NEEDS, scope_of
from serving.keys import new_key

BACKEND = Path(__file__).resolve().parents[2] / "backend"
RULES = sorted(create_app().url_map.iter_rules(), key=lambda rule: rule.rule)
ROUTES = [(rule, method) for rule in RULES for method in sorted(rule.methods or ()) if method != "OPTIONS"]
ORIGIN = "https://app.example"


@dataclass
class Guarded:
    """A service with one key for each scope."""

    server: Any
    keys: dict[str, str]

    def ask(self, method: str, path: str, key: str | None = None, **options: Any) -> requests.Response:
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **options.pop("headers", {})}
        return requests.request(method, self.server.url + path, headers=headers, timeout=60, **options)


@pytest.fixture(scope="module")
def guarded(start_server: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """Two keys in a file, one in the environment, on a public address."""
    made = {scope: new_key(f"the-{scope}-key", scope) for scope in ("read", "write", "execute")}
    file = tmp_path_factory.mktemp("keys") / "keys.txt"
    file.write_text(f"# of the tests\n{made['read'][1]}\n{made['write'][1]}\n")
    flags = ("--api-key-file", str(file), "--host", "0.0.0.0")
    server = start_server(*flags, DATAFOUNDRY_API_KEYS=made["execute"][1], DATAFOUNDRY_CORS_ORIGINS=ORIGIN)
    return Guarded(server, {scope: key for scope, (key, _) in made.items()})


def path_of(rule: Rule) -> str:
    """A path that the rule matches."""
    return rule.build(dict.fromkeys(rule.arguments, "0" * 32))[1] if rule.arguments else rule.rule


@pytest.mark.parametrize(("rule", "method"), ROUTES, ids=lambda each: getattr(each, "rule", each))
def test_every_route_but_health_needs_a_key_with_its_scope(guarded: Guarded, rule: Rule, method: str) -> None:
    path = path_of(rule)
    bare = guarded.ask(method, path)
    if rule.rule == "/health":
        assert bare.status_code == 200
        return
    assert bare.status_code == 401 and bare.headers["WWW-Authenticate"].startswith("Bearer")
    wrong = guarded.ask(method, path, "df_wrong")
    assert wrong.status_code == 401 and 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    needed = scope_of(rule, method)
    for scope, key in guarded.keys.items():
        answer = guarded.ask(method, path, key)
        if scope == needed:
            assert answer.status_code not in (401, 403), answer.text
        else:
            assert answer.status_code == 403
            assert method == "HEAD" or answer.json()["code"] == "scope_missing" and needed in answer.json()["error"]


def test_routes_that_do_not_exist_need_a_key_too(guarded: Guarded) -> None:
    assert guarded.ask("GET", "/api/nowhere").json()["code"] == "key_required"
    assert guarded.ask("GET", "/api/nowhere", guarded.keys["read"]).json()["code"] == "unknown_route"
    assert guarded.ask("POST", "/health").status_code == 401
    assert guarded.ask("OPTIONS", "/api/files/list").status_code == 401


def test_what_runs_code_of_the_request_needs_execute() -> None:
    assert {path for path, scope in NEEDS.items() if scope == "execute"} == {
        "/api/labeling/create-labels",
        "/api/labeling/run-pipeline",
        "/api/training/run-pipeline",
        "/api/cleaning/run-pipeline",
        "/api/generation/run-pipeline",
    }
    assert set(NEEDS) <= {rule.rule for rule in RULES}


@pytest.mark.parametrize(
    "headers",
    [{"X-API-Key": "{}"}, {"Authorization": "bearer {}"}, {"Authorization": "Basic x", "X-API-Key": "{}"}],
)
def test_both_headers_serve(guarded: Guarded, headers: dict[str, str]) -> None:
    filled = {name: value.format(guarded.keys["read"]) for name, value in headers.items()}
    assert guarded.ask("GET", "/api/files/list", headers=filled).status_code == 200


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Basic YTpi", "é", "Bearer é", "x" * 5000, "Bearer\ta b"])
def test_odd_headers_are_refused(guarded: Guarded, value: str) -> None:
    answer = guarded.ask("GET", "/api/files/list", headers={"Authorization": value.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code == 401


def test_a_key_in_the_address_is_not_taken(guarded: Guarded) -> None:
    key = guarded.keys["read"]
    assert guarded.ask("GET", f"/api/files/list?api_key={key}&key={key}").status_code == 401


def test_named_origins_and_no_others_may_call(guarded: Guarded) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = guarded.ask("OPTIONS", "/api/dataset/info", headers={"Origin": ORIGIN, **asked})
    assert allowed.status_code == 200 and allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "authorization" in allowed.headers["Access-Control-Allow-Headers"].lower()
    other = guarded.ask("OPTIONS", "/api/dataset/info", headers={"Origin": "https://evil.example", **asked})
    assert "Access-Control-Allow-Origin" not in other.headers
    read = guarded.ask("GET", "/api/files/list", guarded.keys["read"], headers={"Origin": ORIGIN})
    assert read.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in read.headers


def test_no_origin_may_call_unless_named(server: Any) -> None:
    answer = server.get("/api/files/list", headers={"Origin": ORIGIN})
    assert answer.status_code == 200 and "Access-Control-Allow-Origin" not in answer.headers


@pytest.fixture(scope="module")
def strict(start_server: Callable[..., Any]) -> Any:
    """A service that allows five requests a minute, with one key."""
    key, line = new_key("one", "read")
    server = start_server(DATAFOUNDRY_API_KEYS=line, DATAFOUNDRY_REQUESTS_PER_MINUTE="5")
    return Guarded(server, {"read": key})


def test_a_key_file_counts_as_it_is_now(start_server: Callable[..., Any], tmp_path: Path) -> None:
    (first, first_line), (second, second_line) = new_key("first", "read"), new_key("second", "read")
    file = tmp_path / "keys.txt"
    file.write_text(first_line)
    server = start_server("--api-key-file", str(file))
    guarded = Guarded(server, {})

    def statuses() -> list[int]:
        return [guarded.ask("GET", "/api/limits", key).status_code for key in (first, second)]

    assert statuses() == [200, 401]
    file.write_text(f"{first_line}\n{second_line}")
    assert statuses() == [200, 200]
    file.write_text(f"{second_line}\n")
    assert statuses() == [401, 200]
    file.write_text(f"nonsense\n{first_line}\nnew:reed:abc")
    assert statuses() == [200, 401], "what is wrong with one line does not touch another"
    assert server.log.read_text().count("a line of the key file is left out") == 2
    for useless in (lambda: file.write_text("nonsense"), lambda: file.write_text(""), file.unlink):
        useless()
        assert statuses() == [401, 401] and guarded.ask("GET", "/api/limits").status_code == 401
    assert "open nothing until it can be read again" in server.log.read_text()
    file.write_text(first_line)
    assert statuses() == [200, 401]


def forwarded(server: Any, addresses: str) -> int:
    """The status of a request that says it was forwarded."""
    return int(server.get("/api/limits", headers={"X-Forwarded-For": addresses}).status_code)


def test_a_trusted_proxy_tells_clients_apart_and_a_client_cannot(start_server: Callable[..., Any]) -> None:
    server = start_server(DATAFOUNDRY_TRUSTED_PROXIES="1", DATAFOUNDRY_REQUESTS_PER_MINUTE="3")
    assert [forwarded(server, "203.0.113.1") for _ in range(4)] == [200, 200, 200, 429]
    assert forwarded(server, "203.0.113.2") == 200
    assert forwarded(server, "198.51.100.7, 203.0.113.1") == 429, "what the client itself says is not believed"


def test_without_a_trusted_proxy_nobody_is_believed(start_server: Callable[..., Any]) -> None:
    server = start_server(DATAFOUNDRY_REQUESTS_PER_MINUTE="3")
    assert [forwarded(server, f"203.0.113.{number}") for number in range(4)] == [200, 200, 200, 429]


def test_too_many_requests_are_told_to_wait(strict: Guarded) -> None:
    strangers = [strict.ask("GET", "/api/files/list", "df_guess") for _ in range(8)]
    statuses = [each.status_code for each in strangers]
    assert statuses == sorted(statuses) and set(statuses) == {401, 429}  # guesses are counted, too
    refused = strangers[-1]
    assert refused.json()["code"] == "too_many_requests" and "5 per minute" in refused.json()["error"]
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert strict.ask("GET", "/api/limits", strict.keys["read"]).status_code == 200  # the key counts by itself
    assert {strict.ask("GET", "/health").status_code for _ in range(20)} == {200}


def test_an_address_that_is_only_claimed_is_not_believed(strict: Guarded) -> None:
    for number in range(8):
        answer = strict.ask("GET", "/nowhere", headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert answer.status_code == 429


def test_the_limits_are_listed_with_their_values(strict: Guarded) -> None:
    listed = strict.ask("GET", "/api/limits", strict.keys["read"]).json()["limits"]
    assert listed["requests_per_minute"] == {
        "value": 5,
        "default": 12_000,
        "meaning": "requests of one key or address in a minute",
        "setting": "DATAFOUNDRY_REQUESTS_PER_MINUTE",
    }
    assert {"max_request_bytes", "max_upload_bytes", "upload_quota_bytes", "stop_seconds"} <= set(listed)


def flask_api(*flags: str, **environment: str) -> Iterator[str]:
    """The lines that `python flask_api.py` with these flags writes until it warns or ends."""
    command = [sys.executable, "flask_api.py", *flags]
    process = subprocess.Popen(
        command,
        cwd=BACKEND,
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            yield line
            if "Anyone" in line:
                break
    finally:
        process.terminate()
        process.wait(timeout=60)
    yield f"ended with {process.returncode}"


def test_a_fresh_key_is_printed_once_with_its_line() -> None:
    first, second, end = list(flask_api("--new-api-key", "me", "--scopes", "read,execute"))
    assert end == "ended with 0" and second.startswith("Line for the key file: me:read,execute:")
    assert first.split(": ")[1].strip() not in second


@pytest.mark.parametrize(
    ("flags", "environment", "said"),
    [
        (["--new-api-key", "a b"], {}, "name of an API key"),
        (["--new-api-key", ""], {}, "name of an API key"),
        (["--new-api-key", "a", "--scopes", "fly"], {}, "scopes of the API key"),
        (["--api-key-file", "/nowhere/keys"], {}, "cannot be read"),
        (["--api-key-file", "/dev/null"], {}, "no API key"),
        ([], {"DATAFOUNDRY_API_KEYS": "me:read:not-a-digest"}, "no SHA-256 digest"),
        ([], {"DATAFOUNDRY_STOP_SECONDS": "soon"}, "positive whole number"),
        ([], {"DATAFOUNDRY_BROKER_URL": "foo://x"}, "must begin with one of redis://"),
        ([], {"DATAFOUNDRY_DEVICE": "tpu"}, "one of auto, cuda, mps, cpu, not 'tpu'"),
        (
            [],
            {"DATAFOUNDRY_DEVICE": "cuda", "CUDA_VISIBLE_DEVICES": ""},
            "finds no such device here; set it to auto or",
        ),
        ([], {"DATAFOUNDRY_TRUSTED_PROXIES": "many"}, "number of proxies"),
        ([], {"DATAFOUNDRY_CORS_ORIGINS": "*"}, "is no origin"),
        ([], {"DATAFOUNDRY_RATE_LIMIT_STORAGE": "nonsense://x"}, "cannot be used"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_no_start(flags: list[str], environment: dict[str, str], said: str) -> None:
    *lines, end = list(flask_api("--host", "127.0.0.1", "--port", "0", *flags, **environment))
    assert len(lines) == 1 and said in lines[0] and lines[0].strip().endswith("."), lines
    assert end not in ("ended with 0", "ended with -15")


def test_a_public_start_warns_unless_there_are_keys(guarded: Guarded) -> None:
    assert "Anyone who reaches 0.0.0.0:0 can use this service" in list(flask_api("--port", "0"))[0]
    assert "listens on http://0.0.0.0" in guarded.server.log.read_text()
    assert "Anyone" not in guarded.server.log.read_text()
