"""An ASGI application inside a WSGI server: it lives in an event loop of its own thread, answers are streamed.

The orchestrator is served by waitress, a thread a request; the protocol's official server is an ASGI application.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[[Message, Callable[..., Any], Callable[..., Any]], Any]
_LOOK_EVERY = 0.5  # seconds between two looks whether the client is still there
_START_SECONDS = 60.0


class Bridge:
    """Runs an ASGI application for requests that come in threads.

    Parameters
    ----------
    application
        The application.
    lifespan
        Entered when the first request comes, and never left: it ends with the process.
    """

    def __init__(self, application: Application, lifespan: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._application = application
        self._lifespan = lifespan
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def answer(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        client: tuple[str, int],
        extra: dict[str, Any],
        gone: Callable[[], bool],
    ) -> tuple[int, list[tuple[str, str]], Iterator[bytes]]:
        """Status, headers and the body as it comes.

        Parameters
        ----------
        extra
            More of the ASGI scope, such as `user`.
        gone
            Whether the client has gone away; the application is told, and ends what it does for it.
        """
        exchange = _Exchange(self._running(), body, gone)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": client,
            "server": None,
            **extra,
        }
        exchange.begin(self._application, scope)
        start = exchange.next()
        if start is None or start["type"] != "http.response.start":
            raise RuntimeError("The application ended without an answer.")
        told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        return int(start["status"]), told, exchange.chunks()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                ready: Future[asyncio.AbstractEventLoop] = Future()
                threading.Thread(target=self._serve, args=(ready,), name="context protocol", daemon=True).start()
                self._loop = ready.result(_START_SECONDS)
            return self._loop

    def _serve(self, ready: "Future[asyncio.AbstractEventLoop]") -> None:
        async def live() -> None:
            async with self._lifespan():
                ready.set_result(asyncio.get_running_loop())
                await asyncio.Event().wait()

        asyncio.run(live())


class _Exchange:
    """One request and what is answered."""

    def __init__(self, loop: asyncio.AbstractEventLoop, body: bytes, gone: Callable[[], bool]) -> None:
        self._loop = loop
        self._gone = gone
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._received.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self._sent: queue.Queue[Message | BaseException | None] = queue.Queue()
        self._left = False

    def begin(self, application: Application, scope: Message) -> None:
        """Let the application answer in its loop."""

        async def run() -> None:
            try:
                await application(scope, self._received.get, self._send)
                self._sent.put(None)
            except BaseException as error:  # told to the thread that waits, whatever it is
                self._sent.put(error)

        asyncio.run_coroutine_threadsafe(run(), self._loop)

    async def _send(self, message: Message) -> None:
        self._sent.put(message)

    def next(self) -> Message | None:
        """What the application sends next; None when it has ended, or when nobody listens any more."""
        while True:
            try:
                message = self._sent.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                if self._gone():
                    self._leave()
                continue
            if isinstance(message, BaseException):
                raise message
            return message

    def chunks(self) -> Iterator[bytes]:
        """The body; where the reader stops reading, the application is told."""
        try:
            more = True
            while more:
                message = self.next()
                if message is None:
                    return
                more = bool(message.get("more_body"))
                if message.get("body"):
                    yield message["body"]
        finally:
            self._leave()

    def _leave(self) -> None:
        if not self._left:
            self._left = True
            self._loop.call_soon_threadsafe(self._received.put_nowait, {"type": "http.disconnect"})
