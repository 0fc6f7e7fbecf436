"""Log lines of a process that is configured as the service is."""

import json
import os
import subprocess
import sys

from DataFoundry.settings import BACKEND

PROGRAM = """
import logging, sys
import structlog
from serving import logs

logs.configure(debug="debug" in sys.argv)
log = logging.getLogger("some.module")
log.info("trained in %d s", 3)
structlog.contextvars.bind_contextvars(request_id="r1")
log.warning("slow", extra={"route": "/x"})
try:
    try:
        {}["a cell"]
    except KeyError as error:
        raise ValueError("value 'Bob Miller' of row 3") from error
except ValueError:
    log.exception("it failed")
"""


def written(*flags: str, form: str = "human") -> str:
    """What the program writes to standard error."""
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "DATAFOUNDRY_LOG_FORMAT": form}
    command = [sys.executable, "-c", PROGRAM, *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stderr


def test_for_people_one_line_with_the_request_at_its_end() -> None:
    first, second, *_ = written().splitlines()
    assert first.endswith(" INFO some.module: trained in 3 s") and first[:2] == "20"
    assert second.endswith(" WARNING some.module: slow [r1]")


def test_as_json_every_line_has_the_same_fields() -> None:
    lines = [json.loads(line) for line in written(form="json").splitlines()]
    assert [line["event"] for line in lines] == ["trained in 3 s", "slow", "it failed"]
    assert lines[1]["request_id"] == "r1" and lines[1]["route"] == "/x" and lines[1]["logger"] == "some.module"
    assert all({"event", "level", "logger", "timestamp"} <= set(line) for line in lines)
    assert "ValueError" in lines[2]["exception"]


def test_an_exception_shows_where_and_what_but_no_data() -> None:
    for form in ("human", "json"):
        text = written(form=form)
        assert "builtins.KeyError" in text and "builtins.ValueError" in text and "line " in text
        assert "Bob" not in text and "a cell" not in text
    assert "Bob Miller" in written("debug")


def test_an_unknown_format_is_one_sentence() -> None:
    assert "DATAFOUNDRY_LOG_FORMAT must be one of human, json" in written(form="xml").splitlines()[-1]
