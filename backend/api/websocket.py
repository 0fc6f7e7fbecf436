"""The same events over a WebSocket."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import simple_websocket
from flask import Response, request
from werkzeug import exceptions

from api.events import followed, may_follow

_PING_EVERY = 20  # seconds
_MOST_BYTES = 1024  # of a message from the client, which has nothing to say
_SOCKETS = ("werkzeug.socket", "gunicorn.socket")


class UpgradeRequired(exceptions.HTTPException):
    """RFC 9110, section 15.5.22."""

    code = 426
    description = "This route speaks WebSocket; use one, or ask /events for server-sent events."


class _Gone(Response):
    """What is left to answer once the socket was a WebSocket: nothing, in each server's own way."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raise StopIteration if "gunicorn.socket" in environ else ConnectionError


def follow(job_id: str) -> Response:
    """Send a job's changes until it is over, or the client leaves.

    Raises
    ------
    HTTPException, BusyError
        Before the handshake.
    """
    _refuse_others()
    slot = may_follow()
    try:
        socket = simple_websocket.Server.accept(
            request.environ, ping_interval=_PING_EVERY, max_message_size=_MOST_BYTES
        )
        for event in followed(job_id):
            if not socket.connected:
                break
            if event is not None:
                socket.send(event.as_json())
        else:
            socket.close()
    except (simple_websocket.ConnectionClosed, OSError):
        pass  # the client has left
    finally:
        slot.release()
    return _Gone()


def _refuse_others() -> None:
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise UpgradeRequired
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:  # browsers let any page open a WebSocket
        raise exceptions.Forbidden("A page of another site may not follow jobs.")
    if not any(name in request.environ for name in _SOCKETS):
        raise exceptions.NotImplemented(
            "The server program cannot speak WebSocket; follow /events, or run it with gunicorn."
        )
