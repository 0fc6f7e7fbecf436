"""What tests and benchmarks ask of the machine: a port, a process's children, and whether something came to pass."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], Any]) -> Any:
    """Wait for something that must come to pass."""
    for _ in range(1200):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in 60 s")


def children(process: int) -> list[int]:
    """Process ids, also of those that other threads than the first one started."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        found += [int(text) for text in task.read_text().split()]
    return found


def descendants(process: int) -> list[int]:
    """Children, theirs, and so on."""
    return [each for child in children(process) for each in (child, *descendants(child))]


def alive(process: int) -> bool:
    """Is there a process of this id that does anything?"""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
