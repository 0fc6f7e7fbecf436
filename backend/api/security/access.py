"""API keys: with any key set, every route but `/health` needs one whose scopes allow it.

What a key begins - jobs, threads, uploads - is its own, by its name, so that it stays when the key itself is exchanged.
"""

from collections.abc import Mapping

from flask import Flask, g, request
from werkzeug.routing import Rule

from api.errors import HttpProblem
from DataFoundry.roots import confine
from serving.keys import ADMIN, SCOPES, ApiKey, KeyRing, configured_keys, find_key

OPEN = {"/health"}
_READING = {"GET", "HEAD", "OPTIONS"}
# What a route needs where its method does not tell: most POSTs write files, so `write` is the rule.
NEEDS = {
    "/api/dataset/info": "read",
    "/api/dataset/rows": "read",
    "/api/labeling/create-labels": "execute",
    "/api/labeling/run-pipeline": "execute",
    "/api/training/run-pipeline": "execute",
    "/api/cleaning/run-pipeline": "execute",
    "/api/generation/run-pipeline": "execute",
}
OF_ALL = {"/metrics"}  # tell of what everybody does: not for keys that are confined to roots of their own


def scope_of(rule: Rule | None, method: str, posts: str = "write", needs: Mapping[str, str] = NEEDS) -> str:
    """The scope that a request needs; a route that does not exist needs that of its method."""
    if rule is not None and rule.rule in needs:
        return needs[rule.rule]
    return "read" if method in _READING else posts


def identify(app: Flask) -> None:
    """Set `g.api_key`: the key that a request shows, or None."""
    ring = KeyRing()

    @app.before_request
    def find() -> None:
        presented = _presented()
        g.api_key = find_key(ring.keys(), presented) if presented else None
        confine(g.api_key.roots if g.api_key else None)

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        confine(None)  # the thread goes on with others' requests


def client() -> str:
    """The name of the key that this request shows; empty where there are no keys."""
    key: ApiKey | None = g.get("api_key")
    return key.name if key is not None else ""


def sees_all() -> bool:
    """Whether this request may see what others began: an administrator's may, and all where there are no keys."""
    key: ApiKey | None = g.get("api_key")
    return key is None or ADMIN in key.scopes


def may_see(owner: str) -> bool:
    """Whether this request may see what the key named `owner` began."""
    return sees_all() or owner == client()


def authorize(app: Flask, preflights: bool, posts: str = "write", needs: Mapping[str, str] = NEEDS) -> None:
    """Refuse what the key does not allow; `preflights` lets browsers ask which headers they may send (CORS)."""
    if not configured_keys():
        return

    @app.before_request
    def check() -> None:
        rule = request.url_rule
        if rule is not None and rule.rule in OPEN:
            return
        if preflights and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return
        key: ApiKey | None = g.api_key
        if key is None:
            raise _who_are_you()
        needed = scope_of(rule, request.method, posts, needs)
        if needed not in key.scopes:
            raise HttpProblem(
                403,
                "scope_missing",
                f"The API key {key.name!r} may not {SCOPES[needed]}; use one with the scope {needed!r}.",
                details={"needed": needed, "scopes": sorted(key.scopes)},
            )
        if key.roots and rule is not None and rule.rule in OF_ALL and not sees_all():
            raise HttpProblem(
                403,
                "scope_missing",
                f"The API key {key.name!r} has data roots of its own and may not see what others do; use one with the "
                f"scope {ADMIN!r}.",
                details={"needed": ADMIN, "scopes": sorted(key.scopes)},
            )


def _presented() -> str:
    authorization = request.authorization
    if authorization is not None and authorization.type == "bearer" and authorization.token:
        return authorization.token
    return request.headers.get("X-API-Key", "")


def _who_are_you() -> HttpProblem:
    if _presented():
        return HttpProblem(
            401,
            "key_unknown",
            "This API key is not known; check it, or ask the operator for a new one.",
            headers={"WWW-Authenticate": 'Bearer realm="DataFoundry", error="invalid_token"'},
        )
    return HttpProblem(
        401,
        "key_required",
        "An API key is needed; send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.",
        headers={"WWW-Authenticate": 'Bearer realm="DataFoundry"'},
    )
