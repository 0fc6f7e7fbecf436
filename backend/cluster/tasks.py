"""What a worker of Dask runs."""

import pickle
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cluster.versions import difference, versions
from DataFoundry.errors import ClusterError

_KEPT = 4  # works that a process keeps ready, those of several jobs


def same(work: bytes) -> bytes:
    """A work as a result of its own, which Dask makes again wherever it is lost."""
    return work


def run(work: bytes, sender: Mapping[str, str], threads: int, item: bytes) -> Any:
    """The work on one item, with as many threads of torch as the sender has: their number shows in the last bits.

    Raises
    ------
    ClusterError
        If this worker's versions are not those of the sender; it may have come later than the check at the beginning.
    """
    refuse(sender, versions())
    loaded = _loaded(work)
    block = pickle.loads(item)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    return loaded(block)


def refuse(sender: Mapping[str, str], worker: Mapping[str, str]) -> None:
    """Raise ClusterError where the versions differ."""
    told = difference(sender, worker)
    if told is not None:
        raise ClusterError(
            f"A worker of Dask has {told}; start it anew with what the service has, and send the request again."
        )


@lru_cache(maxsize=_KEPT)
def _loaded(work: bytes) -> Callable[[Any], Any]:
    """What stands in the bytes of a work; they come from the sender, whom a scheduler trusts with all it does."""
    loaded: Callable[[Any], Any] = pickle.loads(work)
    return loaded
