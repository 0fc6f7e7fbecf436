"""What works in this installation, found out once by doing a little of it."""

import logging
from collections.abc import Callable
from functools import cache
from importlib import import_module

from DataFoundry.labeling.execution.sandbox import Sandbox
from DataFoundry.labeling.functions.reading import read_functions

logger = logging.getLogger(__name__)


def working() -> dict[str, bool]:
    """Each feature of the specification's health check, true if its parts import and work."""
    return {name: _works(name) for name in _PROBES}


@cache
def _works(name: str) -> bool:
    try:
        _PROBES[name]()
    except Exception:  # whatever is wrong, the answer is that the feature does not work
        logger.exception("%s does not work in this installation", name)
        return False
    return True


def try_sandbox() -> None:
    """Run a labeling function in the sandbox; raises whatever is wrong."""
    function = read_functions([{"name": "probe", "code": "def probe(x):\n    return str(x['a']).count('1')"}])[0]
    with Sandbox() as sandbox, sandbox.opened(function) as session:
        if session.call(["a"], [(1,), (0,)]) != [1, 0]:
            raise RuntimeError("The sandbox answers wrongly.")


def _labeling() -> None:
    import_module("DataFoundry.labeler")
    try_sandbox()


def _imports(*modules: str) -> Callable[[], None]:
    def probe() -> None:
        for module in modules:
            import_module(module)

    return probe


_PROBES: dict[str, Callable[[], None]] = {
    "data_labeling": _labeling,
    "model_training": _imports("DataFoundry.trainer"),
    "data_generation": _imports("DataFoundry.generator"),
    "anomaly_detection": _imports("DataFoundry.evaluator"),
    "agent_pipelines": _imports(
        "langgraph.graph",
        "agents.labeling_pipeline",
        "agents.training_pipeline",
        "agents.cleaning_pipeline",
        "agents.sharing_pipeline",
    ),
}
