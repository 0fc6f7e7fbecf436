"""A client of Dask with workers that run the same code as we do."""

import logging
from contextlib import ExitStack
from typing import Any

from cluster.address import Scheduler
from cluster.tasks import refuse
from cluster.versions import versions
from DataFoundry.errors import ClusterError, first_line

logger = logging.getLogger(__name__)

_WORKER_SECONDS = 60
_RETRY_AFTER = 10  # seconds


def gone(what: str) -> ClusterError:
    """The error for a cluster that cannot be used any more, or not yet."""
    return ClusterError(
        f"{what}; nothing was written. Send the request again once the operator has started it.",
        retry_after=_RETRY_AFTER,
    )


def connected(scheduler: Scheduler, stack: ExitStack) -> Any:
    """A `distributed.Client`, closed with the stack, once there is a worker.

    TLS and time limits are those of Dask's own configuration, which it reads from the environment.

    Raises
    ------
    ClusterError
        If there is no Dask, no scheduler, no worker, or one of another version.
    """
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "DATAFOUNDRY_DASK_SCHEDULER is set, but Dask is not installed; install the package with the extra dask."
        ) from None
    # What is sent at once is bounded by the window.
    stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "16 GiB"}))
    try:
        address = scheduler.url or _started(scheduler.workers, stack)
        client = stack.enter_context(Client(address, set_as_default=False, name="DataFoundry"))
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
    except (OSError, RuntimeError) as error:  # TimeoutError is an OSError
        logger.error("Dask: %s", error)
        what = "has no workers" if "workers" in str(error) else "cannot be reached"
        raise gone(f"The scheduler of Dask {what}") from None
    _refuse_others(client)
    return client


def _started(workers: int, stack: ExitStack) -> Any:
    """Workers on this machine, which end with this process."""
    from distributed import LocalCluster

    return stack.enter_context(
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # there is always one; nobody else reaches it, and no port is taken
            silence_logs=logging.ERROR,
        )
    )


def _refuse_others(client: Any) -> None:
    """Raise ClusterError if scheduler or workers have other versions."""
    ours = versions()
    try:
        theirs = client.get_versions()["scheduler"]["packages"]
        found = client.run(versions)
    except Exception as error:  # whatever breaks when code that is not there, or not ours, is asked for
        logger.error("Dask: %s", error)
        raise ClusterError(
            f"The workers of Dask cannot run this service's code ({first_line(error, 120)}); start them from backend/ "
            "with the packages of this service."
        ) from None
    refuse({"distributed": ours["distributed"]}, {"distributed": str(theirs["distributed"])})
    for worker in found.values():
        refuse(ours, worker)
