"""Strict JSON in and out."""

import json
import re
from typing import Any

from flask import Request
from flask.json.provider import DefaultJSONProvider
from pydantic_core import from_json
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonRequest(Request):
    """A request whose JSON body is refused when it is not JSON, whatever the framework would let pass."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body as plain Python values.

        Raises
        ------
        UnsupportedMediaType
            If the body does not say that it is JSON: forms of other sites are kept out by this, too.
        BadRequest
            If it is not JSON in UTF-8, or holds NaN, Infinity, or numbers or nesting out of range.
        """
        if self.mimetype != "application/json" and not self.mimetype.endswith("+json"):
            raise UnsupportedMediaType("The body must be JSON; send the header Content-Type: application/json.")
        body = self.get_data()
        if not body:
            raise BadRequest("The body is empty; send a JSON object.")
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            place = _halved(body) if _ESCAPED.search(body) else ""
            if place:
                raise BadRequest(
                    f"{place} holds half of a character (a lone surrogate such as \\ud800); send whole characters."
                ) from None
            raise BadRequest(f"The body is not valid JSON: {error}.") from None


def _halved(body: bytes) -> str:
    """Which text of a JSON body holds a lone surrogate, for people; empty where that is not the matter."""
    try:
        left: list[tuple[str, Any]] = [("", json.loads(body))]
    except (ValueError, RecursionError):
        return ""
    while left:
        place, value = left.pop()
        if isinstance(value, str) and _SURROGATE.search(value):
            return _plain(place) or "The body"
        if isinstance(value, dict):
            name = value.get("name")
            of = f" of {name[:100]!r}" if isinstance(name, str) and "code" in value else ""
            for key, each in value.items():
                left.append((f"{place}.{key}".lstrip(".") + (of if key == "code" else ""), each))
                left.append((f"a name in {place or 'the body'}", key))
        elif isinstance(value, list):
            left += [(f"{place}[{number}]", each) for number, each in enumerate(value)]
    return ""


def _plain(text: str) -> str:
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


class StrictJson(DefaultJSONProvider):
    """JSON that every client can read: NaN in an answer is a defect and stops here; keys keep their order."""

    sort_keys = False
    ensure_ascii = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """`obj` as JSON text."""
        return super().dumps(obj, **{**kwargs, "allow_nan": False})

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Plain values of JSON text."""
        return json.loads(s, **kwargs)
