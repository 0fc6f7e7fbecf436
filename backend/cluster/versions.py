"""What must be the same on both sides, so that a block's bytes do not depend on who makes it."""

import hashlib
import pkgutil
import platform
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("dask", "distributed", "numpy", "pandas", "pyarrow", "torch", "scikit-learn", "pydantic-monty")
_OURS = ("DataFoundry", "cluster")


@cache
def versions() -> dict[str, str]:
    """Of Python, of the packages that make the bytes, and a sum over our own code."""
    return {"Python": platform.python_version(), **{name: _installed(name) for name in _PACKAGES}, "code": _code()}


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str | None:
    """The first thing that differs, as part of a sentence; None where all is the same."""
    for name, ours in here.items():
        theirs = there.get(name, "none")
        if ours != theirs:
            return f"{'DataFoundry code' if name == 'code' else name} {theirs}, this service {ours}"
    return None


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _code() -> str:
    """A sum over the sources, wherever they are installed."""
    found = hashlib.sha256()
    for package in _OURS:
        folder = Path(import_module(package).__path__[0])
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder).as_posix()
            found.update(name.encode() + (pkgutil.get_data(package, name) or b""))
    return found.hexdigest()[:12]
