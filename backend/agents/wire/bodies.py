"""Request bodies of the wire, and the `detail` list that clients of this protocol expect of a bad one."""

import json
from typing import Annotated, Any, Literal, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.orchestrator.service import THREAD_ID

Body = TypeVar("Body", bound=BaseModel)
ThreadId = Annotated[str, Field(pattern=f"^{THREAD_ID.pattern}$")]


class BadBody(Exception):
    """A body that is no JSON or lacks a field; `detail` tells where."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__("bad body")
        self.detail = detail


class _Lenient(BaseModel):
    """Unknown keys are ignored: clients send many."""

    model_config = ConfigDict(extra="ignore")


class Asked(_Lenient):
    """A request in words; `thread_id` continues an earlier one."""

    input_message: str
    thread_id: ThreadId | None = None
    dry_run: bool = False


class AskedAsync(Asked):
    """A request to be done in the background."""

    job_id: ThreadId | None = None
    sync_timeout: Annotated[int, Field(ge=0, le=300)] = 0
    expiry_seconds: Annotated[int, Field(ge=600, le=86_400)] = 3_600


class ChatMessage(_Lenient):
    """One turn; only the text parts of its content are read."""

    role: str = "user"
    content: str | list[dict[str, Any]]

    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return " ".join(str(part.get("text", "")) for part in self.content if part.get("type") == "text")


class Chat(_Lenient):
    """A conversation in OpenAI's form; the last message is the request."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    model: str | None = None
    stream: bool = False
    thread_id: ThreadId | None = None


class TextAnswer(_Lenient):
    """What a person typed."""

    type: Literal["text"]
    text: str


class Answered(_Lenient):
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
