"""Structured answers of an OpenAI-compatible endpoint, by whatever it can do.

The ladder, from strict to loose: `response_format` with a JSON schema, a forced tool call, JSON mode with the schema in
the prompt, plain text with the JSON dug out of it. An endpoint that refuses a rung is asked by the next one from then
on; each step down is logged. An answer that does not fit the schema gets one repair turn with the reason. One that was
cut off for its length is not asked for again.
"""

import json
import logging
import re
import time
from collections.abc import Callable
from typing import Any

import requests

from agents.llm.settings import Endpoint

logger = logging.getLogger(__name__)

RUNGS = ("schema", "tools", "json", "text")
_RETRIES = 2
_LONGEST_WAIT = 20.0  # seconds to heed in a Retry-After
_MOST_TOKENS = 1_500
_MOST_BYTES = 2**20
Messages = list[dict[str, Any]]


class ModelError(Exception):
    """The endpoint gave no usable answer; the caller goes on without it."""


class _RungRefused(Exception):
    """The endpoint does not know this way of asking."""


class Client:
    """An endpoint, and the rung of the ladder that it is known to stand on."""

    def __init__(self, endpoint: Endpoint, sleep: Callable[[float], None] = time.sleep) -> None:
        self.endpoint = endpoint
        self.rung = 0
        self._sleep = sleep

    def structured(self, messages: Messages, schema: dict[str, Any], check: Callable[[Any], Any]) -> Any:
        """What `check` makes of the answer.

        Parameters
        ----------
        messages
            The conversation so far.
        schema
            JSON schema of the answer.
        check
            Returns the checked answer, or raises ValueError with a reason that the model is told once.

        Raises
        ------
        ModelError
            If there is no answer, or none that `check` takes after one repair turn.
        """
        text = self._answer(messages, schema)
        try:
            return check(_json_in(text))
        except ValueError as problem:
            logger.warning("language model: the answer does not fit (%s); asking once more", problem)
            repair = [
                *messages,
                {"role": "assistant", "content": text[:4_000]},
                {"role": "user", "content": f"That does not fit: {problem}. Answer again with the JSON object alone."},
            ]
        try:
            return check(_json_in(self._answer(repair, schema)))
        except ValueError as problem:
            raise ModelError(f"the answer does not fit, also after a repair turn: {problem}") from None

    def _answer(self, messages: Messages, schema: dict[str, Any]) -> str:
        while True:
            try:
                return self._post(_body(RUNGS[self.rung], messages, schema, self.endpoint.model))
            except _RungRefused as refusal:
                if self.rung + 1 == len(RUNGS):
                    raise ModelError(f"the endpoint refuses every way of asking: {refusal}") from None
                logger.warning(
                    "language model: %s is refused (%s); going down to %s",
                    RUNGS[self.rung],
                    refusal,
                    RUNGS[self.rung + 1],
                )
                self.rung += 1

    def _post(self, body: dict[str, Any]) -> str:
        for attempt in range(_RETRIES + 1):
            try:
                status, headers, content = self._sent(body)
            except requests.RequestException as error:
                problem, wait = f"no answer ({type(error).__name__})", 0.5 * 2**attempt
            else:
                if status < 400:
                    return _text_of(content)
                if status in (400, 404, 415, 422, 501) and self.rung + 1 < len(RUNGS):
                    raise _RungRefused(f"status {status}")
                if status not in (408, 409, 429) and status < 500:
                    raise ModelError(f"status {status}")
                problem, wait = f"status {status}", _wait(headers.get("Retry-After"), attempt)
            if attempt < _RETRIES:
                logger.warning("language model: %s; trying again in %.1f s", problem, wait)
                self._sleep(wait)
        raise ModelError(problem)

    def _sent(self, body: dict[str, Any]) -> tuple[int, Any, bytes]:
        """Status, headers and at most a megabyte of the answer; redirects could lead inside and are not followed."""
        deadline = time.monotonic() + self.endpoint.seconds
        headers = {"Authorization": f"Bearer {self.endpoint.api_key}"} if self.endpoint.api_key else {}
        with requests.post(
            f"{self.endpoint.base_url}/chat/completions",
            json=body,
            headers=headers,
            stream=True,
            timeout=(10, self.endpoint.seconds),
            allow_redirects=False,
        ) as answer:
            parts, size = [], 0
            for part in answer.iter_content(16_384):
                parts.append(part)
                size += len(part)
                if size > _MOST_BYTES or time.monotonic() > deadline:
                    raise ModelError("the answer is too long or too slow")
            return answer.status_code, answer.headers, b"".join(parts)


def _wait(header: str | None, attempt: int) -> float:
    try:
        return min(_LONGEST_WAIT, max(0.0, float(header or "")))
    except ValueError:
        return 0.5 * 2**attempt


def _body(rung: str, messages: Messages, schema: dict[str, Any], model: str) -> dict[str, Any]:
    body: dict[str, Any] = {"model": model, "messages": messages, "temperature": 0, "max_tokens": _MOST_TOKENS}
    if rung == "schema":
        return {**body, "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}
    if rung == "tools":
        tool = {
            "type": "function",
            "function": {"name": "answer", "description": "Give the answer.", "parameters": schema},
        }
        return {**body, "tools": [tool], "tool_choice": {"type": "function", "function": {"name": "answer"}}}
    told = {
        "role": "system",
        "content": f"Answer with one JSON object of this schema, nothing else: {json.dumps(schema)}",
    }
    body["messages"] = [told, *messages]
    return {**body, "response_format": {"type": "json_object"}} if rung == "json" else body


def _text_of(content: bytes) -> str:
    """The answer's text: its tool call's arguments, or else its content.

    Raises
    ------
    ModelError
        If the reply is no chat completion, or was cut off for its length.
    """
    try:
        choice = json.loads(content)["choices"][0]
        message = choice["message"]
        calls = message.get("tool_calls") or []
        text = calls[0]["function"]["arguments"] if calls else message.get("content")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise ModelError("the reply is no chat completion") from None
    if choice.get("finish_reason") == "length":
        raise ModelError("the answer was cut off for its length")
    if isinstance(text, dict):  # some servers parse the arguments themselves
        return json.dumps(text)
    if not isinstance(text, str) or not text.strip():
        raise ModelError("the reply is empty")
    return text


def _json_in(text: str) -> Any:
    """The JSON object in a text: all of it, inside a fence, or from its first brace on; else ValueError."""
    fence = re.search(r"```(?:json)?\s*(.*?)```", text, re.DOTALL)
    for candidate in (text, fence.group(1) if fence else "", text[text.find("{") :] if "{" in text else ""):
        try:
            value, _ = json.JSONDecoder().raw_decode(candidate.strip())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    raise ValueError("there is no JSON object in it")
