"""`/console/api/...`: the public routes for scripts of the console, which cannot read the cookie with the key."""

from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, current_app, g, request

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]


class _Passed(Response):
    """Answers with what another application answers: streams stay streams, ranges ranges."""

    def __init__(self, target: Any, environ: dict[str, Any]) -> None:
        super().__init__()
        self._target = target
        self._environ = environ

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._target(self._environ, start_response)
        return answer


def register(app: Flask) -> None:
    """Pass what comes below `/console/api/` on to the service, with the visitor's key in place of the cookie."""

    @app.route("/console/api/<path:rest>", methods=_METHODS)
    def passed(rest: str) -> Response:
        dropped = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_X_API_KEY")
        environ = {
            name: value
            for name, value in request.environ.items()
            if name not in dropped and not name.startswith(("werkzeug.request", "flask."))
        }
        environ["PATH_INFO"] = f"/api/{rest}"
        for name in ("RAW_URI", "REQUEST_URI"):
            environ.pop(name, None)
        if g.api_key:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {g.api_key}"
        return _Passed(current_app.config["API"], environ)
