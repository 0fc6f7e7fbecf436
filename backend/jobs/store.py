"""Every job in SQLite: a restart of the server forgets none.

Times of day are for people. What is ordered is ordered by number, and durations are measured by a clock that nobody
sets, so that a clock that is set back changes nothing.
"""

import errno
import json
import logging
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from DataFoundry.errors import DiskFullError
from jobs.worker import Problem

logger = logging.getLogger(__name__)

QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = STATES = ("queued", "running", "succeeded", "failed", "cancelled")
FINISHED = (SUCCEEDED, FAILED, CANCELLED)
KEY_SECONDS = 24 * 3600
_FILE = "jobs.sqlite"
_FULL = ("full", "disk I/O")  # in SQLite's words
_NOT_WRITABLE = ("unable to open", "readonly", *_FULL)
MOST_LINES = 300  # kept of a job's log
_SECONDS_TO_WAIT = 10.0  # for another process that writes
_TABLES = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, operation TEXT NOT NULL, arguments TEXT NOT NULL,
    state TEXT NOT NULL, owner TEXT NOT NULL, durable INTEGER NOT NULL, created REAL NOT NULL, started REAL,
    finished REAL, seconds REAL, attempts INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1,
    cancelling INTEGER NOT NULL DEFAULT 0, progress TEXT, result TEXT, problem TEXT, key TEXT UNIQUE, digest TEXT,
    client TEXT NOT NULL DEFAULT '', roots TEXT, lost INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE TABLE IF NOT EXISTS lines (
    number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, at REAL NOT NULL, level TEXT NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS lines_by_job ON lines (job, number);
"""
# Columns that files of earlier versions lack.
_ADDED = {"client": "TEXT NOT NULL DEFAULT ''", "roots": "TEXT", "lost": "INTEGER NOT NULL DEFAULT 0"}
_SHORT = "number, id, operation, NULL AS arguments, state, owner, durable, created, started, finished, seconds, " + (
    "attempts, version, cancelling, progress, NULL AS result, problem, digest, client, roots, lost"
)
T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One job as it was when it was looked up.

    Attributes
    ----------
    number
        Grows with each job.
    durable
        Somebody was promised an answer: it goes on after a restart.
    created, started, finished
        Seconds since 1970 by the clock of the machine.
    seconds
        How long it ran, the last time it was begun.
    attempts
        How often it was begun.
    version
        Grows with each change.
    client
        Who asked for it: the name of a key, empty where there are none.
    roots
        The data roots that its work is confined to; None for those of the service.
    lost
        How often it was begun and the server was stopped before it was over.
    """

    number: int
    id: str
    operation: str
    arguments: dict[str, Any] | None
    state: str
    owner: str
    durable: bool
    created: float
    started: float | None
    finished: float | None
    seconds: float | None
    attempts: int
    version: int
    cancelling: bool
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    problem: Problem | None
    digest: str | None
    client: str
    roots: list[str] | None
    lost: int

    @property
    def over(self) -> bool:
        return self.state in FINISHED


@dataclass(frozen=True)
class Line:
    """One line of a job's log: `at` in seconds since 1970, `level` as in Python's logging, in small letters."""

    at: float
    level: str
    text: str


@dataclass(frozen=True)
class Key:
    """An Idempotency-Key, and a digest of the request that it stands for."""

    key: str
    digest: str


class Store:
    """The jobs of one state folder; any number of threads and processes may use it.

    A file that is damaged, or locked for good, is put aside and the store starts empty: that costs the memory of old
    jobs and keeps the service going. Where the folder cannot be written, jobs are kept in memory.
    """

    def __init__(self, folder: Path, patience: float = _SECONDS_TO_WAIT) -> None:
        self.path: Path | None = folder / _FILE
        self._patience = patience
        self._lock = threading.RLock()
        self.changed = threading.Condition()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = self._opened()
        except OSError as error:
            logger.error("%s cannot be written (%s): jobs will not outlive the server", folder, error.strerror)
            self.path = None
            self._connection = self._connected(":memory:")

    def add(
        self,
        operation: str,
        arguments: dict[str, Any],
        owner: str,
        durable: bool,
        key: Key | None = None,
        client: str = "",
        roots: Sequence[str] | None = None,
    ) -> tuple[Job, bool]:
        """A new job, and True; or the job that has this key, and False."""

        def insert(connection: sqlite3.Connection) -> tuple[str, bool]:
            if key is not None:
                old = time.time() - KEY_SECONDS
                connection.execute("UPDATE jobs SET key = NULL WHERE key = ? AND created < ?", (key.key, old))
                known = connection.execute("SELECT id FROM jobs WHERE key = ?", (key.key,)).fetchone()
                if known is not None:
                    return str(known["id"]), False
            name = str(uuid.uuid4())
            connection.execute(
                "INSERT INTO jobs "
                "(id, operation, arguments, state, owner, durable, created, client, roots, key, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (name, operation, json.dumps(arguments), QUEUED, owner, durable, time.time(), client)
                + ((json.dumps([*roots]) if roots else None),)
                + ((key.key, key.digest) if key is not None else (None, None)),
            )
            return name, True

        name, new = self._write(insert)
        job = self.get(name)
        assert job is not None
        return job, new

    def get(self, name: str) -> Job | None:
        """A job by its id."""
        rows = self._read("SELECT * FROM jobs WHERE id = ?", (name,))
        return _job(rows[0]) if rows else None

    def list(
        self, state: str | None = None, before: int | None = None, most: int = 100, client: str | None = None
    ) -> list[Job]:
        """Jobs (of one client), newest first, without their arguments and results; those numbered below `before`."""
        rows = self._read(
            f"SELECT {_SHORT} FROM jobs WHERE state = coalesce(?, state) AND client = coalesce(?, client) "
            "AND number < ? ORDER BY number DESC LIMIT ?",
            (state, client, before if before is not None else 2**62, most),
        )
        return [_job(row) for row in rows]

    def counts(self, client: str | None = None) -> dict[str, int]:
        """How many jobs, or jobs of one client, are queued and running."""
        rows = self._read(
            "SELECT state, count(*) AS jobs FROM jobs WHERE state IN (?, ?) AND client = coalesce(?, client) "
            "GROUP BY state",
            (QUEUED, RUNNING, client),
        )
        return {QUEUED: 0, RUNNING: 0, **{row["state"]: row["jobs"] for row in rows}}

    def start(self, name: str) -> Job | None:
        """The job, running from now on; None if it is no longer queued."""
        changed = self._change("state = ?, started = ?, attempts = attempts + 1", (RUNNING, time.time()), name, QUEUED)
        return self.get(name) if changed else None

    def note(self, name: str, progress: dict[str, Any]) -> None:
        """Keep the latest progress of a running job."""
        self._change("progress = ?", (json.dumps(progress),), name, RUNNING)

    def add_line(self, name: str, level: str, text: str) -> None:
        """Write a line into the log of a job, which keeps the last `MOST_LINES`."""

        def insert(connection: sqlite3.Connection) -> None:
            line = (name, time.time(), level, text[:2000])
            connection.execute("INSERT INTO lines (job, at, level, text) VALUES (?, ?, ?, ?)", line)
            connection.execute(
                "DELETE FROM lines WHERE job = ? AND number <= "
                "(SELECT number FROM lines WHERE job = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (name, name, MOST_LINES),
            )

        self._write(insert)

    def lines(self, name: str) -> Sequence[Line]:
        """The log of a job, in the order in which it was written."""
        rows = self._read("SELECT at, level, text FROM lines WHERE job = ? ORDER BY number", (name,))
        return [Line(**dict(row)) for row in rows]

    def requeue(self, name: str, owner: str, before: str, lost: bool = False) -> bool:
        """Let `owner` run a job (again) that is not over; False if that is not `before`'s any more.

        `lost` counts one that was running as lost: its server was stopped.
        """
        what, values = "state = ?, owner = ?, lost = lost + (? AND state = ?)", (QUEUED, owner, lost, RUNNING)
        return self._change(what, values, name, QUEUED, RUNNING, more=" AND owner = ?", also=(before,))

    def ask_to_cancel(self, name: str) -> bool:
        """Note that a job is to be cancelled; False if it is over already."""
        return self._change("cancelling = 1", (), name, QUEUED, RUNNING)

    def finish(
        self,
        name: str,
        state: str,
        seconds: float,
        result: dict[str, Any] | None = None,
        problem: Problem | None = None,
        again: bool = False,
        only: Sequence[str] = (QUEUED, RUNNING),
    ) -> bool:
        """The job is over if it was in a state of `only`.

        `again` frees its key, since the same request may well succeed the next time.
        """
        told = None if result is None else json.dumps(result, ensure_ascii=False)
        failed = None if problem is None else json.dumps(asdict(problem))
        return self._change(
            "state = ?, finished = max(?, coalesce(started, created)), seconds = ?, result = ?, problem = ?"
            + (", key = NULL" if again else ""),
            (state, time.time(), max(0.0, round(seconds, 3)), told, failed),
            name,
            *only,
        )

    def prune(self, keep: int) -> None:
        """Forget finished jobs but the newest `keep`, and those whose key still stands."""

        def delete(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM jobs WHERE state IN (?, ?, ?) AND (key IS NULL OR created < ?) AND number <= "
                "coalesce((SELECT number FROM jobs ORDER BY number DESC LIMIT 1 OFFSET ?), 0)",
                (*FINISHED, time.time() - KEY_SECONDS, keep),
            )
            if connection.execute("SELECT changes()").fetchone()[0]:
                connection.execute("DELETE FROM lines WHERE job NOT IN (SELECT id FROM jobs)")

        self._write(delete)

    def unfinished(self) -> Sequence[Job]:
        """Every job that is queued or running, in the order in which they came."""
        rows = self._read(f"SELECT {_SHORT} FROM jobs WHERE state IN (?, ?) ORDER BY number", (QUEUED, RUNNING))
        return [_job(row) for row in rows]

    def wait_for_change(self, seconds: float) -> None:
        """Wait until a job changes in this process, at most so long."""
        with self.changed:
            self.changed.wait(seconds)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _change(
        self, what: str, values: tuple[Any, ...], name: str, *states: str, more: str = "", also: tuple[Any, ...] = ()
    ) -> bool:
        """Set columns of a job if it is in one of `states`; whether it was."""
        where = f"id = ? AND state IN ({', '.join('?' * len(states))}){more}"

        def update(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                f"UPDATE jobs SET {what}, version = version + 1 WHERE {where}", (*values, name, *states, *also)
            )
            return done.rowcount > 0

        changed = self._write(update)
        with self.changed:
            self.changed.notify_all()
        return changed

    def _read(self, query: str, values: tuple[Any, ...]) -> Sequence[sqlite3.Row]:
        with self._safe():
            return self._connection.execute(query, values).fetchall()

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._safe():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                value = work(self._connection)
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()
            return value

    @contextmanager
    def _safe(self) -> Iterator[None]:
        """One thread at a time; a file that turns out to be damaged is put aside, and the next use starts empty."""
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as error:
                if any(sign in str(error) for sign in _FULL):
                    raise DiskFullError(
                        "The disk is full where jobs are kept (DATAFOUNDRY_STATE_DIR); free some space."
                    ) from None
                if type(error) is sqlite3.DatabaseError and self.path is not None:
                    self._connection.close()
                    self._put_aside(self.path, error)
                    self._connection = self._opened()
                raise

    def _opened(self) -> sqlite3.Connection:
        assert self.path is not None
        try:
            return self._connected(self.path)
        except sqlite3.DatabaseError as error:
            if any(sign in str(error) for sign in _NOT_WRITABLE):
                raise OSError(errno.EIO, str(error)) from None
            self._put_aside(self.path, error)
            return self._connected(self.path)

    def _connected(self, path: Path | str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=self._patience, check_same_thread=False, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.executescript(_TABLES)
            found = connection.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(str(found)[:200])
            connection.execute("SELECT number, cancelling, digest FROM jobs LIMIT 1").fetchone()
            _complete(connection)
            connection.execute("BEGIN IMMEDIATE").connection.rollback()
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _put_aside(path: Path, error: Exception) -> None:
        aside = path.with_name(f"{path.name}.aside-{uuid.uuid4().hex[:8]}")
        logger.error("%s cannot be used (%s): it is now %s, and no job is known", path, error, aside.name)
        for suffix in ("", "-wal", "-shm"):
            if path.with_name(path.name + suffix).exists():
                os.replace(path.with_name(path.name + suffix), aside.with_name(aside.name + suffix))


def _complete(connection: sqlite3.Connection) -> None:
    """Add the columns that a file of an earlier version lacks."""
    there = {row["name"] for row in connection.execute("PRAGMA table_info(jobs)")}
    for name in _ADDED.keys() - there:
        try:
            connection.execute(f"ALTER TABLE jobs ADD COLUMN {name} {_ADDED[name]}")
        except sqlite3.OperationalError as error:
            if "duplicate" not in str(error):  # else another process was faster
                raise


def _job(row: sqlite3.Row) -> Job:
    values = {name: row[name] for name in row.keys() if name != "key"}  # noqa: SIM118  # a row is no dict
    for name in ("arguments", "progress", "result", "roots"):
        values[name] = json.loads(values[name]) if values[name] is not None else None
    values["problem"] = Problem(**json.loads(values["problem"])) if values["problem"] is not None else None
    return Job(**{**values, "durable": bool(values["durable"]), "cancelling": bool(values["cancelling"])})
