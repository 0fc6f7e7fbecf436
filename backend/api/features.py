"""What works in this installation: the features of the specification's health check."""

import logging
from functools import cache

from DataFoundry.labeling.execution.sandbox import Sandbox
from DataFoundry.labeling.functions.reading import read_functions
from jobs import service

logger = logging.getLogger(__name__)

_OPERATIONS = {  # without which a feature does not work
    "data_labeling": {"labeling.create_labels"},
    "model_training": {"training.train_model"},
    "data_generation": {"generation.generate_data"},
    "anomaly_detection": {"cleaning.detect_anomalies"},
    "agent_pipelines": {f"{area}.run_pipeline" for area in ("labeling", "training", "generation", "cleaning")},
}


def working() -> dict[str, bool]:
    """Each feature, true if the code of its operations can be imported where jobs run, and its sandbox works.

    Waits until that is known: some seconds after the start of the server.
    """
    broken = service.runner().broken()
    found = {name: not needed & broken for name, needed in _OPERATIONS.items()}
    return found | {"data_labeling": found["data_labeling"] and _sandbox_works()}


@cache
def _sandbox_works() -> bool:
    try:
        try_sandbox()
    except Exception:  # whatever is wrong, the answer is that the feature does not work
        logger.exception("The sandbox of labeling functions does not work in this installation")
        return False
    return True


def try_sandbox() -> None:
    """Run a labeling function in the sandbox; raises whatever is wrong."""
    function = read_functions([{"name": "probe", "code": "def probe(x):\n    return str(x['a']).count('1')"}])[0]
    with Sandbox() as sandbox, sandbox.opened(function) as session:
        if session.call(["a"], [(1,), (0,)]) != [1, 0]:
            raise RuntimeError("The sandbox answers wrongly.")
