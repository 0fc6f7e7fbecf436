"""The orchestrator's records in SQLite, beside the checkpoints: a restart forgets no thread, execution or job."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

_TABLES = """
PRAGMA journal_mode=WAL;
CREATE TABLE IF NOT EXISTS threads (thread_id TEXT PRIMARY KEY, updated REAL NOT NULL);
CREATE TABLE IF NOT EXISTS records (kind TEXT NOT NULL, id TEXT NOT NULL, updated REAL NOT NULL, value TEXT NOT NULL,
                                    PRIMARY KEY (kind, id));
"""


class Store:
    """Small JSON records by kind and id, and when each thread was last used."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = connect(path)
        self._lock = threading.Lock()
        with self._lock:
            self.connection.executescript(_TABLES)

    def put(self, kind: str, name: str, value: dict[str, Any]) -> None:
        """Insert or replace a record."""
        with self._lock, self.connection:
            self.connection.execute(
                "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", (kind, name, time.time(), json.dumps(value))
            )

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """A record, or None."""
        with (
            self._lock,
            closing(
                self.connection.execute("SELECT value FROM records WHERE kind = ? AND id = ?", (kind, name))
            ) as found,
        ):
            row = found.fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """All records of a kind by id."""
        with (
            self._lock,
            closing(self.connection.execute("SELECT id, value FROM records WHERE kind = ?", (kind,))) as found,
        ):
            return {name: json.loads(value) for name, value in found.fetchall()}

    def touch(self, thread_id: str) -> None:
        """Note that a thread was used now."""
        with self._lock, self.connection:
            self.connection.execute("INSERT OR REPLACE INTO threads VALUES (?, ?)", (thread_id, time.time()))

    def forget_before(self, moment: float) -> list[str]:
        """Remove what was not used since `moment` (seconds since 1970); the threads that went."""
        with self._lock, self.connection:
            old = [
                row[0] for row in self.connection.execute("SELECT thread_id FROM threads WHERE updated < ?", (moment,))
            ]
            self.connection.execute("DELETE FROM threads WHERE updated < ?", (moment,))
            self.connection.execute("DELETE FROM records WHERE updated < ?", (moment,))
        return old


def connect(path: Path) -> sqlite3.Connection:
    """A connection that threads share; it waits for a lock rather than fail."""
    return sqlite3.connect(path, check_same_thread=False, timeout=30)
