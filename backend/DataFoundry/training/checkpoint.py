"""Where an interrupted training goes on: the whole state of the loop, in a file beside the model."""

import logging
import time
from pathlib import Path
from typing import Any

from DataFoundry.errors import DataFoundryError
from DataFoundry.settings import limits
from DataFoundry.storage import journal
from DataFoundry.storage.artifacts import load_model, save_model

log = logging.getLogger(__name__)


class Checkpoint:
    """A file that holds the state of one training.

    Parameters
    ----------
    path
        The file; it need not exist.
    training
        What tells this training from others: rows, model and settings. A state of another one is not taken up.
    """

    def __init__(self, path: Path, training: str) -> None:
        journal.note(journal.RESUMABLE, path)
        self._path = path
        self._training = training
        self._every = limits().checkpoint_seconds
        self._saved = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state to go on from; None where there is none of this training."""
        if not self._path.is_file():
            return None
        try:
            content = load_model(self._path)
        except DataFoundryError as error:
            log.warning("%s is left: %s", self._path.name, error.message)
            return None
        return content["state"] if content.get("training") == self._training else None

    def due(self) -> bool:
        """Whether the last state is old enough for a new one."""
        return time.monotonic() - self._saved >= self._every

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file by a state: plain data and tensors."""
        save_model(self._path, {"training": self._training, "state": state})
        self._saved = time.monotonic()
