"""Strict JSON in and out."""

import json
from typing import Any

from flask import Request
from flask.json.provider import DefaultJSONProvider
from pydantic_core import from_json
from werkzeug.exceptions import BadRequest, UnsupportedMediaType


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
            raise BadRequest(f"The body is not valid JSON: {error}.") from None


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
