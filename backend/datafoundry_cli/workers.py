"""Who does the work of a command: the library in this process, or a server."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from datafoundry_cli.progress_bar import ProgressBar
from datafoundry_client import Client, ServiceError

_TABLES = ("data_path", "reference_path", "real_path", "synthetic_path", "holdout_path", "hand_labeled_examples_path")


class Worker(Protocol):
    """What runs an operation, such as `dataset.profile`."""

    def run(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer; raises ServiceError."""
        ...


class Here:
    """The library, in this process."""

    def run(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        from DataFoundry.errors import DataFoundryError
        from DataFoundry.progress import reported_to
        from jobs.operations import OPERATIONS

        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            with ProgressBar() as bar, reported_to(bar.show):
                return OPERATIONS[operation].run(given)
        except DataFoundryError as error:
            raise ServiceError(error.message, error.code, details=dict(error.details)) from None


class There:
    """A server at `url`. Tables that exist on this machine are uploaded; other paths are the server's own."""

    def __init__(self, url: str, api_key: str | None) -> None:
        self._client = Client(url, api_key)

    def run(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(arguments)
        for name in _TABLES:
            if given.get(name) is not None and Path(given[name]).is_file():
                print(f"Uploading {given[name]} ...", file=sys.stderr)
                given[name] = self._client.upload(given[name])
        wanted = given.pop("output_path", None)
        with ProgressBar() as bar:
            self._client.on_progress = bar.show
            answer = self._client.run(operation, given)
        if wanted is None:
            return dict(answer)
        field = "output_path" if "output_path" in answer else "report_path"
        return {**answer, field: str(answer.save(wanted, field))}
