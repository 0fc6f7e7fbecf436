"""The protocol's requests, answered; the same over every transport."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from anyio import to_thread
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from agents.orchestrator.service import Orchestrator
from context_protocol import orchestrating, prompts, resources
from context_protocol.callers import KeyHolder
from context_protocol.calls import called, refusal
from context_protocol.tools import TOOLS, described
from DataFoundry import __version__
from DataFoundry.errors import DataFoundryError
from DataFoundry.roots import confined_to
from serving.keys import SCOPES

NAME = "datafoundry"
_INSTRUCTIONS = (
    "Label tables, train generative models, draw and judge synthetic rows, check and clean tables. Paths are absolute "
    "or relative to backend/, and lie inside the data roots; list the resources to see which tables, profiles, reports "
    "and models there are. Inputs are never changed; outputs replace files of the same name. Where a call fails, its "
    "sentence says what to do."
)
_Context = ServerRequestContext[Any, Any]


def protocol_server(orchestrator: Callable[[], Orchestrator] | None = None) -> Server[Any]:
    """The server of the protocol around an orchestrator; by default one on the default database, made when asked "
    "for."""
    calls = _Calls(orchestrator or cache(Orchestrator))
    lists = {name: CacheHint(60_000, "private") for name in ("tools/list", "prompts/list", "resources/templates/list")}
    return Server(
        NAME,
        version=__version__,
        title="DataFoundry",
        description="Labeling, training, synthetic data and cleaning of tables.",
        instructions=_INSTRUCTIONS,
        cache_hints=lists,  # type: ignore[arg-type]
        on_list_tools=_list_tools,
        on_call_tool=calls.call,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=_read,
        on_list_prompts=_list_prompts,
        on_get_prompt=_prompt,
    )


class _Calls:
    """Calls of tools: those of the service's operations, and the orchestrator itself."""

    def __init__(self, orchestrator: Callable[[], Orchestrator]) -> None:
        self._orchestrator = orchestrator

    async def call(self, context: _Context, params: CallToolRequestParams) -> CallToolResult:
        """Begin what a tool is for, if the key allows it."""
        name, arguments = params.name, params.arguments or {}
        operation = TOOLS.get(name)
        if operation is None and name != orchestrating.NAME:
            raise MCPError(INVALID_PARAMS, f"There is no tool {name[:100]!r}; list the tools.")
        needed = operation.scope if operation else orchestrating.SCOPE
        user = _user(context)
        if user is not None and needed not in user.scopes:
            return refusal(
                f"The API key {user.display_name!r} may not {SCOPES[needed]}; use one with the scope {needed!r}. "
                "(scope_missing)"
            )
        owner = user.display_name if user else ""
        tell = context.session.report_progress
        with confined_to(user.roots if user else None):  # threads and jobs that are begun here are confined, too
            if operation is not None:
                return await called(operation, arguments, owner, tell)
            return await orchestrating.asked(self._orchestrator, arguments, owner, tell)


def _user(context: _Context) -> KeyHolder | None:
    """Whose key a request shows; None where no keys are set, and over stdio, which is the user's own process."""
    user = None if context.request is None else context.request.scope.get("user")
    return user if isinstance(user, KeyHolder) else None


@contextmanager
def _reading(context: _Context) -> Iterator[None]:
    """Confined to the roots of the key, if it may read at all."""
    user = _user(context)
    if user is not None and "read" not in user.scopes:
        raise MCPError(INVALID_PARAMS, f"The API key {user.display_name!r} may not {SCOPES['read']}.")
    with confined_to(user.roots if user else None):
        yield


async def _list_tools(context: _Context, params: PaginatedRequestParams | None) -> ListToolsResult:
    return ListToolsResult(tools=[*(described(each) for each in TOOLS.values()), orchestrating.described()])


async def _list_resources(context: _Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
    with _reading(context):
        return ListResourcesResult(resources=await to_thread.run_sync(resources.resources))


async def _list_templates(context: _Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
    return ListResourceTemplatesResult(resource_templates=resources.templates())


async def _read(context: _Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    try:
        with _reading(context):
            return ReadResourceResult(contents=[await to_thread.run_sync(resources.read, str(params.uri))])
    except DataFoundryError as error:
        raise MCPError(INVALID_PARAMS, error.message, {"code": error.code}) from None


async def _list_prompts(context: _Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
    return ListPromptsResult(prompts=prompts.prompts())


async def _prompt(context: _Context, params: GetPromptRequestParams) -> GetPromptResult:
    try:
        return prompts.prompt(params.name, params.arguments or {})
    except DataFoundryError as error:
        raise MCPError(INVALID_PARAMS, error.message, {"code": error.code}) from None
