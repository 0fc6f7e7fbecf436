"""Doors of both servers that must stay shut, tried from outside over real HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

EVIL = {"Host": "evil.example:5000", "Origin": "http://evil.example:5000"}


def test_a_page_that_points_its_name_at_us_is_refused(server: Any) -> None:
    target = server.root / "rebound.csv"
    sent = requests.post(
        f"{server.url}/api/files/upload", params={"path": str(target)}, data=b"a\n1\n", headers=EVIL, timeout=60
    )
    assert (sent.status_code, sent.json()["code"]) == (421, "unknown_host") and not target.exists()
    assert "'evil.example:5000'" in sent.json()["error"] and "--allowed-host" in sent.json()["error"]
    for path in ("/health", "/docs", "/api/files/list", "/api/jobs", "/nowhere"):
        assert server.get(path, headers=EVIL).status_code == 421
        assert server.get(path, headers={"Host": "localhost"}).status_code != 421


def test_named_hosts_are_answered(start_server: Callable[..., Any]) -> None:
    server = start_server("--allowed-host", "data.example", "--allowed-host", "other.example")
    hosts = ("data.example", "other.example:80", "DATA.example", "x.data.example")
    assert [server.get("/health", headers={"Host": host}).status_code for host in hosts] == [200, 200, 200, 421]


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/generate/async/job/x", "/nowhere"])
def test_the_orchestrator_refuses_them_too(orchestrator: Any, path: str) -> None:
    refused = requests.get(orchestrator.url + path, headers=EVIL, timeout=60)
    assert (refused.status_code, refused.json()["code"]) == (421, "unknown_host")
    asked = requests.post(f"{orchestrator.url}/generate", json={"input_message": "hi"}, headers=EVIL, timeout=60)
    assert asked.status_code == 421
