"""One service: its routes, files and jobs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datafoundry_client.answers import Answer
from datafoundry_client.connection import Connection, OnProgress
from datafoundry_client.inputs import parquet_bytes, sources_of
from datafoundry_client.operations import Operations

if TYPE_CHECKING:
    import pandas as pd

KEY_VARIABLE = "DATAFOUNDRY_API_KEY"


class Client(Operations):
    """One DataFoundry service.

    Parameters
    ----------
    url
        Where it listens.
    api_key
        Sent with every request; by default the environment's `DATAFOUNDRY_API_KEY`.
    on_progress
        Called while work goes on, a few times a second at most, with `doing, unit, done, total, seconds,
        seconds_left` and figures of the work.

    Every method raises `ServiceError`, whose text is a sentence for people. A table is a path on the service's machine,
    or a DataFrame, which is uploaded. An argument that is None is left to the service's default.

    Examples
    --------
    >>> from datafoundry import Client
    >>> client = Client("http://localhost:5000")
    >>> labeled = client.create_labels(frame, [lf_rich, lf_educated])         # doctest: +SKIP
    >>> labeled.table()[["label", "label_probability"]]                       # doctest: +SKIP
    """

    def __init__(
        self,
        url: str = "http://localhost:5000",
        api_key: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._connection = Connection(url, api_key or os.environ.get(KEY_VARIABLE))
        self.on_progress = on_progress

    def health(self) -> dict[str, Any]:
        """Status, version and features of the service."""
        return self._connection.ask("GET", "/health")

    def limits(self) -> dict[str, Any]:
        """Every limit in force."""
        limits: dict[str, Any] = self._connection.ask("GET", "/api/limits")["limits"]
        return limits

    # Files

    def upload(self, file: str | Path, name: str | None = None) -> str:
        """Send a file of this machine; the path by which requests may name it. It keeps its name, or takes `name`."""
        with open(file, "rb") as sent:
            digest = hashlib.file_digest(sent, "sha256").hexdigest()
            sent.seek(0)
            return self._sent(name or Path(file).name, sent, digest)

    def upload_table(self, frame: pd.DataFrame, name: str | None = None) -> str:
        """Send a DataFrame as parquet; without `name` the same rows always get the same one."""
        packed = parquet_bytes(frame)
        digest = hashlib.sha256(packed).hexdigest()
        return self._sent(name or f"table_{digest[:16]}.parquet", packed, digest)

    def table(self, path: str) -> pd.DataFrame:
        """A table of the service as a DataFrame; formats other than csv and parquet are converted first."""
        import io

        import pandas as pd

        if not path.endswith((".csv", ".parquet")):
            path = self.convert(path)["output_path"]
        content = self._connection.send("GET", "/api/files/download", params={"path": path}).content
        return pd.read_csv(io.BytesIO(content)) if path.endswith(".csv") else pd.read_parquet(io.BytesIO(content))

    def download(self, path: str, to: str | Path) -> Path:
        """Write a file of the service to `to` on this machine, whole or not at all."""
        target = Path(to)
        half = target.with_name(f".{target.name}.part")
        response = self._connection.send("GET", "/api/files/download", params={"path": path}, stream=True)
        try:
            with open(half, "wb") as file:
                for piece in response.iter_content(1 << 20):
                    file.write(piece)
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
        return target

    def files(self) -> list[dict[str, Any]]:
        """Data files of the service, newest first."""
        files: list[dict[str, Any]] = self._connection.ask("GET", "/api/files/list")["files"]
        return files

    # Jobs

    def jobs(self, state: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Jobs, newest first; `state` is queued, running, succeeded, failed or cancelled."""
        asked = {name: value for name, value in (("state", state), ("limit", limit)) if value is not None}
        jobs: list[dict[str, Any]] = self._connection.ask("GET", "/api/jobs", params=asked)["jobs"]
        return jobs

    def job(self, job_id: str) -> dict[str, Any]:
        """State, progress and answer of a job."""
        job: dict[str, Any] = self._connection.ask("GET", f"/api/jobs/{job_id}")["job"]
        return job

    def job_log(self, job_id: str) -> list[dict[str, Any]]:
        """What happened to a job, line by line: `at`, `level` and `text` of each."""
        lines: list[dict[str, Any]] = self._connection.ask("GET", f"/api/jobs/{job_id}/log")["lines"]
        return lines

    def wait(self, job_id: str) -> Answer:
        """The answer of a job once it is over."""
        return Answer(self._connection.wait(job_id, self.on_progress), self)

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Stop a job; nothing half-written is left."""
        job: dict[str, Any] = self._connection.ask("DELETE", f"/api/jobs/{job_id}")["job"]
        return job

    def run(self, operation: str, arguments: Mapping[str, Any]) -> Answer:
        """Run a route by the name of its operation, such as `dataset.profile`, and wait for its answer."""
        path = "/api/" + operation.replace("_", "-").replace(".", "/")
        body = {name: self._on_the_wire(name, value) for name, value in arguments.items() if value is not None}
        return Answer(self._connection.run(path, body, self.on_progress), self)

    def _on_the_wire(self, name: str, value: Any) -> Any:
        if name == "labeling_functions":
            return sources_of(value)
        if isinstance(value, Path):
            return str(value)
        return self.upload_table(value) if hasattr(value, "to_parquet") else value

    def _sent(self, name: str, content: Any, digest: str) -> str:
        asked = {"filename": name, "sha256": digest}
        headers = {"Content-Type": "application/octet-stream"}
        path: str = self._connection.ask("POST", "/api/files/upload", params=asked, data=content, headers=headers)[
            "path"
        ]
        return path
