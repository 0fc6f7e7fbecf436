"""Imports go one way, and only the storage opens files."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from DataFoundry.settings import BACKEND

MODULES = [path for path in sorted(BACKEND.rglob("*.py")) if "output_data" not in path.parts]


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
    done = subprocess.run(
        [linter, "--no-cache"], cwd=BACKEND.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


FILE_FUNCTIONS = {"open", "read_csv", "read_parquet", "read_text", "read_bytes", "write_text", "write_bytes", "unlink"}
OF_THE_CALLER = {"datafoundry_cli", "datafoundry_client"}  # they run on the caller's machine, on the caller's files
OUR_OWN = {"write_text", "write_bytes"}  # of storage.files, called by plain name


def _file_calls(path: Path) -> set[str]:
    """Names of the calls in a module that open, read, write or remove a file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= {node.func.id} & (FILE_FUNCTIONS - OUR_OWN)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            found |= {node.func.attr} & FILE_FUNCTIONS if module not in ("files", "webbrowser", "archive") else set()
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(BACKEND)))
def test_only_storage_opens_files(path: Path) -> None:
    if not {"storage", "examples", *OF_THE_CALLER} & set(path.parts):
        assert not _file_calls(path), "ask DataFoundry.storage for it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(BACKEND)))
def test_a_module_fits_a_few_screens(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400, "one concept, one file: split it"
