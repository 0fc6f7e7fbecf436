"""Which thread a chat goes on in, known by what was said before: chat clients send the whole conversation each turn."""

import hashlib
import json
import threading
from collections.abc import Sequence

from agents.orchestrator.store import Store
from agents.wire.bodies import ChatMessage

_KIND = "conversation"
_SPOKEN = ("user", "assistant")  # a system message is the client's own affair and may change


class Conversations:
    """Threads by the conversation so far.

    Conversations of the same words are at the same point, so that any of their threads serves the next of them; each
    thread goes on once, so that two who said the same are never in one.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()

    def take(self, messages: Sequence[ChatMessage], owner: str = "") -> str | None:
        """The thread of what was said before the last message; None where nothing was, or it is not known."""
        before = _said(messages[:-1])
        if not before:
            return None
        name = _name(before, owner)
        with self._lock:
            waiting = (self._store.get(_KIND, name) or {}).get("threads") or []
            if not waiting:
                return None
            self._store.put(_KIND, name, {"threads": waiting[:-1]})
        return str(waiting[-1])

    def keep(self, messages: Sequence[ChatMessage], answer: str | None, thread_id: str, owner: str = "") -> None:
        """Know the thread again: after the answer, or, without one, after what was said before, for another try."""
        said = _said(messages[:-1]) if answer is None else [*_said(messages), ("assistant", answer)]
        if said and thread_id:
            name = _name(said, owner)
            with self._lock:
                waiting = (self._store.get(_KIND, name) or {}).get("threads") or []
                self._store.put(_KIND, name, {"threads": [*waiting, thread_id]})


def _said(messages: Sequence[ChatMessage]) -> list[tuple[str, str]]:
    return [(each.role, each.text()) for each in messages if each.role in _SPOKEN]


def _name(said: list[tuple[str, str]], owner: str) -> str:
    return hashlib.sha256(json.dumps([owner, said]).encode()).hexdigest()
