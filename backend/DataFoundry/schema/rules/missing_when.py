"""A column is missing exactly when another has certain values: no refund date unless the status is refunded."""

import numpy as np
import pandas as pd

from DataFoundry.schema.rules.by_row import VerifiedByRow
from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_DIRTY
from DataFoundry.schema.rules.telling import listed, tellers, told_by
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, 2)
DETAILS: dict[str, object] = {"values": list}


def discover(view: TableView) -> list[Rule]:
    """For each column that is missing at times, the first category or truth value that tells when.

    Columns that have nothing to do with each other would break it in as many rows as are missing, or not.
    """
    found = []
    telling = list(tellers(view))
    for name in view.columns:
        missing = view.missing(name)
        if min(missing.sum(), (~missing).sum()) < FEWEST_ROWS:
            continue
        for teller in telling:
            rule = _told(view, name, teller, missing) if teller != name else None
            if rule is not None:
                found.append(rule)
                break
    return found


def _told(view: TableView, name: str, teller: str, missing: np.ndarray) -> Rule | None:
    known = ~view.missing(teller)
    shares = pd.Series(missing[known]).groupby(view.frame[teller][known].map(str).to_numpy()).agg(["mean", "size"])
    without = sorted(shares.index[shares["mean"] > 0.5])
    wrong = (shares["size"] * np.minimum(shares["mean"], 1 - shares["mean"])).sum()
    least = min(missing.sum(), (~missing).sum())
    if not without or len(without) == len(shares) or wrong > MOST_DIRTY * least or known.mean() < 1:
        return None
    sentence = f"{name} is missing exactly when {teller} is {listed(without, shares['size'].to_dict())}."
    return Rule("missing_when", (teller, name), sentence, 0, 0, {"values": without})


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that say what tells."""
        return ~view.missing(rule.columns[0])

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have a value where none belongs, or none where one does."""
        teller, name = rule.columns
        return told_by(view.frame[teller], rule) != view.missing(name)


breaks = Verified.breaks
