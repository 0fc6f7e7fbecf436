"""`/mcp` on the orchestrator's port: streamable HTTP, with the service's API keys."""

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, request
from mcp.server.auth.provider import AccessToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from agents.orchestrator.service import Orchestrator
from context_protocol.bridge import Bridge
from context_protocol.callers import KeyHolder
from context_protocol.server import protocol_server
from DataFoundry.settings import limits
from serving.keys import ApiKey

PATH = "/mcp"
_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding")  # the WSGI server's own affair


def mount(app: Flask, orchestrator: Orchestrator) -> None:
    """Add the route to the orchestrator's application.

    Parameters
    ----------
    orchestrator
        The one that the application serves.
    """
    manager = StreamableHTTPSessionManager(
        protocol_server(lambda: orchestrator), max_request_body_size=limits().max_request_bytes
    )
    bridge = Bridge(manager.handle_request, manager.run)

    def answer() -> Response:
        if _foreign_page():
            return _refused(
                403, "forbidden_origin", "Pages of other sites may not call the tools; call from a program."
            )
        key: ApiKey | None = g.get("api_key")  # as `api.security` found it, before any route
        if request.method == "GET":  # nothing is told outside of the answer to a request
            refused = _refused(405, "method_not_allowed", f"{PATH} does not take GET; use POST, DELETE.")
            refused.headers["Allow"] = "POST, DELETE"
            return refused
        status, headers, chunks = bridge.answer(
            request.method,
            PATH,
            request.headers.items(),
            request.get_data(cache=False),
            (request.remote_addr or "", 0),
            {} if key is None else {"user": _as_user(key)},
            request.environ.get("waitress.client_disconnected", lambda: False),
        )
        kept = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
        return Response(chunks, status=status, headers=kept)

    app.add_url_rule(PATH, "context_protocol", answer, methods=["GET", "POST", "DELETE"])


def _as_user(key: ApiKey) -> KeyHolder:
    """As the protocol's server knows callers: a session belongs to the key that began it."""
    return KeyHolder(AccessToken(token="", client_id=key.name, scopes=sorted(key.scopes)), key.roots)


def _foreign_page() -> bool:
    """A page of another site, or of a name that an attacker let point here (DNS rebinding); programs send no Origin."""
    origin = request.headers.get("Origin")
    if not origin:
        return False
    host = urlsplit(origin).netloc
    return host != request.host or not _is_local_name(urlsplit(origin).hostname or "")


def _is_local_name(name: str) -> bool:
    """An address, or a name without dots: no name of the public internet."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return True


def _refused(status: int, code: str, sentence: str) -> Response:
    response = jsonify({"error": sentence, "code": code})
    response.status_code = status
    return response
