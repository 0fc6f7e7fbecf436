"""The queue: jobs come in, run in worker processes a few at a time, and end in the store."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from DataFoundry.errors import (
    BusyError,
    ConflictError,
    DataFoundryError,
    DiskFullError,
    JobCancelledError,
    JobFinishedError,
    JobKilledError,
    JobTimeoutError,
    MissingJobError,
    RequestRunningError,
    ReusedKeyError,
)
from DataFoundry.roots import own_roots
from DataFoundry.settings import Limits
from DataFoundry.storage import journal
from jobs import finished_results
from jobs.job_log import JobLog, quietly
from jobs.operations import OPERATIONS
from jobs.processes import Launcher, Worker
from jobs.server_processes import Owner
from jobs.store import CANCELLED, FAILED, QUEUED, SUCCEEDED, Job, Key, Store
from jobs.work_queue import Lane
from jobs.worker import Order, Problem

logger = logging.getLogger(__name__)

_LOOK_EVERY = 1.0  # seconds between two looks whether a running job should stop
_MORE_STOPS = 10  # times as often as a job may be begun may the server be stopped under it
_RETRY_AFTER = 10  # seconds, for a client that found the queue full
_MAY_PASS = (ConflictError, DiskFullError, BusyError, JobKilledError, JobTimeoutError)  # another day


@dataclass(eq=False)
class _Live:
    """A job that this process will run, runs or has just run."""

    job: Job
    log: JobLog
    done: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    worker: Worker | None = None

    def stop(self) -> None:
        self.stopping.set()
        if self.worker is not None:
            self.worker.stop()


class Runner:
    """Runs jobs of one state folder.

    Parameters
    ----------
    store
        Where jobs are known.
    short, long
        Where short jobs run, and where the others do.
    folder
        The state folder.
    bounds
        How many, how long, how often.
    """

    def __init__(self, store: Store, short: Launcher, long: Launcher, folder: Path, bounds: Limits) -> None:
        self.store = store
        self._launchers = {True: short, False: long}
        self._bounds = bounds
        self._journals = folder / journal.FOLDER
        self._finished = folder / finished_results.FOLDER
        self._owner = Owner(folder)
        self._live: dict[str, _Live] = {}
        self._closing = False
        self._lanes = {
            is_short: Lane("short jobs" if is_short else "jobs", bounds.max_running_jobs, self._run)
            for is_short in (True, False)
        }

    def broken(self) -> frozenset[str]:
        """The operations whose code cannot be imported where jobs run; waits until that is known."""
        return frozenset().union(*(each.broken() for each in set(self._launchers.values())))

    def submit(
        self,
        operation: str,
        arguments: dict[str, Any],
        durable: bool = False,
        key: Key | None = None,
        client: str = "",
    ) -> tuple[Job, bool]:
        """A new job, and True; or the finished one that has this key already, and False.

        Parameters
        ----------
        durable
            It is to go on after a restart and after the death of its process; else either is its end.
        client
            Who asks. The work is confined to the data roots that the asking thread is confined to.

        Raises
        ------
        BusyError
            If the queue is full.
        ReusedKeyError
            If the key belongs to another request.
        RequestRunningError
            If the job of this key is not finished.
        """
        lane = self._lanes[OPERATIONS[operation].short]
        if lane.waiting >= self._bounds.max_queued_jobs:
            raise BusyError(
                f"{lane.waiting} jobs are waiting already, as many as may; try again in a while.",
                retry_after=_RETRY_AFTER,
            )
        job, new = self._added(operation, arguments, durable, key, client)
        if new:
            self._enqueue(job)
        elif key is not None and job.digest != key.digest:
            raise ReusedKeyError(
                "This Idempotency-Key was used for another request; take a new key for each new request.", job=job.id
            )
        elif not job.over:
            raise RequestRunningError(
                f"The request with this Idempotency-Key is not finished; follow /api/jobs/{job.id}.", job=job.id
            )
        return job, new

    def get(self, name: str) -> Job:
        """A job by its id; raises MissingJobError."""
        live = self._live.get(name)
        job = live.job if live is not None and live.done.is_set() else self.store.get(name)
        if job is None:
            raise self.missing(name)
        return job

    @staticmethod
    def missing(name: str) -> MissingJobError:
        """What is said of a job that is not there."""
        return MissingJobError(f"There is no job {name[:100]!r}; it never was, or it is too old to be remembered.")

    def wait(self, name: str, seconds: float | None = None) -> Job:
        """The job once it is over, or as it is after so many seconds."""
        live = self._live.get(name)
        if live is not None:
            live.done.wait(seconds)
            return live.job if live.done.is_set() else self.get(name)
        return self._waited(name, seconds, lambda job: job.over)

    def cancel(self, name: str) -> Job:
        """Stop a job, also a running one, and remove what it left unfinished.

        Raises
        ------
        MissingJobError
        JobFinishedError
            If it was over before.
        """
        job = self.get(name)
        if not self.store.ask_to_cancel(name):
            raise JobFinishedError(
                f"The job is over already ({self.get(name).state}); what it wrote stays, and its answer is kept.",
                state=self.get(name).state,
            )
        problem = Problem.of(JobCancelledError("The job was cancelled; nothing half-written is left."))
        waited = self.store.finish(name, CANCELLED, 0.0, problem=problem, again=True, only=(QUEUED,))
        live = self._live.get(name)
        if waited:
            journal.sweep(self._journals, name, everything=True)
        if live is not None:
            live.stop()
            if waited:
                self._settle(live, self.get(name))
        job = self._waited(name, None, lambda each: each.over)
        if job.state != CANCELLED:
            raise JobFinishedError(f"The job was over before it could be cancelled ({job.state}).", state=job.state)
        return job

    def recover(self) -> int:
        """Take over what dead servers left: go on with what was promised; how many jobs that are."""
        left = [job for job in self.store.unfinished() if self._owner.is_gone(job.owner)]
        mine = [self.get(job.id) for job in left if self.store.requeue(job.id, self._owner.name, job.owner, lost=True)]
        going = [job for job in mine if self._goes_on(job)]
        journal.sweep(self._journals)  # after what is not to go on, before anything is at work
        for job in sorted(going, key=lambda each: each.lost):  # one that takes the server along comes last
            self._enqueue(job)
        for name in finished_results.noted(self._finished):
            noted = self.store.get(name)
            if noted is None or noted.over:
                finished_results.forget(self._finished, name)
        if going:
            logger.warning("jobs of a server that was stopped go on: %d", len(going))
        self.store.prune(self._bounds.max_kept_jobs)
        return len(going)

    def close(self) -> None:
        """Stop what runs here; what was promised goes on at the next start."""
        self._closing = True
        for launcher in set(self._launchers.values()):
            launcher.close()
        self._owner.leave()
        self.store.close()

    def _added(
        self, operation: str, arguments: dict[str, Any], durable: bool, key: Key | None, client: str
    ) -> tuple[Job, bool]:
        try:
            return self.store.add(operation, arguments, self._owner.name, durable, key, client, own_roots())
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise DiskFullError("The disk is full, so that the job could not be noted; free some space.") from None
            raise BusyError(
                f"The job could not be noted ({error}); try again in a while.", retry_after=_RETRY_AFTER
            ) from None

    def _waited(self, name: str, seconds: float | None, enough: Callable[[Job], bool]) -> Job:
        """The job once it is as wanted, whichever process runs it."""
        until = None if seconds is None else time.monotonic() + seconds
        job = self.get(name)
        while not enough(job):
            left = 0.25 if until is None else min(0.25, until - time.monotonic())
            if left <= 0:
                break
            self.store.wait_for_change(left)
            job = self.get(name)
        return job

    def _enqueue(self, job: Job) -> None:
        live = self._live[job.id] = _Live(job, JobLog(self.store, job.id))
        self._lanes[OPERATIONS[job.operation].short].put(live)

    def _goes_on(self, job: Job) -> bool:
        """Whether a job of a dead server goes on; else it is over from here on, and what it left is removed."""
        if (result := finished_results.found(self._finished, job.id)) is not None:
            journal.sweep(self._journals, job.id, everything=True)
            self.store.finish(job.id, SUCCEEDED, job.seconds or 0.0, result)
            return False
        if job.cancelling:
            error: DataFoundryError = JobCancelledError("The job was cancelled; nothing half-written is left.")
        elif not job.durable:
            error = JobKilledError("The server was stopped before the answer was ready; send the request again.")
        elif not self._may_go_on(job):
            error = JobKilledError(
                f"The job was begun {job.attempts} times and interrupted each time; see the server's log."
            )
        elif job.operation not in OPERATIONS:
            error = JobKilledError(f"This version of the service does not know {job.operation!r}.")
        else:
            return True
        journal.sweep(self._journals, job.id, everything=True)
        state = CANCELLED if job.cancelling else FAILED
        self.store.finish(job.id, state, job.seconds or 0.0, problem=Problem.of(error), again=True)
        return False

    def _run(self, live: _Live) -> None:
        """One job from its turn to its end, also where the store cannot take note of it; never raises."""
        try:
            self._run_through(live)
        except Exception as error:  # a full disk, most likely: whoever waits is to hear of it
            logger.exception("job %s could not be kept", live.job.id)
            self._settle(live, replace(live.job, state=FAILED, problem=Problem.of(error)), kept=False)

    def _run_through(self, live: _Live) -> None:
        self._launchers[OPERATIONS[live.job.operation].short].ready()
        if self._closing:
            return
        job = self.store.start(live.job.id)
        if job is None:  # cancelled meanwhile
            self._settle(live, self.get(live.job.id))
            return
        live.job = job
        live.log.tell("begun" if job.attempts == 1 else f"begun, attempt {job.attempts}")
        started = time.monotonic()
        try:
            outcome = self._outcome(live, started)
        except DataFoundryError as error:
            outcome = _failed(error)
        except Exception as error:  # nothing may stop this thread
            logger.exception("job %s could not be run", job.id)
            outcome = {"problem": vars(Problem.of(error))}
        if self._closing:
            return
        if (
            outcome.get("killed")
            and self._may_go_on(job)
            and self.store.requeue(job.id, self._owner.name, self._owner.name)
        ):
            live.log.tell(f"begun again: {outcome['problem']['message']}", logging.WARNING)
            self._lanes[OPERATIONS[job.operation].short].put(live)
            return
        self._end(live, outcome, time.monotonic() - started)

    def _may_go_on(self, job: Job) -> bool:
        """Whether it is begun again after its process died, or the server: for that the job is not to blame so soon."""
        most = self._bounds.max_job_attempts
        return job.durable and job.attempts - job.lost < most and job.lost < _MORE_STOPS * most

    def _outcome(self, live: _Live, started: float) -> dict[str, Any]:
        """Run the job in a worker and listen; `result` or `problem`, and `killed` where its process died."""
        job, outcome, late, looked = live.job, {}, False, started
        worker = live.worker = self._launched(live)
        if live.stopping.is_set():
            worker.stop()
        for message in worker.messages(_LOOK_EVERY):
            if message and ("result" in message or "problem" in message):
                outcome = message
            elif message:
                live.log.hear(message)
            if time.monotonic() - looked >= _LOOK_EVERY:
                looked = time.monotonic()
                late = late or looked - started > self._bounds.max_job_seconds
                if late or self._is_cancelling(job):
                    live.stop()
        if not outcome and (result := finished_results.found(self._finished, job.id)) is not None:
            outcome = {"result": result}  # its process died before it could tell
        stopped = live.stopping.is_set() and not outcome
        over = not outcome and not late and not self._closing and (stopped or not self._may_go_on(job))
        journal.sweep(self._journals, job.id, everything=over)
        if outcome:
            return outcome
        if late:
            return _failed(
                JobTimeoutError(f"The job ran longer than {self._bounds.max_job_seconds} s, the limit; ask for less.")
            )
        if stopped:
            return _failed(JobCancelledError("The job was cancelled; nothing half-written is left."))
        return {
            **_failed(JobKilledError(f"The work did not finish: {worker.ending()}. Nothing half-written was left.")),
            "killed": True,
        }

    def _launched(self, live: _Live) -> Worker:
        """Begin a job; what was promised waits until it can be begun."""
        job = live.job
        noted = str(self._finished) if job.durable else None
        order = Order(job.id, job.operation, job.arguments or {}, str(self._journals), job.attempts, job.roots, noted)
        while True:
            try:
                return self._launchers[OPERATIONS[job.operation].short].launch(order)
            except BusyError as error:
                if not job.durable:
                    raise
                live.log.tell(f"waits: {error}", logging.WARNING)
            if live.stopping.wait(_RETRY_AFTER):
                raise JobCancelledError("The job was cancelled; it had not been begun.")

    def _is_cancelling(self, job: Job) -> bool:
        found = quietly(self.store.get, job.id)
        return found is not None and found.cancelling

    def _end(self, live: _Live, outcome: dict[str, Any], seconds: float) -> None:
        """Keep what came of a job, and tell who waits for it."""
        problem = Problem(**outcome["problem"]) if "problem" in outcome else None
        error = problem.error() if problem else None
        state = CANCELLED if isinstance(error, JobCancelledError) else FAILED if error else SUCCEEDED
        why = f": {error}" if problem and problem.message else ""
        live.log.tell(f"{state} after {seconds:.1f} s", to_owner=why)
        again = error is not None and (isinstance(error, _MAY_PASS) or type(error) is DataFoundryError)
        result = outcome.get("result")
        kept = quietly(self.store.finish, live.job.id, state, seconds, result, problem, again)
        if kept and live.job.durable:
            finished_results.forget(self._finished, live.job.id)
        self._settle(live, replace(live.job, state=state, result=result, problem=problem), kept is True)
        quietly(self.store.prune, self._bounds.max_kept_jobs)

    def _settle(self, live: _Live, job: Job, kept: bool = True) -> None:
        """`live` is over, as `job` says; it stays in memory where the store could not keep it."""
        live.job = job
        live.done.set()
        if kept:
            self._live.pop(job.id, None)


def _failed(error: DataFoundryError) -> dict[str, Any]:
    return {"problem": vars(Problem.of(error))}
