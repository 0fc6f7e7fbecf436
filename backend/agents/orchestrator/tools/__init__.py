"""Each tool of a plan as one call of the library; the registry names them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from agents.orchestrator.tools.work import Result, Work

# By `module.function`, imported when they are first used: what they call takes ten seconds to import.
REGISTRY = {
    "label": "labels.label",
    "label_agent": "labels.label_agent",
    "train": "models.train",
    "train_agent": "models.train_agent",
    "generate": "rows.generate",
    "clean_agent": "pipelines.clean_agent",
    "share_agent": "pipelines.share_agent",
    "detect_anomalies": "rows.detect_anomalies",
    "evaluate": "rows.evaluate",
    "describe": "tables.describe",
    "list": "tables.list_things",
    "profile": "cleaning.profile",
    "check_table": "cleaning.check_table",
    "apply_fixes": "cleaning.apply_fixes",
    "fill_missing": "cleaning.fill_missing",
    "convert": "cleaning.convert",
    "suggest_functions": "labels.suggest_functions",
    "suggest_rows": "labels.suggest_rows",
    "try_functions": "labels.try_functions",
}


def loaded(tool: str) -> Callable[[Work], Result]:
    """The function of a tool."""
    module, _, name = REGISTRY[tool].partition(".")
    function: Callable[[Work], Result] = getattr(import_module(f"{__name__}.{module}"), name)
    return function


def execute(tool: str, args: dict[str, Any], results: list[dict[str, Any]], tag: str) -> Result:
    """Run one step on the results of the steps before it.

    Raises
    ------
    DataFoundryError
        One of its classes.
    Question
        If only the person can tell how to go on.
    """
    return loaded(tool)(Work(tool, args, results, tag))
