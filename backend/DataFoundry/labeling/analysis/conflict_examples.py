"""Example rows where labeling functions disagree."""

import datetime

import numpy as np
import pandas as pd

from DataFoundry.labeling.aggregation.vote_summary import Patterns
from DataFoundry.labeling.execution.distinct_values import plain_value

MOST = 10


class Disagreements:
    """The first row of each kind of disagreement, at most ten.

    Attributes
    ----------
    rows
        Mappings with `row` (position in the table), `votes` (a list, null for an abstain) and `values` of the columns
        read.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self._seen: set[bytes] = set()

    def take(self, found: Patterns, block: pd.DataFrame, start: int) -> None:
        """Look at a block, whose first row is row `start` of the table, and its distinct rows of votes."""
        if len(self.rows) >= MOST:
            return
        votes = found.votes
        highest = votes.max(axis=1, initial=-1)
        lowest = np.where(votes < 0, np.int8(127), votes).min(axis=1, initial=127)
        for place in np.flatnonzero((highest >= 0) & (lowest < highest)):
            key = votes[place].tobytes()
            if key not in self._seen and len(self.rows) < MOST:
                self._seen.add(key)
                row = int(np.argmax(found.places == place))
                self.rows.append(
                    {
                        "row": start + row,
                        "votes": [int(vote) if vote >= 0 else None for vote in votes[place]],
                        "values": values_shown(block, row),
                    }
                )


def values_shown(frame: pd.DataFrame, row: int) -> dict[str, object]:
    """The values of one row, by its place, as JSON has them."""
    return {str(name): _json(frame[name].iloc[row]) for name in frame.columns}


def _json(cell: object) -> object:
    value = plain_value(cell)
    unspeakable = isinstance(value, datetime.timedelta) or value in (float("inf"), float("-inf"))
    return str(value) if unspeakable else value
