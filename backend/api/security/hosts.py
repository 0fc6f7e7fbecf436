"""Requests to names that are not ours: pages that point their own name at this machine may not call."""

from flask import Flask, request

from api.errors import HttpProblem
from serving.hosts import VARIABLE, allowed_hosts, is_allowed


def register(app: Flask) -> None:
    """Refuse every request whose `Host` is none of the service's names; a request without one comes from no browser."""
    allowed = allowed_hosts()

    @app.before_request
    def check() -> None:
        host = request.environ.get("HTTP_HOST")
        if host and not is_allowed(host, allowed):
            raise HttpProblem(
                421,
                "unknown_host",
                f"This service does not answer to the name {host[:100]!r}; if it is one of its names, start it with "
                f"--allowed-host NAME (or {VARIABLE}).",
            )
