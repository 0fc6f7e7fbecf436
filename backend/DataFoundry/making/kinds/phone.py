"""Phone numbers: the form kept sign by sign, the country code that several rows share kept, the other digits new."""

from DataFoundry.making.formed import learn_formed as learn
from DataFoundry.making.formed import make_formed as make

HOW = "new numbers in the same form"

__all__ = ["HOW", "learn", "make"]
