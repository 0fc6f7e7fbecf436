"""Calls of the service's public routes, in process: the same checks, the same answers, the visitor's own key."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from flask import current_app, g, request
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

ASYNC = {"Prefer": "respond-async"}


class Refused(Exception):
    """The service said no; `sentence` says why and what to do."""

    def __init__(self, status: int, sentence: str, code: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.code = code
        self.details = details or {}


@dataclass(frozen=True)
class Call:
    """One request, to be shown as code."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query, quote_via=quote, safe='/')}" if self.query else self.path


def get(path: str, **query: str) -> dict[str, Any]:
    """The JSON that a route answers to GET."""
    return _json(Call("GET", path, None, query))


def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The JSON that a route answers to POST, once it is there."""
    return _json(Call("POST", path, body))


def delete(path: str) -> dict[str, Any]:
    """The JSON that a route answers to DELETE."""
    return _json(Call("DELETE", path))


def start(path: str, body: dict[str, Any]) -> str:
    """Begin heavy work; the id of its job."""
    answer = _json(Call("POST", path, body), ASYNC)
    if "job" in answer:
        return str(answer["job"]["id"])
    operation = path.removeprefix("/api/").replace("/", ".").replace("-", "_")  # over at once: it is the newest
    return next(str(job["id"]) for job in get("/api/jobs", limit="20")["jobs"] if job["operation"] == operation)


def content(path: str) -> bytes:
    """The bytes of a data file."""
    status, body = _send(Call("GET", "/api/files/download", None, {"path": path}), {})
    if status != 200:
        raise _refusal(status, body)
    return body


def upload(path: str, data: bytes) -> str:
    """Write a small file; where it is."""
    call = Call("POST", "/api/files/upload", None, {"path": path})
    status, body = _send(call, {"Content-Type": "application/octet-stream"}, data)
    if status != 201:
        raise _refusal(status, body)
    return str(json.loads(body)["path"])


def environment(call: Call, headers: dict[str, str], data: bytes = b"") -> dict[str, Any]:
    """The WSGI environment of a call, from the visitor's address and with the visitor's key."""
    sent = {**headers, **({"Authorization": f"Bearer {g.api_key}"} if g.api_key else {})}
    builder = EnvironBuilder(
        path=call.path,
        query_string=call.query,
        method=call.method,
        base_url=request.host_url,
        headers=Headers(sent),
        data=data,
    )
    environ = builder.get_environ()
    environ["REMOTE_ADDR"] = request.remote_addr or ""
    return environ


def _json(call: Call, headers: dict[str, str] | None = None) -> dict[str, Any]:
    typed = {"Content-Type": "application/json"} if call.body is not None else {}
    data = json.dumps(call.body).encode() if call.body is not None else b""
    status, body = _send(call, {**typed, **(headers or {})}, data)
    if status >= 400:
        raise _refusal(status, body)
    answer: dict[str, Any] = json.loads(body)
    return answer


def _send(call: Call, headers: dict[str, str], data: bytes = b"") -> tuple[int, bytes]:
    chunks, status, _ = run_wsgi_app(current_app.config["API"], environment(call, headers, data), buffered=True)
    return int(status.split()[0]), b"".join(chunks)


def _refusal(status: int, body: bytes) -> Refused:
    answer = json.loads(body)
    return Refused(status, answer["error"], answer["code"], answer.get("details"))
