"""The one runner of a server process."""

import atexit
import os
import tempfile
import threading
from pathlib import Path

from DataFoundry.settings import BROKER_VARIABLE, limits, state_folder
from jobs.processes import Launcher, local_launcher
from jobs.runner import Runner
from jobs.store import Store

_lock = threading.Lock()
_runner: Runner | None = None
_process = 0


def runner() -> Runner:
    """The runner of this process, begun when it is first asked for: then jobs that a dead server left go on.

    A server asks for it when it starts, after the last fork.
    """
    global _runner, _process
    with _lock:
        if _runner is None or _process != os.getpid():
            _runner, _process = begun(), os.getpid()
        return _runner


def begun() -> Runner:
    """A new runner of the state folder, which goes on with what a dead server left."""
    folder = state_folder()
    store = Store(folder)
    if store.path is None:  # jobs are kept in memory: their journals are to be kept somewhere, too
        folder = Path(tempfile.mkdtemp(prefix="datafoundry-"))
    local = local_launcher()
    new = Runner(store, local, _for_long_jobs(local), folder, limits())
    atexit.register(new.close)
    new.recover()
    return new


def _for_long_jobs(local: Launcher) -> Launcher:
    """Celery workers where a broker is set."""
    if not os.environ.get(BROKER_VARIABLE):
        return local
    from jobs.celery_jobs import RemoteLauncher  # needs no import where it is not used

    return RemoteLauncher()
