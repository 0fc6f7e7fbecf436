"""Who is here: the visitor's API key in a cookie, and a token without which no other site changes anything."""

import hashlib
import hmac
import re
import secrets
from typing import Any

from flask import Flask, Response, g, request

from console.calls import Refused

COOKIE = "datafoundry_console"
HEADER = "X-CSRF-Token"
FIELD = "csrf_token"
_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([!-~]{0,200})")
_SECONDS = 30 * 24 * 3600
_READING = {"GET", "HEAD", "OPTIONS"}


def register(app: Flask) -> None:
    """Know the visitor before each request, and refuse changes without the token."""

    @app.before_request
    def find() -> None:
        found = _COOKIE.fullmatch(request.cookies.get(COOKIE, ""))
        g.visit, g.api_key = (found[1], found[2]) if found else (secrets.token_urlsafe(16), "")
        g.cookie_is_new = found is None
        if request.method not in _READING and request.endpoint != "static":
            _check_token(known=found is not None)

    @app.after_request
    def keep(response: Response) -> Response:
        if g.get("cookie_is_new") and request.endpoint != "static":
            set_cookie(response, g.visit, g.api_key)
        return response


def token() -> str:
    """What changes must show: known to our own pages only, since no other site reads them or the cookie."""
    return hashlib.sha256(f"csrf {g.visit} {g.api_key}".encode()).hexdigest()


def signed_in() -> bool:
    """Whether the visitor came with a key; an open service needs none."""
    return bool(g.api_key)


def set_cookie(response: Response, visit: str, key: str) -> None:
    """Keep the key where no script reads it and no other site sends it."""
    options: dict[str, Any] = {"httponly": True, "samesite": "Strict", "secure": request.is_secure, "path": "/"}
    response.set_cookie(COOKIE, f"{visit}.{key}", max_age=_SECONDS, **options)


def sign_in(response: Response, key: str) -> None:
    """The next requests come with `key`, and with a new token."""
    g.cookie_is_new = False
    set_cookie(response, secrets.token_urlsafe(16), key)


def _check_token(known: bool) -> None:
    shown = request.headers.get(HEADER) or (
        request.form.get(FIELD, "") if request.mimetype == "application/x-www-form-urlencoded" else ""
    )
    if not known or not hmac.compare_digest(shown.encode(), token().encode()):
        raise Refused(403, "This page is out of date; reload it and do the same again.", "csrf")
