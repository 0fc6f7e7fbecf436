"""Progress of the work on the terminal: what it does, how far it is, the time left."""

import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from DataFoundry.progress import counted


class ProgressBar:
    """A bar on standard error for each piece of work, gone when the block ends; nothing where there is no terminal."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TextColumn("[dim]{task.fields[left]}"),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "ProgressBar":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, report: dict[str, Any]) -> None:
        """Take in one report of `DataFoundry.progress`."""
        doing = report["doing"]
        if doing not in self._tasks:
            self._tasks[doing] = self._bars.add_task(doing, total=report["total"], count="", left="")
        self._bars.update(
            self._tasks[doing],
            completed=report["done"],
            total=report["total"],
            count=counted(report),
            left=left(report),
        )


def left(report: dict[str, Any]) -> str:
    """`about 1 min 20 s left`; empty where nobody knows."""
    seconds = report["seconds_left"]
    if seconds is None or seconds < 1:  # what comes next may take long
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"about {minutes} min {rest} s left" if minutes else f"about {rest} s left"
