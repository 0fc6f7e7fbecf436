"""Requests in the background, kept over restarts: jobs (`/generate/async`) and executions that ask (`/v1/workflow`)."""

import logging
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.orchestrator.service import Orchestrator, Reply
from agents.wire.streams import error_body
from DataFoundry.progress import Report, reported_to
from DataFoundry.roots import confined_to, own_roots

logger = logging.getLogger(__name__)

_JOB, _EXECUTION = "job", "execution"


class Steps:
    """The steps of a request that is being worked on: those that are done, and the one that runs."""

    def __init__(self) -> None:
        self._told: list[dict[str, Any]] = []

    def emit(self, event: str, tool: str, _data: Any) -> None:
        """The graph's side: a step starts or ends."""
        if event == "start":
            self._told.append({"tool": tool, "state": "running", "progress": None})
        else:
            self._told[-1] = {"tool": tool, "state": "done", "progress": None}

    def report(self, report: Report) -> None:
        """How far the running step is, see `progress.reported_to`."""
        if self._told and self._told[-1]["state"] == "running":
            self._told[-1] = {**self._told[-1], "progress": report}

    def as_list(self) -> list[dict[str, Any]]:
        return list(self._told)


class Runs:
    """Jobs and executions of one orchestrator, each for the client that began it: to others it is not there."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self._store = orchestrator.store
        self._steps: dict[str, Steps] = {}  # of the jobs that run now, by what they are kept as
        for name, job in self._store.all(_JOB).items():
            if job["status"] in ("submitted", "running"):  # of a process that is gone
                self._store.put(
                    _JOB,
                    name,
                    {**job, "status": "interrupted", "error": "the server was stopped", "updated_at": _now()},
                )

    def submit(
        self, text: str, job_id: str | None, thread_id: str | None, expiry: int, wait: float, client: str = ""
    ) -> dict[str, Any]:
        """Begin a job, wait for it at most `wait` seconds, and tell how it stands. A known id is not begun again."""
        job_id = job_id or str(uuid.uuid4())
        known = self.job(job_id, client)
        if known is not None and known["status"] != "interrupted":
            return known
        job = {
            "job_id": job_id,
            "status": "submitted",
            "error": None,
            "created_at": _now(),
            "updated_at": _now(),
            "expires_at": _later(expiry),
            "output": None,
        }
        name, roots = _name(job_id, client), own_roots()
        self._store.put(_JOB, name, job)

        def work() -> None:
            steps = self._steps[name] = Steps()
            self._store.put(_JOB, name, {**job, "status": "running", "updated_at": _now()})
            with confined_to(roots), reported_to(steps.report):
                outcome = self._outcome(text, thread_id or job_id, client, steps)
            self._store.put(_JOB, name, {**job, **outcome, "updated_at": _now(), "expires_at": _later(expiry)})
            del self._steps[name]

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(wait)
        return self.job(job_id, client) or job

    def job(self, job_id: str, client: str = "", sees_all: bool = False) -> dict[str, Any] | None:
        """How a job stands, while it runs with its `steps`, or None.

        An administrator (`sees_all`) also hears of others' jobs.
        """
        name = _name(job_id, client)
        found = self._store.get(_JOB, name)
        if found is None and sees_all:
            every = self._store.all(_JOB)
            name = next((each for each in every if each.rpartition("/")[2] == job_id), name)
            found = every.get(name)
        steps = self._steps.get(name)
        if found is None or steps is None or found["status"] != "running":
            return found
        return {**found, "steps": steps.as_list()}

    def _outcome(self, text: str, thread_id: str, client: str, steps: Steps) -> dict[str, Any]:
        try:
            reply = self._orchestrator.run(text, thread_id, steps.emit, client)
        except BaseException as error:  # a thread has nobody else to tell
            return {"status": "failure", "error": error_body(error)["message"]}
        return {"status": "success", "output": reply.as_dict()}

    def asked(self, reply: Reply, client: str = "") -> dict[str, Any]:
        """An execution that waits for the answer to a question, as its clients want to be told."""
        execution_id = str(uuid.uuid4())
        execution = {
            "thread_id": reply.thread_id,
            "client": client,
            "interaction_id": str(uuid.uuid4()),
            "status": "interaction_required",
            "question": reply.value,
            "result": None,
            "error": None,
        }
        self._store.put(_EXECUTION, execution_id, execution)
        return {
            "execution_id": execution_id,
            "status_url": f"/executions/{execution_id}",
            **_question(execution_id, execution),
        }

    def execution(self, execution_id: str, client: str = "", sees_all: bool = False) -> dict[str, Any] | None:
        """How an execution stands, or None."""
        execution = self._seen(execution_id, client, sees_all)
        if execution is None:
            return None
        if execution["status"] == "interaction_required":
            return {"execution_id": execution_id, **_question(execution_id, execution)}
        told = {"execution_id": execution_id, "status": execution["status"]}
        if execution["status"] == "completed":
            told["result"] = execution["result"]
        elif execution["status"] == "failed":
            told["error"] = execution["error"]
        return told

    def _seen(self, execution_id: str, client: str, sees_all: bool) -> dict[str, Any] | None:
        execution = self._store.get(_EXECUTION, execution_id)
        mine = execution is not None and (sees_all or execution.get("client", "") == client)
        return execution if mine else None

    def answer(
        self, execution_id: str, interaction_id: str, text: str, client: str = "", sees_all: bool = False
    ) -> bool:
        """Answer a question and go on in the background; False when there is no such question."""
        execution = self._seen(execution_id, client, sees_all)
        if (
            execution is None
            or execution["interaction_id"] != interaction_id
            or execution["status"] != "interaction_required"
        ):
            return False
        execution["status"] = "running"
        self._store.put(_EXECUTION, execution_id, execution)
        threading.Thread(target=self._go_on, args=(execution_id, execution, text, own_roots()), daemon=True).start()
        return True

    def _go_on(self, execution_id: str, execution: dict[str, Any], text: str, roots: tuple[str, ...] | None) -> None:
        changed: dict[str, Any]
        try:
            with confined_to(roots):
                reply = self._orchestrator.run(text, execution["thread_id"], client=execution.get("client", ""))
            if reply.status in ("clarify", "confirm"):
                changed = {
                    "status": "interaction_required",
                    "interaction_id": str(uuid.uuid4()),
                    "question": reply.value,
                }
            else:
                changed = {"status": "completed", "result": reply.as_dict()}
        except BaseException as error:  # a thread has nobody else to tell
            changed = {"status": "failed", "error": error_body(error)}
        self._store.put(_EXECUTION, execution_id, {**execution, **changed})


def _name(job_id: str, client: str) -> str:
    """What a job is kept as: clients choose the ids of their jobs, and neither may meet another's."""
    return f"{client}/{job_id}" if client else job_id


def _question(execution_id: str, execution: dict[str, Any]) -> dict[str, Any]:
    interaction = execution["interaction_id"]
    return {
        "status": "interaction_required",
        "interaction_id": interaction,
        "prompt": {
            "text": execution["question"],
            "timeout": None,
            "error": "This prompt is no longer available.",
            "input_type": "text",
            "placeholder": "testing_data/adult.csv",
            "required": True,
        },
        "response_url": f"/executions/{execution_id}/interactions/{interaction}/response",
    }


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat()


def _later(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat() + "Z"
