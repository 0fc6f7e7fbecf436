"""The service's heavy routes as methods, each with the route's own field names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datafoundry_client.answers import Answer
from datafoundry_client.inputs import FunctionLike, TableLike

Options = Mapping[str, Any]


class Operations:
    """Each method POSTs its arguments and waits for the answer. An argument that is None is left to the service."""

    def run(self, operation: str, arguments: Mapping[str, Any]) -> Answer:
        """Run a route by the name of its operation, such as `dataset.profile`."""
        raise NotImplementedError

    # Tables

    def info(self, data_path: TableLike, *, read_options: Options | None = None) -> Answer:
        """Rows, columns, types, missing values and first rows of a table."""
        return self.run("dataset.info", _given(locals()))

    def rows(
        self,
        data_path: TableLike,
        *,
        offset: int | None = None,
        limit: int | None = None,
        sort_by: str | None = None,
        descending: bool | None = None,
        columns: Sequence[str] | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Some rows of a table, as it stands or sorted by one column."""
        return self.run("dataset.rows", _given(locals()))

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
        data_path: TableLike | None = None,
        *,
        output_dir: str | None = None,
        model_type: str | None = None,
        model_params: Options | None = None,
        training_params: Options | None = None,
        read_options: Options | None = None,
        label_column: str | None = None,
        columns: Options | None = None,
        rules: Sequence[Options] | str | None = None,
        tables: Mapping[str, Options] | None = None,
        relations: Sequence[Options] | None = None,
    ) -> Answer:
        """Write a training configuration (`config_path`): of one table, or of several that name one another."""
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
        scale: float | None = None,
        given: Mapping[str, str] | None = None,
    ) -> Answer:
        """Draw synthetic rows; `.table()` of the answer has them."""
        return self.run("generation.generate_data", _given(locals()))

    def run_sharing_pipeline(
        self,
        data_path: TableLike,
        *,
        label_column: str | None = None,
        holdout_path: TableLike | None = None,
        num_rows: int | None = None,
        target_utility_pct: float | None = None,
        max_attempts: int | None = None,
        output_path: str | None = None,
        output_dir: str | None = None,
        seed: int | None = None,
        read_options: Options | None = None,
        columns: Options | None = None,
    ) -> Answer:
        """Make a synthetic version of a table that may be shared, with a verdict."""
        return self.run("generation.run_pipeline", _given(locals()))

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
        remove_duplicates: str | None = None,
    ) -> Answer:
        """Write the table with fixes applied and duplicates left out, and a journal by which each can be undone."""
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

    def run_cleaning_pipeline(
        self,
        data_path: TableLike,
        *,
        label_column: str | None = None,
        holdout_test_path: TableLike | None = None,
        target_errors_removed: float | None = None,
        max_attempts: int | None = None,
        output_path: str | None = None,
        seed: int | None = None,
        read_options: Options | None = None,
    ) -> Answer:
        """Clean a table until it may be trained on; `summary` tells what was tried."""
        return self.run("cleaning.run_pipeline", _given(locals()))


def _given(arguments: dict[str, Any]) -> dict[str, Any]:
    """A method's arguments as the request's fields."""
    return {name: value for name, value in arguments.items() if name != "self"}
