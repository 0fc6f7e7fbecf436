"""OpenAI's chat form of an answer."""

import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from agents.orchestrator.service import Reply
from agents.wire.bodies import MODEL
from agents.wire.events import Recorder
from agents.wire.streams import data


def completion(asked: str, reply: Reply, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """A whole answer; the structure stands beside OpenAI's fields."""
    return {
        "id": str(uuid.uuid4()),
        "object": "chat.completion",
        "model": MODEL,
        "created": int(time.time()),
        "choices": [{"finish_reason": "stop", "index": 0, "message": {"content": reply.value, "role": "assistant"}}],
        "usage": _usage(asked, reply),
        "system_fingerprint": None,
        "service_tier": None,
        "datafoundry": _beside(reply, warnings),
    }


def chunks(reply: Reply, recorder: Recorder, warnings: Sequence[str] = (), usage: bool = False) -> Iterator[str]:
    """The answer as chunks: the text, an empty delta that says stop, its length where asked for, and the end."""
    identity = str(uuid.uuid4())
    first = _chunk(identity, {"content": reply.value, "role": "assistant", "tool_calls": None}, None)
    yield data({**first, "datafoundry": _beside(reply, warnings)})
    yield data(_chunk(identity, {"content": None, "role": None, "tool_calls": None}, "stop"))
    if usage:
        yield data({**_chunk(identity, {}, None), "choices": [], "usage": _usage(recorder.text, reply)})
    yield "data: [DONE]\n\n"


def _beside(reply: Reply, warnings: Sequence[str]) -> dict[str, Any]:
    told = {name: value for name, value in reply.as_dict().items() if name != "value"}
    return {**told, "warnings": list(warnings)}


def _usage(asked: str, reply: Reply) -> dict[str, int]:
    """Words stand for tokens: nothing here counts those."""
    prompt, words = len(asked.split()), len(reply.value.split())
    return {"prompt_tokens": prompt, "completion_tokens": words, "total_tokens": prompt + words}


def _chunk(identity: str, delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
    return {
        "id": identity,
        "choices": [{"finish_reason": reason, "index": 0, "delta": delta}],
        "created": int(time.time()),
        "model": MODEL,
        "object": "chat.completion.chunk",
        "system_fingerprint": None,
        "service_tier": None,
        "usage": None,
    }


def models() -> dict[str, Any]:
    """What `/v1/models` lists."""
    return {"object": "list", "data": [model()]}


def model() -> dict[str, Any]:
    """The one model."""
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": "datafoundry"}
