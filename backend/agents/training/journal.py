"""A run of the training pipeline on disk: enough to go on where it was interrupted."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from DataFoundry.storage.files import write_json
from DataFoundry.storage.paths import open_for_reading

NAME = "journal.json"


@dataclass
class Journal:
    """Attempts that are done, and the seed that they share.

    Attributes
    ----------
    path
        Where it lies.
    inputs
        Fingerprint of what the run was asked for; another run does not go on here.
    seed
        Of the whole run.
    attempts
        Records of the attempts that are done.
    """

    path: Path
    inputs: str
    seed: int
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def save(self, status: str, **more: Any) -> None:
        """Write it whole; `status` is `running` or `done`."""
        write_json(
            self.path, {"status": status, "inputs": self.inputs, "seed": self.seed, "attempts": self.attempts, **more}
        )


def open_journal(path: Path, inputs: str, seed: int) -> Journal:
    """The journal of a run with the same inputs that was interrupted, else a new one with `seed`."""
    if path.is_file():
        try:
            with open_for_reading(path) as handle:
                known = json.load(handle)
        except ValueError:
            known = {}
        if isinstance(known, dict) and known.get("status") == "running" and known.get("inputs") == inputs:
            return Journal(path, inputs, int(known["seed"]), list(known["attempts"]))
    return Journal(path, inputs, seed)


def fingerprint(paths: list[Path], *settings: object) -> str:
    """Of files (by name, size and time of change) and settings."""
    parts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    return hashlib.sha256(json.dumps([parts, settings]).encode()).hexdigest()
