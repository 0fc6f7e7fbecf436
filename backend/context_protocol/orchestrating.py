"""The orchestrator as one more tool: a request in words, planned, verified and run."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from anyio import from_thread, to_thread
from mcp.types import CallToolResult, Tool, ToolAnnotations
from pydantic import BaseModel, ValidationError

from agents.orchestrator.service import Orchestrator, Reply, WorkflowError
from agents.wire.bodies import Asked
from context_protocol.calls import Tell, failure, refusal, success
from context_protocol.tools import input_schema
from DataFoundry.config import describe
from DataFoundry.errors import DataFoundryError

NAME = "ask"
SCOPE = "execute"


class Answer(BaseModel):
    """The answer in words, the plan, each step, and every file; `clarify` wants an answer in the same thread."""

    value: str
    status: str
    thread_id: str
    plan: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    artifacts: list[dict[str, str]]


def described() -> Tool:
    """The tool as clients are told of it."""
    return Tool(
        name=NAME,
        title="Ask in words",
        description=(
            "Do what a sentence asks, in several steps where it needs them: label, train, generate, evaluate, clean, "
            "share, look for anomalies. Where status is clarify, value is a question: call again with the answer and "
            "the thread_id. dry_run gives the plan and touches nothing. A step that has begun is not cancelled."
        ),
        input_schema=input_schema(Asked),
        output_schema=Answer.model_json_schema(),
        annotations=ToolAnnotations(
            title="Ask in words", read_only_hint=False, destructive_hint=True, open_world_hint=False
        ),
    )


async def asked(
    orchestrator: Callable[[], Orchestrator], arguments: Mapping[str, Any], owner: str, tell: Tell
) -> CallToolResult:
    """Run a request on the graph; threads of one owner are not those of another."""
    try:
        wanted = Asked.model_validate(dict(arguments))
    except ValidationError as error:
        return refusal(describe(error, Asked))
    thread = wanted.thread_id or uuid.uuid4().hex
    steps = [0]

    def emit(event: str, tool: str, data: Any) -> None:
        steps[0] += 1
        from_thread.run(_told, tell, float(steps[0]), f"{tool}: {'begun' if event == 'start' else 'done'}")

    def work() -> Reply:
        service = orchestrator()
        if wanted.dry_run:
            return service.dry_run(wanted.input_message)
        return service.run(wanted.input_message, thread, emit, owner)

    try:
        reply = await to_thread.run_sync(work)
    except WorkflowError as error:
        return refusal(error.message)
    except DataFoundryError as error:
        return failure(error)
    told = {**reply.as_dict(), "thread_id": "" if wanted.dry_run else thread}
    return success(told, reply.value)


async def _told(tell: Tell, done: float, sentence: str) -> None:
    await tell(done, None, sentence)
