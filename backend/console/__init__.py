"""The console: the service in a browser. It asks the public routes with the visitor's own key and keeps no state."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import HTTPException

from console import calls, formats, gateway, session
from console.pages import BLUEPRINTS
from console.view import page

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_KEPT = 7 * 24 * 3600  # seconds that a browser keeps what its address names the version of
_MOST_BYTES = 8 * 2**20  # of one form


def mounted(api: Wsgi, version: str) -> Wsgi:
    """`api` with the console at `/` and below `/console/`; everything else goes to `api` as before."""
    console = create_console(api, version).wsgi_app

    def dispatch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        ours = path == "/" or path.startswith("/console/")
        return (console if ours else api)(environ, start_response)

    return dispatch


def create_console(api: Wsgi, version: str) -> Flask:
    """The console as an application of its own, in front of `api`.

    Parameters
    ----------
    api
        The service's WSGI application; every page asks it and nothing else.
    version
        Shown, and part of the addresses of scripts and styles, so that a browser fetches new ones after an update.
    """
    app = Flask("console", static_folder="static", static_url_path="/console/static")
    app.config.update(MAX_FORM_MEMORY_SIZE=_MOST_BYTES, SEND_FILE_MAX_AGE_DEFAULT=_KEPT, API=api)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(version=version, token=session.token, signed_in=session.signed_in)
    formats.register(app)
    session.register(app)
    gateway.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_error_handler(calls.Refused, _refused)
    app.register_error_handler(HTTPException, _failed)
    app.after_request(_harden)
    return app


def _refused(error: calls.Refused) -> Any:
    """What the service said, where the visitor is; a key that is missing or unknown leads to the login."""
    if error.status == 401:
        return _to_login()
    if request.headers.get("HX-Request"):
        return page("said.html", error=error), error.status
    return page("problem.html", error=error), error.status


def _to_login() -> Response:
    target = f"/console/login?next={request.path}" if request.method == "GET" else "/console/login"
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": "/console/login"})
    return redirect(target, 303)  # type: ignore[return-value]


def _failed(error: HTTPException) -> Any:
    if error.response is not None:
        return error
    sentence = {
        404: "There is no such page; the menu leads to all there are.",
        405: "This page does not take that; go back and try again.",
    }.get(error.code or 500, error.description or error.name)
    refused = calls.Refused(error.code or 500, sentence, "http_error")
    return page("said.html" if request.headers.get("HX-Request") else "problem.html", error=refused), refused.status


def _harden(response: Response) -> Response:
    """Nothing foreign runs in a page of ours, no page of another site shows it, and no cache keeps it."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
