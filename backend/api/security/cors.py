"""Pages of other origins: none may call, unless the operator names them."""

from flask import Flask, request
from flask_cors import CORS

from api.errors import HttpProblem
from serving.origins import VARIABLE, named_origins

_SENT = [
    "Authorization",
    "Content-Range",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "Range",
    "X-API-Key",
    "X-Request-ID",
]
_SHOWN = ["Content-Disposition", "Content-Range", "ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Request-ID"]


def register(app: Flask) -> list[str]:
    """Let pages of the named origins read answers of `app`; returns these origins."""
    origins = named_origins()
    if origins:
        CORS(app, origins=origins, allow_headers=_SENT, expose_headers=_SHOWN, max_age=600)
    return origins


def refuse_other_sites() -> None:
    """Refuse a request that a page of another site made a browser send.

    JSON routes need no such check: a page cannot send `application/json` without being asked first. A form with a file
    it can.

    Raises
    ------
    HttpProblem
    """
    origin = request.headers.get("Origin")
    foreign = origin is not None and origin.rstrip("/") not in (request.host_url.rstrip("/"), *named_origins())
    if foreign or request.headers.get("Sec-Fetch-Site") == "cross-site" and origin not in named_origins():
        raise HttpProblem(
            403,
            "cross_origin",
            f"Pages of {origin or 'another site'} may not do this; see {VARIABLE} in docs/operating.md.",
        )
