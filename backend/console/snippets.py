"""A request as curl and as Python, to be pasted: what the console does, everybody can do by program."""

import json
import pprint
import shlex
from typing import Any

from console.calls import Call


def as_curl(call: Call, home: str, signed_in: bool) -> str:
    """For a terminal. The key is named by a variable and never shown."""
    parts = ["curl"] + ([f"-X {call.method}"] if call.method not in ("GET", "POST") else [])
    parts.append(shlex.quote(home + call.target))
    lines = [" ".join(parts)]
    if signed_in:
        lines.append('-H "Authorization: Bearer $DATAFOUNDRY_API_KEY"')
    if call.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {shlex.quote(json.dumps(call.body, indent=2, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def as_python(call: Call, home: str, signed_in: bool) -> str:
    """With `requests`."""
    lines = [*(["import os", ""] if signed_in else []), "import requests", ""]
    options = []
    if call.body is not None:
        lines += [f"body = {_literal(call.body)}", ""]
        options.append("json=body")
    if signed_in:
        lines.append('headers = {"Authorization": f"Bearer {os.environ[\'DATAFOUNDRY_API_KEY\']}"}')
        options.append("headers=headers")
    arguments = ", ".join([json.dumps(home + call.target), *options])
    lines += [
        f"answer = requests.{call.method.lower()}({arguments})",
        "answer.raise_for_status()",
        "print(answer.json())",
    ]
    return "\n".join(lines)


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=100, sort_dicts=False)
