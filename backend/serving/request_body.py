"""Bodies of requests as gunicorn reads them: what is wrong with one is the client's doing, and no defect of ours."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gunicorn.http import errors
from werkzeug.exceptions import BadRequest

from serving.slow_clients import PIECE_SECONDS, clients

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
_WRONG = tuple(each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception))


def told(application: Application) -> Application:
    """`application`, to which a body that is not HTTP raises BadRequest wherever it is read."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        connection = environ.get("gunicorn.socket")
        clients.has_come(connection)
        environ["wsgi.input"] = _Body(environ["wsgi.input"], connection)
        return application(environ, start_response)

    return wrapped


class _Body:
    """`wsgi.input`."""

    def __init__(self, body: Any, connection: Any) -> None:
        self._body = body
        self._connection = connection

    def read(self, size: int | None = None) -> bytes:
        return self._told(self._body.read, size)

    def readline(self, size: int | None = None) -> bytes:
        return self._told(self._body.readline, size)

    def readlines(self, size: int | None = None) -> list[bytes]:
        return [*self]

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _told(self, read: Callable[[int | None], bytes], size: int | None) -> bytes:
        try:
            with clients.waited_for(self._connection, PIECE_SECONDS):
                return read(size)
        except _WRONG:
            raise BadRequest(
                "The body is not valid HTTP (its chunks or trailers); send it with an HTTP client."
            ) from None
        except OSError:
            raise BadRequest("The body did not come to its end; send it again.") from None
