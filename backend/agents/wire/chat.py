"""OpenAI's chat form of an answer."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

from agents.orchestrator.service import Reply
from agents.wire.events import Recorder
from agents.wire.streams import data

MODEL = "datafoundry-orchestrator"


def completion(asked: str, reply: Reply) -> dict[str, Any]:
    """A whole answer; the structure stands beside OpenAI's fields."""
    prompt, words = len(asked.split()), len(reply.value.split())
    return {
        "id": str(uuid.uuid4()),
        "object": "chat.completion",
        "model": MODEL,
        "created": int(time.time()),
        "choices": [{"finish_reason": "stop", "index": 0, "message": {"content": reply.value, "role": "assistant"}}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": words, "total_tokens": prompt + words},
        "system_fingerprint": None,
        "service_tier": None,
        "datafoundry": {name: value for name, value in reply.as_dict().items() if name != "value"},
    }


def chunks(reply: Reply, recorder: Recorder) -> Iterator[str]:
    """The answer as chunks: the text, an empty delta that says stop, and the end of the stream."""
    identity = str(uuid.uuid4())
    yield data(_chunk(identity, {"content": reply.value, "role": "assistant", "tool_calls": None}, None))
    yield data(_chunk(identity, {"content": None, "role": None, "tool_calls": None}, "stop"))
    yield "data: [DONE]\n\n"


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
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "datafoundry"}]}
