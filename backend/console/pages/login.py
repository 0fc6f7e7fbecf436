"""In with an API key, and out again."""

from typing import Any

from flask import Blueprint, g, request

from console import calls, session
from console.view import leave_for, page

blueprint = Blueprint("login", __name__, url_prefix="/console")


@blueprint.get("/login")
def ask() -> Any:
    return page("login.html", next=_inside(request.args.get("next", "/")), error=None)


@blueprint.post("/login")
def enter() -> Any:
    target = _inside(request.form.get("next", "/"))
    g.api_key = request.form.get("key", "").strip()
    try:
        if not g.api_key or not g.api_key.isascii() or not g.api_key.isprintable() or " " in g.api_key:
            raise calls.Refused(401, "An API key is one word such as df_...; paste it whole.", "key_unknown")
        calls.get("/api/limits")
    except calls.Refused as error:
        g.api_key = ""
        return page("login.html", next=target, error=error), error.status
    response = leave_for(target)
    session.sign_in(response, g.api_key)
    return response


@blueprint.post("/logout")
def leave() -> Any:
    response = leave_for("/console/login")
    session.sign_in(response, "")
    return response


def _inside(target: str) -> str:
    """Only to pages of our own."""
    return target if target == "/" or target.startswith("/console/") else "/"
