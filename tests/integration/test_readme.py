"""The commands of the README and of the pages under docs/ run in their order, and the tables are those of the code."""

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import requests

from DataFoundry.models.registry import MODELS
from DataFoundry.settings import Limits

ROOT = Path(__file__).parents[2]
# The tutorial makes what later pages use.
PAGES = ["README.md", "docs/tutorial.md", "docs/jobs.md", "docs/operating.md"]
PAGES += sorted({f"docs/{each.name}" for each in (ROOT / "docs").glob("*.md")} - set(PAGES))
BLOCKS = [
    (page, kind, text)
    for page in PAGES
    for kind, text in re.findall(r"```(bash|python)\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    if not text.startswith("make ")
]


def run_curl(command: str, server: Any) -> requests.Response:
    """What `curl` would do with the words of a command: POST JSON or a file, or GET into a file."""
    words = shlex.split(command.replace("http://localhost:5000", server.url))
    taken = ("-X", "-d", "-o", "-F", "--data-binary")
    pairs = [(words[place], words[place + 1]) for place in range(len(words) - 1)]
    options = {flag: value for flag, value in pairs if flag in taken}
    headers = dict(value.split(": ", 1) for flag, value in pairs if flag == "-H")
    url = next(word for word in words if word.startswith("http"))
    body: Any = options["-d"].encode() if "-d" in options else None
    form = None
    if "--data-binary" in options:
        body = (server.backend.parent / options["--data-binary"].removeprefix("@")).read_bytes()
    if "-F" in options:
        path = server.backend.parent / options["-F"].removeprefix("file=@")
        form = {"file": (path.name, path.read_bytes())}
    return requests.request(options.get("-X", "GET"), url, data=body, files=form, headers=headers, timeout=300)


def commands(text: str) -> list[str]:
    """The commands of a block: a line that begins with `curl`, with what follows it."""
    return [part.replace("\\\n", " ") for part in re.split(r"^(?=curl )", text, flags=re.MULTILINE) if part.strip()]


def test_every_command_succeeds_in_order(server: Any) -> None:
    ran = 0
    for page, kind, text in BLOCKS:
        if kind == "python":
            subprocess.run([sys.executable, "-c", text], cwd=server.backend.parent, check=True)
            continue
        for command in commands(text):
            answer = run_curl(command, server)
            assert answer.ok, f"{page}: {command}\n{answer.text}"
            assert (answer.status_code == 202) == ("respond-async" in command), command
            ran += 1
    assert ran >= 12


@pytest.mark.parametrize("each", fields(Limits), ids=lambda each: each.name)
def test_every_limit_is_in_the_table(each: Any) -> None:
    row = f"| `DATAFOUNDRY_{each.name.upper()}` | {each.metadata['meaning']} | {each.default:,} |"
    assert row in (ROOT / "docs" / "operating.md").read_text()


@pytest.mark.parametrize("name", MODELS)
def test_every_model_type_is_in_the_table(name: str) -> None:
    assert f"| `{name}` | {MODELS[name].summary}" in (ROOT / "docs" / "models.md").read_text()


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
