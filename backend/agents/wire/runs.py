"""Requests in the background, kept over restarts: jobs (`/generate/async`) and executions that ask (`/v1/workflow`)."""

import logging
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.orchestrator.service import Orchestrator, Reply
from agents.wire.streams import error_body

logger = logging.getLogger(__name__)

_JOB, _EXECUTION = "job", "execution"


class Runs:
    """Jobs and executions of one orchestrator."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self._orchestrator = orchestrator
        self._store = orchestrator.store
        for job_id, job in self._store.all(_JOB).items():
            if job["status"] in ("submitted", "running"):  # of a process that is gone
                self._store.put(
                    _JOB,
                    job_id,
                    {**job, "status": "interrupted", "error": "the server was stopped", "updated_at": _now()},
                )

    def submit(self, text: str, job_id: str | None, thread_id: str | None, expiry: int, wait: float) -> dict[str, Any]:
        """Begin a job, wait for it at most `wait` seconds, and tell how it stands. A known id is not begun again."""
        job_id = job_id or str(uuid.uuid4())
        known = self.job(job_id)
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
        self._store.put(_JOB, job_id, job)
        worker = threading.Thread(target=self._work, args=(job, text, thread_id or job_id, expiry), daemon=True)
        worker.start()
        worker.join(wait)
        return self.job(job_id) or job

    def job(self, job_id: str) -> dict[str, Any] | None:
        """How a job stands, or None."""
        return self._store.get(_JOB, job_id)

    def _work(self, job: dict[str, Any], text: str, thread_id: str, expiry: int) -> None:
        self._store.put(_JOB, job["job_id"], {**job, "status": "running", "updated_at": _now()})
        try:
            outcome: dict[str, Any] = {"status": "success", "output": self._orchestrator.run(text, thread_id).as_dict()}
        except BaseException as error:  # a thread has nobody else to tell
            outcome = {"status": "failure", "error": error_body(error)["message"]}
        self._store.put(_JOB, job["job_id"], {**job, **outcome, "updated_at": _now(), "expires_at": _later(expiry)})

    def asked(self, reply: Reply) -> dict[str, Any]:
        """An execution that waits for the answer to a question, as its clients want to be told."""
        execution_id = str(uuid.uuid4())
        execution = {
            "thread_id": reply.thread_id,
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

    def execution(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands, or None."""
        execution = self._store.get(_EXECUTION, execution_id)
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

    def answer(self, execution_id: str, interaction_id: str, text: str) -> bool:
        """Answer a question and go on in the background; False when there is no such question."""
        execution = self._store.get(_EXECUTION, execution_id)
        if (
            execution is None
            or execution["interaction_id"] != interaction_id
            or execution["status"] != "interaction_required"
        ):
            return False
        execution["status"] = "running"
        self._store.put(_EXECUTION, execution_id, execution)
        threading.Thread(target=self._go_on, args=(execution_id, execution, text), daemon=True).start()
        return True

    def _go_on(self, execution_id: str, execution: dict[str, Any], text: str) -> None:
        changed: dict[str, Any]
        try:
            reply = self._orchestrator.run(text, execution["thread_id"])
            if reply.status == "clarify":
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
