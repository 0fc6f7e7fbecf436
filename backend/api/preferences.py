"""What a client would rather have (RFC 7240) and how it names a request that it may send twice."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Headers

from DataFoundry.errors import RequestError
from jobs.store import Key

_PREFERENCE = re.compile(
    r"""\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,;"]*))?\s*((?:;[^,"]*(?:"[^"]*")?)*)\s*(?:,|$)"""
)
_LONGEST_WAIT = 600  # seconds
# 1 to 255 printable ASCII characters; quotes around them are those of a structured field and do not count.
KEY_PATTERN = r'^"?([!#-~]([ -~]{0,253}[!#-~])?)"?$'


@dataclass(frozen=True)
class Preferences:
    """Of one request.

    Attributes
    ----------
    respond_async
        Answer 202 at once.
    wait
        Seconds to wait for the result before that.
    """

    respond_async: bool = False
    wait: int | None = None

    def applied(self) -> str:
        """The value of `Preference-Applied` for an answer that came by these preferences."""
        return "respond-async" if self.wait is None else f"respond-async, wait={self.wait}"


def read_preferences(headers: Iterable[str]) -> Preferences:
    """The preferences in `Prefer` headers; what is unknown or malformed is as if it had not been sent."""
    found: dict[str, str] = {}
    for header in headers:
        for match in _PREFERENCE.finditer(header[:1000]):
            found.setdefault(match[1].lower(), (match[2] or "").strip('"'))
    wait = found.get("wait", "")
    return Preferences(
        found.get("respond-async") == "", min(int(wait), _LONGEST_WAIT) if re.fullmatch("[0-9]{1,9}", wait) else None
    )


def read_key(headers: Headers, path: str, body: Mapping[str, Any], client: str = "") -> Key | None:
    """The `Idempotency-Key` of a request, if it has one.

    Clients with different credentials never share one; `client` names the API key, where there is one.

    Raises
    ------
    RequestError
        If the key is not 1 to 255 printable ASCII characters.
    """
    text = headers.get("Idempotency-Key")
    if text is None:
        return None
    found = re.match(KEY_PATTERN, text.strip())
    if found is None:
        raise RequestError("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    who = [client] if client else [headers.get("Authorization", ""), headers.get("X-API-Key", "")]
    return Key(_digest([*who, found[1]]), _digest([path, body]))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
