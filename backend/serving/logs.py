"""Log lines: for people, or as JSON for machines; each says which request it belongs to.

What a request held stays out of them: no bodies, no queries, no keys, and of an exception the place and the kind but
not its message, which may quote a cell (`--debug` adds it).
"""

import logging
import os
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.processors import JSONRenderer, TimeStamper
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level, add_logger_name

from DataFoundry.errors import ConfigError

VARIABLE = "DATAFOUNDRY_LOG_FORMAT"
FORMATS = ("human", "json")
_TIMES = logging.Formatter()
Line = MutableMapping[str, Any]


def configure(debug: bool = False) -> None:
    """Send every log line of this process to standard error, in the format of `DATAFOUNDRY_LOG_FORMAT`.

    Raises
    ------
    ConfigError
    """
    chosen = os.environ.get(VARIABLE) or "human"
    if chosen not in FORMATS:
        raise ConfigError(f"{VARIABLE} must be one of {', '.join(FORMATS)}, not {chosen!r}.")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(chosen, debug))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _formatter(chosen: str, debug: bool) -> logging.Formatter:
    def tell_exception(_logger: Any, _method: str, line: Line) -> Line:
        error = line.pop("exc_info", None)
        if isinstance(error, tuple) and error[1] is not None:
            line["exception"] = "".join(_told(error[1], debug))
        return line

    shared: list[Any] = [
        merge_contextvars,
        add_log_level,
        add_logger_name,
        ExtraAdder(),
        tell_exception,
    ]
    json = [TimeStamper(fmt="iso"), ProcessorFormatter.remove_processors_meta, JSONRenderer()]
    last: list[Any] = json if chosen == "json" else [_for_people]
    return ProcessorFormatter(foreign_pre_chain=shared, processors=last)


def _for_people(_logger: Any, _method: str, line: Line) -> str:
    """`2026-11-24 10:00:00,123 INFO api.requests: GET /health 200 in 0.002 s [request id]`."""
    text = f"{_TIMES.formatTime(line['_record'])} {line['level'].upper()} {line['logger']}: {line['event']}"
    if "request_id" in line:
        text += f" [{line['request_id']}]"
    return f"{text}\n{line['exception'].rstrip()}" if "exception" in line else text


def _told(error: BaseException, with_messages: bool) -> Iterator[str]:
    """An exception and those before it, oldest first, as Python shows them but without their messages."""
    if with_messages:
        yield from traceback.format_exception(error)
        return
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _told(earlier, with_messages)
        yield "\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"
