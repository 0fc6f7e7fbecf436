"""The worked examples in CONTRIBUTING.md, applied to a copy of the code, do what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = re.split(r"(?m)^## ", (ROOT / "CONTRIBUTING.md").read_text())[1:]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "backend", folder / "backend", ignore=shutil.ignore_patterns("output_data", "__pycache__"))
    return folder


def test_each_example_does_what_it_says(copy: Path) -> None:
    checks = []
    for section in SECTIONS:
        for header, text in re.findall(r"```python ([^\n]*)\n(.*?)```", section, re.DOTALL):
            if header == "check":
                checks.append(text)
            else:
                _apply(copy, header, text)
    assert len(checks) == 4
    environment = {**os.environ, "PYTHONPATH": str(copy / "backend")}
    for check in checks:
        done = subprocess.run(
            [sys.executable, "-c", check], cwd=copy / "backend", env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def _apply(copy: Path, header: str, text: str) -> None:
    """Write the new file of a block, or put its text after (or before) the line that its header names."""
    if header.startswith("new="):
        (copy / header.removeprefix("new=")).write_text(text)
        return
    found = re.fullmatch(r'insert=(\S+) (after|before)="(.*)"', header)
    assert found, header
    path, line = copy / found[1], found[3]
    lines = path.read_text().splitlines(keepends=True)
    [place] = [number for number, each in enumerate(lines) if each.startswith(line)][:1]
    lines.insert(place if found[2] == "before" else place + 1, text)
    path.write_text("".join(lines))
