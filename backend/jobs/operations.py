"""Every heavy piece of work by name: the function behind it and the sentence that tells its result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from cluster import spread
from DataFoundry.wording import number_of


@dataclass(frozen=True)
class Operation:
    """One piece of work.

    Attributes
    ----------
    target
        `module:function`, imported only where the work is done.
    tell
        The message for a result.
    short
        Done in a moment for most tables, so that it does not queue behind work of minutes.
    about
        The argument with the one file that the answer depends on, if it depends on nothing else but plain arguments.
    """

    target: str
    tell: Callable[[Mapping[str, Any]], str]
    short: bool = False
    about: str | None = None

    def load(self) -> Callable[..., dict[str, Any]]:
        """The function."""
        module, _, name = self.target.partition(":")
        function: Callable[..., dict[str, Any]] = getattr(import_module(module), name)
        return function

    def run(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do it; the body of a successful answer. Raises what the function raises."""
        work = self.load()
        with spread():
            result = work(**arguments)
        return {"success": True, "message": self.tell(result), **result}


def _met(result: Mapping[str, Any]) -> str:
    if result.get("outcome") == "not_measured":
        return "Labels written; without hand-labeled rows nothing has measured them."
    met = "Target reached" if result["target_reached"] else "Target not reached; the best attempt was kept"
    return f"{met} after {number_of(len(result['attempts']), 'attempt')}."


OPERATIONS: dict[str, Operation] = {
    "dataset.info": Operation(
        "DataFoundry.evaluator:describe_dataset",
        lambda result: f"{number_of(result['num_rows'], 'row')}, {number_of(result['num_columns'], 'column')}.",
        short=True,
        about="data_path",
    ),
    "dataset.rows": Operation(
        "DataFoundry.viewer:view_rows",
        lambda result: f"{number_of(len(result['rows']), 'row')}.",
        short=True,
        about="data_path",
    ),
    "dataset.profile": Operation(
        "DataFoundry.evaluator:profile_dataset",
        lambda result: (
            f"{number_of(len(result['schema']['columns']), 'column')}, {number_of(len(result['warnings']), 'warning')}."
        ),
    ),
    "dataset.convert": Operation(
        "DataFoundry.evaluator:convert_dataset", lambda result: f"{number_of(result['num_rows'], 'row')} written."
    ),
    "labeling.create_labels": Operation(
        "DataFoundry.labeler:create_labels",
        lambda result: f"{result['num_labeled']:,} of {number_of(result['num_rows'], 'row')} labeled.",
    ),
    "labeling.try_functions": Operation(
        "DataFoundry.labeler:try_functions",
        lambda result: (
            f"{len(result['lf_analysis'])} functions tried on {result['num_rows_tried']} rows, "
            f"{result['num_failed']} of them failed."
        ),
        short=True,
    ),
    "labeling.suggest_functions": Operation(
        "DataFoundry.labeler:suggest_functions",
        lambda result: f"{number_of(len(result['labeling_functions']), 'labeling function')} found.",
    ),
    "labeling.suggest_rows": Operation(
        "DataFoundry.labeler:suggest_rows", lambda result: f"{number_of(len(result['rows']), 'row')} to label next."
    ),
    "labeling.run_pipeline": Operation("agents.labeling_pipeline:run", _met),
    "training.create_config": Operation(
        "DataFoundry.trainer:create_config",
        lambda result: f"Configuration of a {result['config']['model_type']} written.",
        short=True,
    ),
    "training.train_model": Operation("DataFoundry.trainer:train_model", lambda result: "Model trained."),
    "training.run_pipeline": Operation("agents.training_pipeline:run", _met),
    "generation.generate_data": Operation(
        "DataFoundry.generator:generate_data", lambda result: f"{number_of(result['num_generated'], 'row')} generated."
    ),
    "generation.run_pipeline": Operation("agents.sharing_pipeline:run", _met),
    "generation.evaluate": Operation(
        "DataFoundry.evaluator:evaluate_synthetic", lambda result: "Synthetic rows compared with real ones."
    ),
    "cleaning.detect_anomalies": Operation(
        "DataFoundry.evaluator:detect_anomalies",
        lambda result: f"{number_of(result['num_samples_scanned'], 'row')} scanned.",
    ),
    "cleaning.check_table": Operation(
        "DataFoundry.cleaner:check_table",
        lambda result: f"{number_of(len(result['issues']), 'issue')} in {number_of(result['num_rows'], 'row')}.",
    ),
    "cleaning.apply_fixes": Operation(
        "DataFoundry.cleaner:apply_fixes",
        lambda result: (
            f"{number_of(result['num_changed'], 'cell')} changed, "
            f"{number_of(result['num_rows_removed'], 'row')} removed."
        ),
    ),
    "cleaning.fill_missing": Operation(
        "DataFoundry.cleaner:fill_missing", lambda result: f"{number_of(result['num_filled'], 'cell')} filled."
    ),
    "cleaning.run_pipeline": Operation("agents.cleaning_pipeline:run", _met),
}
