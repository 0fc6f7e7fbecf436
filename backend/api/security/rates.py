"""How often one key, or one address without a key, may ask: Flask-Limiter, in memory or in Redis."""

import math
import time

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded

from api.errors import HttpProblem
from DataFoundry.settings import limits
from serving.rate_storage import MEMORY, rate_storage

_FREE = {"/health"}  # what watches over the service must never be told to wait


def register(app: Flask) -> None:
    """Answer 429 with Retry-After once a client has used up its requests of a minute.

    A storage that is lost is replaced by memory until it is back.
    """
    allowed = f"{limits().requests_per_minute} per minute"
    storage = rate_storage()
    limiter = Limiter(
        _client,
        application_limits=[allowed],
        storage_uri=storage,
        strategy="moving-window" if storage == MEMORY else "fixed-window",
        in_memory_fallback=[allowed],
        key_prefix="datafoundry",
        request_identifier=lambda: request.endpoint or "no route",  # what is not found is counted, too
    )
    limiter.request_filter(_is_free)
    limiter.init_app(app)

    @app.errorhandler(RateLimitExceeded)
    def too_many(error: RateLimitExceeded) -> ResponseReturnValue:
        reset = limiter.current_limit.reset_at if limiter.current_limit else 0
        wait = max(1, math.ceil(reset - time.time()))
        text = f"More requests came from this key or address than {allowed}; ask again in {wait} s."
        problem = HttpProblem(429, "too_many_requests", text, {"Retry-After": str(wait)})
        return current_app.handle_user_exception(problem)  # in the words of the server that was asked


def _client() -> str:
    """Who is counted: the key where one is known, else the address of the connection."""
    return f"key {g.api_key.name}" if g.api_key else f"address {request.remote_addr}"


def _is_free() -> bool:
    return request.path in _FREE
