"""Memory of a server whose threads do heavy work themselves."""

import ctypes
import sys

_ARENA_MAX = -8  # M_ARENA_MAX of <malloc.h>
_ARENAS = 2


def share_memory() -> None:
    """Let all threads of this process take memory from the same place; call it before threads start.

    By default the C library (glibc) keeps for each thread what its largest work once needed: an orchestrator whose 30
    threads have all read a table holds twice as much as it uses.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_ARENA_MAX, _ARENAS)
