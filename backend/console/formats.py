"""Values as people read them."""

import math
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from flask import Flask

from console.kinds import OPERATIONS
from DataFoundry.reporting import charts

_LONGEST = 120  # characters of a cell
_HOME = ("output_data", "testing_data")


def register(app: Flask) -> None:
    """Let templates use these."""
    app.jinja_env.filters.update(
        number=number,
        cell=cell,
        percent=percent,
        size=size,
        duration=duration,
        moment=moment,
        clock=clock,
        short=short_path,
        words=words,
        title=title_of,
    )
    app.jinja_env.globals.update(charts=charts, zip=zip)


def number(value: Any) -> str:
    """A value of any kind: numbers short and grouped, missing as a dash."""
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return number(int(value))
        return f"{value:,.4g}" if 1e-4 <= abs(value) < 1e6 or value == 0 else f"{value:.3g}"
    return str(value)


def cell(value: Any) -> str:
    """A value of somebody's table: whole numbers as they stand, since some are years or codes."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    text = "yes" if value is True else "no" if value is False else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def percent(share: Any, digits: int = 0) -> str:
    """A share as a percentage; neither 0 nor 100 where it is only near."""
    if share is None or share != share:
        return "–"
    value = 100 * float(share)
    if 0 < value < 1:
        return "under 1%" if value < 0.1 and digits == 0 else f"{value:.1f}%"
    if 99 < value < 100:
        return f"{math.floor(value * 10) / 10:.1f}%"
    return f"{value:.{digits}f}%"


def size(count: Any) -> str:
    """Bytes."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return ""


def duration(seconds: Any) -> str:
    """Seconds in the units that fit."""
    if seconds is None:
        return "–"
    seconds = float(seconds)
    if seconds < 1:
        return "under 1 s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def moment(text: Any) -> str:
    """How long ago a time in ISO 8601 was."""
    if not text:
        return "–"
    ago = (datetime.now(UTC) - datetime.fromisoformat(str(text))).total_seconds()
    for limit, each, name in ((90, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if ago < limit:
            return f"{max(0, round(ago / each))} {name} ago"
    return f"{ago / 86_400:.0f} days ago"


def clock(text: str) -> str:
    """Hours, minutes and seconds of a time in ISO 8601, in UTC as the service tells it."""
    return datetime.fromisoformat(text).strftime("%H:%M:%S")


def short_path(path: Any) -> str:
    """A path as the service takes it, too, without what every path of the service begins with."""
    parts = PurePosixPath(str(path)).parts
    for home in _HOME:
        if home in parts:
            return "/".join(parts[parts.index(home) :])
    return str(path)


def title_of(operation: Any) -> str:
    """What an operation does, in words."""
    return OPERATIONS.get(str(operation)) or words(operation)


def words(name: Any) -> str:
    """A name of the program as words."""
    text = str(name).replace("_", " ").replace(".", ": ", 1)
    return text[:1].upper() + text[1:]
