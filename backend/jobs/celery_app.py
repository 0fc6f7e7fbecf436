"""Celery workers for when one machine is not enough.

From `backend/`, on each machine that shares the data folders with the server:

    DATAFOUNDRY_BROKER_URL=redis://... celery -A jobs.celery_app worker --concurrency 2

Messages are JSON. A message is acknowledged when its work is done, so that a worker that dies hands it back; each job
has a process of its own, as without Celery.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import Celery, Task, signals

from DataFoundry.settings import BACKEND, BROKER_VARIABLE, RESULTS_VARIABLE, limits, state_folder
from DataFoundry.storage import journal
from jobs.operations import OPERATIONS
from jobs.processes import threads_each
from jobs.worker import Message, Order, perform, use_threads
from jobs.worker_host import die_with_parent

TASK = "datafoundry.run"
WORKING = "WORKING"  # the state of a task that gives signs of life
_BEAT = 1.0  # seconds between two signs of life
_LOST_WAIT = 2.0  # seconds until the job of a process that died is handed back
_RESULT_SECONDS = 24 * 3600


# The command `celery` puts the folder that it was started in there only while it looks for this module, and takes the
# first that it finds away again.
sys.path.append(str(BACKEND))


def build() -> Celery:
    """The application that server and workers share.

    Raises
    ------
    ValueError
        If no broker is set.
    """
    broker = os.environ.get(BROKER_VARIABLE, "")
    if not broker:
        raise ValueError(f"{BROKER_VARIABLE} is not set; name a broker, such as redis://localhost:6379/0.")
    longest = limits().max_job_seconds
    celery = Celery("DataFoundry", set_as_current=False)
    celery.conf.update(
        **_transport(broker, longest),
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        result_accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_track_started=True,
        task_time_limit=longest,
        result_expires=_RESULT_SECONDS,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=1,
        worker_lost_wait=_LOST_WAIT,
        worker_hijack_root_logger=True,
        broker_connection_retry_on_startup=True,
    )
    celery.task(_run, name=TASK, bind=True)
    return celery


def _transport(broker: str, longest: int) -> dict[str, Any]:
    """Settings of the broker; with `filesystem:///some/folder` everything lies in that folder of one machine."""
    url = urlsplit(broker)
    if url.scheme != "filesystem":
        backend = broker if url.scheme.startswith("redis") else "rpc://"
        return {
            "broker_url": broker,
            "result_backend": os.environ.get(RESULTS_VARIABLE) or backend,
            "broker_transport_options": {"visibility_timeout": longest + 60},
        }
    folders = {name: Path(url.path) / name for name in ("queue", "control", "results")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": "filesystem://",
        "result_backend": os.environ.get(RESULTS_VARIABLE) or f"file://{folders['results']}",
        "broker_transport_options": {
            "data_folder_in": str(folders["queue"]),
            "data_folder_out": str(folders["queue"]),
            "control_folder": str(folders["control"]),
        },
    }


def _run(task: Task, order: dict[str, Any]) -> Message:
    """One job in a worker: `{"result"}` or `{"problem"}`."""
    latest: Message = {}
    use_threads(threads_each())
    with _signs_of_life(task, latest):
        ours = replace(Order(**order), journals=str(state_folder() / journal.FOLDER), finished=None)  # Celery keeps it
        perform(ours, latest.update)
    return {name: latest[name] for name in ("result", "problem") if name in latest}


@contextmanager
def _signs_of_life(task: Task, latest: Message) -> Iterator[None]:
    """Tell the latest progress once a second, with a number that grows, while the block runs."""
    over = threading.Event()
    name = task.request.id

    def beat() -> None:
        number = 0
        while not over.wait(_BEAT):
            number += 1
            task.update_state(name, WORKING, {"beat": number, "progress": latest.get("progress")})

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@signals.worker_init.connect
def _prepare(**_: object) -> None:
    """Import what jobs need once, before the worker forks, and tidy up after workers that were killed."""
    for operation in OPERATIONS.values():
        import_module(operation.target.partition(":")[0])
    journal.sweep(state_folder() / journal.FOLDER)


@signals.worker_process_init.connect
def _begin(**_: object) -> None:
    """No process of a worker outlives it: its job would be given to another while it still writes."""
    die_with_parent()


if BROKER_VARIABLE in os.environ:
    app = build()
