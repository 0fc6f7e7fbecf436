"""Request bodies of the wire, and the `detail` list that clients of this protocol expect of a bad one."""

import json
from typing import Annotated, Any, Literal, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.orchestrator.service import THREAD_ID

Body = TypeVar("Body", bound=BaseModel)
MODEL = "datafoundry-orchestrator"
ThreadId = Annotated[str, Field(pattern=f"^{THREAD_ID.pattern}$")]


class BadBody(Exception):
    """A body that is no JSON or lacks a field; `detail` tells where."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__("bad body")
        self.detail = detail


class Lenient(BaseModel):
    """Unknown keys are ignored: clients send many."""

    model_config = ConfigDict(extra="ignore")


class Asked(Lenient):
    """A request in words; `thread_id` continues an earlier one."""

    input_message: str
    thread_id: ThreadId | None = None
    dry_run: bool = False


class AskedAsync(Asked):
    """A request to be done in the background."""

    job_id: ThreadId | None = None
    sync_timeout: Annotated[int, Field(ge=0, le=300)] = 0
    expiry_seconds: Annotated[int, Field(ge=600, le=86_400)] = 3_600


class ChatMessage(Lenient):
    """One turn; only the text parts of its content are read."""

    role: str = "user"
    content: str | list[dict[str, Any]] | None  # none beside an assistant's calls of tools

    def text(self) -> str:
        if not isinstance(self.content, list):
            return self.content or ""
        return " ".join(str(part.get("text", "")) for part in self.content if part.get("type") == "text")


class Chat(Lenient):
    """A conversation in OpenAI's form; the last message is the request."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    model: str | None = None
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    thread_id: ThreadId | None = None
    tools: Any = None
    functions: Any = None
    tool_choice: Any = None
    response_format: Any = None
    n: Any = None

    def wants_usage(self) -> bool:
        """Whether a stream is to tell its length."""
        return bool((self.stream_options or {}).get("include_usage"))

    def warnings(self) -> list[str]:
        """What was sent that changes nothing here, in sentences."""
        found = [
            f"{name} was ignored: the orchestrator has tools of its own."
            for name in ("tools", "functions", "tool_choice")
            if getattr(self, name) not in (None, [], "none", "auto")
        ]
        if self.response_format not in (None, {"type": "text"}):
            found.append("response_format was ignored: answers are sentences; the structure stands in `datafoundry`.")
        if self.n not in (None, 1):
            found.append("n was ignored: there is one answer.")
        if self.model not in (None, "", MODEL):
            found.append(f"There is no model {self.model[:100]!r}; {MODEL} answered.")
        return found


class TextAnswer(Lenient):
    """What a person typed."""

    type: Literal["text"]
    text: str


class Answered(Lenient):
    """The answer to a question of an execution."""

    response: Annotated[TextAnswer, Field(discriminator=None)]


def read(request: Request, kind: type[Body]) -> Body:
    """The body as `kind`, whatever content type it was sent with.

    Raises
    ------
    BadBody
        With the list of problems.
    """
    raw = request.get_data(cache=False)
    try:
        value = json.loads(raw)
    except RecursionError:
        raise BadBody([_invalid("Too deeply nested", 0)]) from None
    except json.JSONDecodeError as error:
        raise BadBody([_invalid(error.msg, error.pos)]) from None
    except ValueError:
        raise BadBody([_invalid("Not UTF-8", 0)]) from None
    if kind is Answered:
        _refuse_untagged(value)
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise BadBody([_problem(each) for each in error.errors(include_url=False, include_context=False)]) from None


def _invalid(message: str, place: int) -> dict[str, Any]:
    return {
        "type": "json_invalid",
        "loc": ["body", place],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": message},
    }


def _problem(error: Any) -> dict[str, Any]:
    return {"type": error["type"], "loc": ["body", *error["loc"]], "msg": error["msg"], "input": error["input"]}


def _refuse_untagged(value: Any) -> None:
    """The answer's kind stands in `type`; the `input_type` of the toolkit's documents is refused, as there."""
    answer = value.get("response") if isinstance(value, dict) else None
    if isinstance(answer, dict) and "type" not in answer:
        raise BadBody(
            [
                {
                    "type": "union_tag_not_found",
                    "loc": ["body", "response"],
                    "msg": "Unable to extract tag using discriminator 'type'",
                    "input": answer,
                    "ctx": {"discriminator": "'type'"},
                }
            ]
        )
