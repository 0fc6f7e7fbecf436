"""A call of a tool: a job of its own process, followed to its end, or ended when the caller goes away."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import anyio
from anyio import to_thread
from mcp.types import CallToolResult, TextContent

from context_protocol.tools import Operation, checked
from DataFoundry.errors import DataFoundryError, JobCancelledError, JobFinishedError, MissingJobError
from DataFoundry.progress import counted
from jobs import service
from jobs.store import Job

logger = logging.getLogger(__name__)

Tell = Callable[[float, float | None, str], Awaitable[None]]
_LOOK_EVERY = 0.3  # seconds
_DEFECT = "The service failed on this request through a defect of its own; its log says more."


async def called(operation: Operation, arguments: Mapping[str, Any], client: str, tell: Tell) -> CallToolResult:
    """Do the work of a tool in a job of `client`, and tell how far it is.

    A failure is an answer, too, so that an agent can mend its request. Where the call is cancelled, so is the job: its
    process is killed, and nothing half-written is left.
    """
    try:
        asked = checked(operation, arguments)
        runner = await to_thread.run_sync(service.runner)
        job, _ = await to_thread.run_sync(partial(runner.submit, operation.name, asked, client=client))
    except DataFoundryError as error:
        return failure(error)
    try:
        job = await _followed(job, tell)
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(_cancel, job.id)
        raise
    if job.problem is not None:
        return failure(job.problem.error())
    return success(job.result or {})


async def _followed(job: Job, tell: Tell) -> Job:
    """The job when it is over; each change of its progress is told on the way."""
    runner = service.runner()
    steps = _Steps()
    while True:
        job = await to_thread.run_sync(runner.wait, job.id, _LOOK_EVERY, abandon_on_cancel=True)
        if job.over:
            return job
        told = steps.next(job.progress) if job.progress else None
        if told:
            await tell(*told)


class _Steps:
    """Reports of progress as numbers that only grow, over all pieces of work of a job."""

    def __init__(self) -> None:
        self._doing = ""
        self._before = self._done = 0.0
        self._last: Mapping[str, Any] | None = None

    def next(self, report: Mapping[str, Any]) -> tuple[float, float | None, str] | None:
        """`progress, total, message`; None where nothing is new."""
        if report == self._last:
            return None
        self._last = report
        doing, done, total = str(report["doing"]), float(report["done"]), report["total"]
        if doing != self._doing or done < self._done:
            self._before, self._doing = self._before + self._done + 1, doing
        elif done == self._done:
            return None
        self._done = done
        left = report.get("seconds_left")
        text = f"{doing}: {counted(report)}" + (f", {left:.0f} s left" if left and left >= 1 else "")
        return self._before + done, (self._before + float(total) if total else None), text


def _cancel(name: str) -> None:
    try:
        service.runner().cancel(name)
        logger.info("job %s was cancelled by its caller", name)
    except (JobFinishedError, MissingJobError, JobCancelledError) as error:
        logger.info("job %s was over before it could be cancelled: %s", name, error)


def success(answer: Mapping[str, Any], words: str = "") -> CallToolResult:
    """The answer as data, and as text for clients that know no data; what is for people stands first."""
    words = words or "\n".join(str(answer[name]) for name in ("message", "summary") if answer.get(name))
    data = json.dumps(answer, ensure_ascii=False)
    return CallToolResult(content=[_text(words), _text(data)], structured_content=dict(answer))


def failure(error: DataFoundryError) -> CallToolResult:
    """What was wrong and what to do, as the answer of a tool."""
    message = _DEFECT if type(error) is DataFoundryError else error.message
    return CallToolResult(content=[_text(f"{message} ({error.code})")], is_error=True)


def refusal(sentence: str) -> CallToolResult:
    """A call that is not begun."""
    return CallToolResult(content=[_text(sentence)], is_error=True)


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
