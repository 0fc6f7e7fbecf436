"""Web addresses: hosts and paths that several rows share kept, what differs new."""

from DataFoundry.making.formed import learn_formed as learn
from DataFoundry.making.formed import make_formed as make

HOW = "new addresses in the same form"

__all__ = ["HOW", "learn", "make"]
