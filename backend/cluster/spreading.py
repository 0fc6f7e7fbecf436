"""Blocks over the workers of Dask: a window of them at a time, results in order.

Dask forgets a block as soon as nobody holds its future: when its result was taken, the work broke off, or we are gone.
"""

import logging
import pickle
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from typing import Any

from cluster.address import Scheduler, named_scheduler
from cluster.connection import connected, gone
from cluster.tasks import run, same
from cluster.versions import versions
from DataFoundry.blocks import spread_by
from DataFoundry.errors import ClusterError

logger = logging.getLogger(__name__)

FEW = 3  # blocks that are done here: connecting takes longer
_EACH = 2  # blocks under way for each thread of the workers
_LOOK_EVERY = 2.0  # seconds
_ALONE_SECONDS = 60.0  # without any worker, until the work is given up


@contextmanager
def spread() -> Iterator[None]:
    """Spread the blocks of what runs in this context over the workers that the operator named, if any.

    It connects when there is something to spread. When the context or the process ends, Dask forgets its blocks.

    Raises
    ------
    ClusterError
        From the work, if the cluster cannot be used.
    """
    scheduler = named_scheduler()
    if scheduler is None:
        yield
        return
    with ExitStack() as stack, spread_by(_Spreading(scheduler, stack)):
        yield


class _Spreading:
    def __init__(self, scheduler: Scheduler, stack: ExitStack) -> None:
        self._scheduler = scheduler
        self._stack = stack
        self._client: Any = None
        self._looked = 0.0
        self._threads = 1

    def __call__(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        """As `DataFoundry.blocks.in_order`."""
        items = iter(items)
        few = list(islice(items, FEW + 1))
        if len(few) <= FEW:
            yield from map(work, few)
            return
        if self._client is None:
            self._client = connected(self._scheduler, self._stack)
        yield from self._spread(work, chain(few, items))

    def _spread(self, work: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        client, waiting = self._client, deque[Any]()
        packed = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        ours, threads = versions(), _torch_threads()
        sent = self._asked(client.submit, same, packed)
        for item in items:
            block = pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
            waiting.append(self._asked(client.submit, run, sent, ours, threads, block, pure=False))
            del item, block
            while len(waiting) >= self._window():
                yield self._result(waiting.popleft())
        while waiting:
            yield self._result(waiting.popleft())

    def _window(self) -> int:
        """Blocks under way at the same time."""
        now = time.monotonic()
        if now - self._looked > _LOOK_EVERY:
            self._looked, self._threads = now, max(1, sum(self._workers().values()))
        return _EACH * self._threads

    def _workers(self) -> dict[str, int]:
        """The threads of each worker that there is."""
        scheduler = self._client.scheduler
        while self._client.status == "running":  # it asks a scheduler that is gone for as long as it tries to connect
            with suppress(TimeoutError):
                ask = self._asked(self._client.sync, scheduler.ncores, callback_timeout=_LOOK_EVERY, but=TimeoutError)
                return dict(ask)
        raise gone("The connection to the scheduler of Dask broke off")

    def _result(self, future: Any) -> Any:
        """What a block gave; raises what its work raised, or ClusterError."""
        from distributed import KilledWorker

        error = self._ended(future)
        if isinstance(error, KilledWorker):
            raise ClusterError(
                "Workers of Dask died again and again over one block of this table; nothing was written. Give them "
                "more memory."
            ) from None
        if error is not None and future.status == "error":
            raise error
        return self._asked(future.result)

    def _ended(self, future: Any) -> BaseException | None:
        """The error of a block, once it is over; raises ClusterError where it never will be."""
        alone: float | None = None
        while True:
            with suppress(TimeoutError):
                error: BaseException | None = self._asked(future.exception, timeout=_LOOK_EVERY, but=TimeoutError)
                return error
            now = time.monotonic()
            alone = None if self._workers() else alone or now
            if alone is not None and now - alone > _ALONE_SECONDS:
                raise gone("The scheduler of Dask has no workers any more")

    def _asked(self, ask: Callable[..., Any], *arguments: Any, but: Any = (), **options: Any) -> Any:
        """What Dask answers; whatever it fails on besides `but` is told as ClusterError."""
        try:
            return ask(*arguments, **options)
        except but:
            raise
        except Exception as error:
            logger.error("Dask failed (%s: %s)", type(error).__name__, error)
            raise gone("The connection to the scheduler of Dask broke off") from None


def _torch_threads() -> int:
    torch = sys.modules.get("torch")
    return int(torch.get_num_threads()) if torch is not None else 1
