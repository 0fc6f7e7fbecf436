"""The service's routes as methods."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datafoundry_client.answers import Answer
from datafoundry_client.connection import Connection, OnProgress
from datafoundry_client.inputs import FunctionLike, TableLike, parquet_bytes, sources_of

if TYPE_CHECKING:
    import pandas as pd

Options = Mapping[str, Any]
KEY_VARIABLE = "DATAFOUNDRY_API_KEY"


class Client:
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

    # Tables

    def info(self, data_path: TableLike, *, read_options: Options | None = None) -> Answer:
        """Rows, columns, types, missing values and first rows of a table."""
        return self.run("dataset.info", _given(locals()))

    def profile(
        self,
        data_path: TableLike,
        *,
        label_column: str | None = None,
        columns: Options | None = None,
        read_options: Options | None = None,
        output_path: str | None = None,
        reference_path: TableLike | None = None,
    ) -> Answer:
        """What each column is, keys, rules, and a page about it (`report_path`)."""
        return self.run("dataset.profile", _given(locals()))

    def convert(
        self,
        data_path: TableLike,
        *,
        output_path: str | None = None,
        columns: Sequence[str] | None = None,
        where: Options | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Write a table in another format, whole or some rows and columns."""
        return self.run("dataset.convert", _given(locals()))

    # Labels

    def create_labels(
        self,
        data_path: TableLike,
        labeling_functions: Sequence[FunctionLike],
        *,
        output_path: str | None = None,
        cardinality: int | None = None,
        hand_labeled_examples_path: TableLike | None = None,
        aggregator: str | None = None,
        seed: int | None = None,
        read_options: Options | None = None,
        label_column: str | None = None,
        class_balance: Sequence[float] | None = None,
        default_label: int | None = None,
        predict_uncovered: bool | None = None,
    ) -> Answer:
        """Label a table with functions, given as Python functions or as `{"name", "code"}`."""
        return self.run("labeling.create_labels", _given(locals()))

    def try_functions(
        self,
        data_path: TableLike,
        labeling_functions: Sequence[FunctionLike],
        *,
        max_rows: int | None = None,
        cardinality: int | None = None,
        hand_labeled_examples_path: TableLike | None = None,
        read_options: Options | None = None,
        label_column: str | None = None,
    ) -> Answer:
        """Coverage, conflicts and errors of functions on the first rows."""
        return self.run("labeling.try_functions", _given(locals()))

    def suggest_functions(
        self,
        data_path: TableLike,
        hand_labeled_examples_path: TableLike,
        *,
        max_functions: int | None = None,
        user_goal: str | None = None,
        seed: int | None = None,
        read_options: Options | None = None,
        label_column: str | None = None,
    ) -> Answer:
        """Labeling functions found in hand-labeled rows."""
        return self.run("labeling.suggest_functions", _given(locals()))

    def suggest_rows(
        self,
        data_path: TableLike,
        *,
        labeling_functions: Sequence[FunctionLike] | None = None,
        hand_labeled_examples_path: TableLike | None = None,
        num_rows: int | None = None,
        seed: int | None = None,
        read_options: Options | None = None,
        label_column: str | None = None,
    ) -> Answer:
        """Which rows to label by hand next, and why."""
        return self.run("labeling.suggest_rows", _given(locals()))

    def run_labeling_pipeline(
        self,
        user_goal: str,
        raw_data_path: TableLike,
        *,
        hand_labeled_examples_path: TableLike | None = None,
        target_auc_score: float | None = None,
        max_attempts: int | None = None,
        output_path: str | None = None,
        seed: int | None = None,
        label_column: str | None = None,
        read_options: Options | None = None,
        labeling_functions: Sequence[FunctionLike] | None = None,
    ) -> Answer:
        """Label a table from a few hand labels, measured, until it is good enough."""
        return self.run("labeling.run_pipeline", _given(locals()))

    # Models and synthetic rows

    def create_config(
        self,
        data_path: TableLike,
        *,
        output_dir: str | None = None,
        model_type: str | None = None,
        model_params: Options | None = None,
        training_params: Options | None = None,
        read_options: Options | None = None,
        label_column: str | None = None,
        columns: Options | None = None,
        rules: Sequence[Options] | str | None = None,
    ) -> Answer:
        """Write a training configuration (`config_path`)."""
        return self.run("training.create_config", _given(locals()))

    def train_model(self, config_path: str) -> Answer:
        """Train the model of a configuration."""
        return self.run("training.train_model", _given(locals()))

    def run_training_pipeline(
        self,
        labeled_data_path: TableLike,
        holdout_test_path: TableLike,
        *,
        target_utility_pct: float | None = None,
        max_attempts: int | None = None,
        output_dir: str | None = None,
        seed: int | None = None,
        label_column: str | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Train until synthetic rows are as useful as asked for."""
        return self.run("training.run_pipeline", _given(locals()))

    def generate_data(
        self,
        model_path: str,
        config_path: str,
        *,
        label: Any = None,
        num_to_generate: int | None = None,
        output_path: str | None = None,
        output_format: str | None = None,
        seed: int | None = None,
        conditions: Options | None = None,
    ) -> Answer:
        """Draw synthetic rows; `.table()` of the answer has them."""
        return self.run("generation.generate_data", _given(locals()))

    def evaluate(
        self,
        real_path: TableLike,
        synthetic_path: TableLike,
        *,
        holdout_path: TableLike | None = None,
        label_column: str | None = None,
        output_path: str | None = None,
        seed: int | None = None,
        read_options: Options | None = None,
        config_path: str | None = None,
    ) -> Answer:
        """Compare synthetic rows with real ones: utility, shapes, trends, detection, privacy."""
        return self.run("generation.evaluate", _given(locals()))

    # Cleaning

    def detect_anomalies(
        self,
        config_path: str,
        model_path: str,
        preprocessor_path: str,
        data_to_scan_path: TableLike,
        *,
        output_path: str | None = None,
        contamination: float | None = None,
        top_k: int | None = None,
        false_alarm_rate: float | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Score every row by how unlikely a trained model finds it."""
        return self.run("cleaning.detect_anomalies", _given(locals()))

    def check_table(
        self,
        data_path: TableLike,
        *,
        label_column: str | None = None,
        reference_path: TableLike | None = None,
        columns: Options | None = None,
        read_options: Options | None = None,
        output_path: str | None = None,
    ) -> Answer:
        """Find everything that is wrong with a table."""
        return self.run("cleaning.check_table", _given(locals()))

    def apply_fixes(
        self,
        data_path: TableLike,
        *,
        fixes_path: TableLike | None = None,
        min_confidence: float | None = None,
        kinds: Sequence[str] | None = None,
        journal_path: str | None = None,
        undo: bool | None = None,
        output_path: str | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Write the table with fixes applied, and a journal by which each can be undone."""
        return self.run("cleaning.apply_fixes", _given(locals()))

    def fill_missing(
        self,
        data_path: TableLike,
        *,
        model_path: str | None = None,
        config_path: str | None = None,
        columns: Sequence[str] | None = None,
        mode: str | None = None,
        seed: int | None = None,
        output_path: str | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Write the table with missing cells filled in."""
        return self.run("cleaning.fill_missing", _given(locals()))

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


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    """A method's arguments as the request's fields."""
    return {name: value for name, value in arguments.items() if name != "self"}
