"""Server-sent events while a request runs in a thread of its own, with a comment line when nothing happens for long."""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response

from agents.orchestrator.service import Reply, WorkflowError
from agents.wire.events import Event, Recorder
from DataFoundry.roots import confined_to, own_roots

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
HELD_SECONDS = 2.0
CONTENT_TYPE = "text/event-stream; charset=utf-8"
Run = Callable[[Recorder], Reply]


def stream(
    text: str,
    run: Run,
    show: Callable[[Event], str],
    last: Callable[[Reply, Recorder], Iterator[str]],
    failed: Callable[[dict[str, str]], str],
) -> Response:
    """A response that tells each event by `show`, then the answer by `last`, or the error by `failed`."""
    told: queue.Queue[Event | Reply | BaseException] = queue.Queue()
    recorder = Recorder(text, told.put)
    roots = own_roots()  # the thread is to be confined as the request is

    def work() -> None:
        try:
            recorder.begin()
            with confined_to(roots):
                reply = run(recorder)
            recorder.finish(reply.value)
            told.put(reply)
        except BaseException as error:  # told to the client, whatever it is
            told.put(error)

    def lines() -> Iterator[str]:
        threading.Thread(target=work, daemon=True).start()
        yield from _told(told, recorder, show, last, failed)

    return Response(
        lines(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    )


def _told(
    told: "queue.Queue[Event | Reply | BaseException]",
    recorder: Recorder,
    show: Callable[[Event], str],
    last: Callable[[Reply, Recorder], Iterator[str]],
    failed: Callable[[dict[str, str]], str],
) -> Iterator[str]:
    """Lines as they come; the first are held back for a moment.

    So a request that fails at once is answered by its error alone, as the toolkit does it.
    """
    held: list[str] | None = []
    release = time.monotonic() + HELD_SECONDS
    while True:
        wait = HEARTBEAT_SECONDS if held is None else max(0.0, release - time.monotonic())
        try:
            item = told.get(timeout=wait)
        except queue.Empty:
            yield ": ping\n\n" if held is None else "".join(held)
            held = None
            continue
        if isinstance(item, BaseException):
            yield failed(error_body(item))
            return
        line = show(item) if isinstance(item, Event) else ""
        if held is not None and isinstance(item, Event) and item.kind.endswith("START"):
            held.append(line)
            continue
        yield "".join([*(held or []), line])
        held = None
        if isinstance(item, Reply):
            yield from last(item, recorder)
            return


def error_body(error: BaseException) -> dict[str, str]:
    """The toolkit's error object; nothing of the internals for a defect of ours."""
    if isinstance(error, WorkflowError):
        return {"code": "workflow_error", "message": error.message, "details": error.kind}
    logger.error("a request failed", exc_info=error)
    return {
        "code": "workflow_error",
        "message": "Something went wrong here; the log says what.",
        "details": "InternalError",
    }


def data(value: Any) -> str:
    return f"data: {json.dumps(value)}\n\n"


def human(event: Event) -> str:
    """A step for people."""
    shown = event.human()
    return f"intermediate_data: {json.dumps(shown)}\n\n" if shown else ""


def raw(wanted: frozenset[str] | None) -> Callable[[Event], str]:
    """Steps in full; only those of the wanted types, all for None."""

    def show(event: Event) -> str:
        return f"intermediate_data: {json.dumps(event.raw())}\n\n" if wanted is None or event.kind in wanted else ""

    return show


def nothing(event: Event) -> str:
    return ""


def bare_error(body: dict[str, str]) -> str:
    """On the older paths: a line of JSON without `data:`."""
    return json.dumps(body) + "\n"


def event_error(body: dict[str, str]) -> str:
    """On the versioned paths."""
    return f"event: error\ndata: {json.dumps(body)}\n\n"
