"""The orchestrator as the wire sees it: a request and a thread in, a reply out."""

import hashlib
import os
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from agents.orchestrator import planner_llm, reports
from agents.orchestrator.dialogue.memory import Memory
from agents.orchestrator.graph import build
from agents.orchestrator.offline.lexicon import ACTS
from agents.orchestrator.planner_offline import OfflinePlanner, plain
from agents.orchestrator.presence import absent
from agents.orchestrator.state import Context, Emit, Planner, silent
from agents.orchestrator.store import Store, connect
from agents.orchestrator.tool_names import ARGUMENTS
from agents.orchestrator.tools import REGISTRY, loaded
from agents.orchestrator.verifier import MAX_STEPS, verified
from DataFoundry.errors import DataFoundryError
from DataFoundry.settings import OUTPUT_FOLDER

DATABASE_VARIABLE = "DATAFOUNDRY_ORCHESTRATOR_DB"
KEPT_SECONDS = 30 * 24 * 3600.0
THREAD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class WorkflowError(Exception):
    """A step failed; the message says which, and what was done before it."""

    def __init__(self, message: str, kind: str, thread_id: str) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.thread_id = thread_id


@dataclass(frozen=True)
class Reply:
    """The answer to a request.

    Attributes
    ----------
    value
        For people.
    status
        `ok`, `confirm` (`value` says what would be done, `plan` is it; a yes runs it), `clarify` (`value` is a
        question; the next message of the thread answers it), `help`, `refuse` or `unsupported`.
    plan, steps, artifacts
        What was to be done, what each finished step gave, and every file.
    """

    value: str
    status: str
    thread_id: str
    plan: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Orchestrator:
    """Runs requests on the graph, each thread by itself, with checkpoints in one SQLite file.

    Parameters
    ----------
    database
        By default `orchestrator.sqlite` in the output folder, or what `DATAFOUNDRY_ORCHESTRATOR_DB` says.
    planner
        By default the language model that the environment names above the offline planner, else that alone.
    """

    def __init__(self, database: Path | None = None, planner: Planner | None = None) -> None:
        path = database or Path(os.environ.get(DATABASE_VARIABLE) or OUTPUT_FOLDER / "orchestrator.sqlite")
        self.planner: Planner = planner or planner_llm.planner()
        self.store = Store(path)
        self._saver = SqliteSaver(connect(path), serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        self._graph = build(self._saver)
        self._locks = ThreadLocks()
        for thread_id in self.store.forget_before(time.time() - KEPT_SECONDS):
            self._saver.delete_thread(thread_id)

    def dry_run(self, text: str) -> Reply:
        """The plan for `text`, and what is not there for it; nothing is run or remembered."""
        plan = verified(text, self.planner.plan(text))
        if plan.status == "confirm":
            return Reply(reports.intention(plan.as_list(), plan.notes), plan.status, "", plan.as_list())
        gone = absent(plan.steps) if plan.status == "ok" else None
        value = reports.plan_in_words(plan.as_list()) if plan.status == "ok" else plan.message
        value = f"{value}\n{gone.question}" if gone else value
        return Reply(value, plan.status, "", plan.as_list() if plan.status == "ok" else [])

    def run(self, text: str, thread_id: str | None = None, emit: Emit = silent, client: str = "") -> Reply:
        """Do what `text` asks, or answer the thread's question with it, or go on where the thread was interrupted.

        Threads belong to whoever began them: the same name means another thread to another `client`, the name of a key.

        Raises
        ------
        WorkflowError
            If a step failed.
        """
        thread_id = thread_id or uuid.uuid4().hex
        kept = _kept_as(thread_id, client)
        with self._locks.held(kept):
            self.store.touch(kept)
            config: Any = {"configurable": {"thread_id": kept}, "recursion_limit": 2 * MAX_STEPS + 50}
            context = Context(self.planner, kept, emit)
            try:
                self._graph.invoke(self._input(text, config), config, context=context, durability="sync")
            except DataFoundryError as error:
                raise self._failed(config, thread_id, error.message, type(error).__name__) from error
            return self._reply(config, thread_id)

    def waiting(self, thread_id: str, client: str = "") -> str:
        """The question that a thread waits to have answered; empty when there is none."""
        snapshot = self._graph.get_state({"configurable": {"thread_id": _kept_as(thread_id, client)}})
        return str(snapshot.interrupts[0].value) if snapshot.interrupts else ""

    def _input(self, text: str, config: Any) -> Any:
        snapshot = self._graph.get_state(config)
        if snapshot.interrupts:
            return Command(resume=text)
        values = snapshot.values
        if snapshot.next and (
            not text.strip()
            or plain(text) in ACTS["again"] | ACTS["yes"]
            or text in (values.get("text"), values.get("asked"))
        ):
            return None  # killed or failed in the middle: the interrupted step is run again, and only that
        memory, notes = Memory.read(values.get("memory")), []
        if snapshot.next and values.get("plan"):
            results = values.get("results") or []
            memory = memory.after(values["plan"], results)
            if not any(task.error for task in snapshot.tasks):
                notes = [reports.set_aside(values["asked"], values["plan"], results)]
        return {
            "asked": text,
            "notes": notes,
            "pending": {},
            "memory": memory.as_dict(),
            "text": text,
            "answer": "",
            "status": "ok",
            "message": "",
            "plan": [],
            "excluded": [],
            "planner": "",
            "results": [],
            "reply": "",
        }

    def _reply(self, config: Any, thread_id: str) -> Reply:
        snapshot = self._graph.get_state(config)
        values = snapshot.values
        results = values.get("results") or []
        question = str(snapshot.interrupts[0].value) if snapshot.interrupts else ""
        return Reply(
            question or values.get("reply", ""),
            values["status"],
            thread_id,
            values.get("plan") or [],
            results,
            reports.artifacts(results),
        )

    def _failed(self, config: Any, thread_id: str, message: str, kind: str) -> WorkflowError:
        values = self._graph.get_state(config).values
        return WorkflowError(reports.failure(values["plan"], values.get("results") or [], message), kind, thread_id)


def _kept_as(thread_id: str, client: str) -> str:
    """The name of a thread in the checkpoints, and in the names of its outputs: no other client can name it."""
    return hashlib.sha256(f"{client}\0{thread_id}".encode()).hexdigest()[:32] if client else thread_id


class ThreadLocks:
    """One lock for each thread that is being worked on; those of idle threads are forgotten."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold the lock of a thread."""
        with self._guard:
            lock, users = self._locks.get(name, (threading.Lock(), 0))
            self._locks[name] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                users = self._locks[name][1] - 1
                self._locks[name] = lock, users
                if not users:
                    del self._locks[name]

    def __len__(self) -> int:
        return len(self._locks)


def works() -> bool:
    """Whether the agents can do their work in this installation: parts import, the graph compiles, a plan is made."""
    try:
        from agents import cleaning_pipeline, labeling_pipeline, sharing_pipeline, training_pipeline  # noqa: F401

        for tool in REGISTRY:
            loaded(tool)
        build()
        return set(REGISTRY) == set(ARGUMENTS) and OfflinePlanner().plan("Train on adult").status == "ok"
    except Exception:  # whatever is wrong, the answer is that it does not work
        return False
