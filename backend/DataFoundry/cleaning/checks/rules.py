"""Rules of the schema that a row breaks, and what they say should stand there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from DataFoundry.cleaning.checks.values import as_levels
from DataFoundry.cleaning.finding import Mark
from DataFoundry.cleaning.spelling import nearest
from DataFoundry.schema.kinds import formatted_number
from DataFoundry.schema.rules import RULES, formula
from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_MOST_LEFT = 20_000  # values that something follows from
_MOST_PAIRS = 500  # of columns
_FEWEST = 5  # rows with a value, before it tells what follows
_MOST_OTHERS = 0.2  # share of them that may have something else
_USUAL_ERRORS, _BY_CHANCE = 0.01, 0.001  # share of wrong cells that any table may have; how rare chance must be
_SURE = 0.97
_UNDECIDED = 0.6  # of two cells that contradict one another
_FEWEST_LETTERS = 5  # of a value, before one that is written nearly so is a slip: `AUS` and `AUT` are both meant
_WHEN = ("value_when", "same_when")  # the number may be wrong, or what tells
_WORDS = ("category", "boolean", "text", "postcode", "address", "person_name")


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """What follows from each value of a column, and the rules that each row keeps by itself."""
    known = [rule for rule in rules if set(rule.columns) <= set(view.columns)]
    follows = []
    for left, right in _reached([rule.columns for rule in known if rule.kind == "determines"]):
        values, own = _followers(view, left, right)
        if values:
            follows.append({"left": left, "right": right, "values": values, "own": own})
    by_row = [rule.as_dict() for rule in known if issubclass(RULES[rule.kind].Verified, VerifiedByRow)]
    return {"follows": follows, "by_row": by_row}


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Cells that are not what follows from their row, and rows that break a rule."""
    yield from _unlike([each for each in state["follows"] if {each["left"], each["right"]} <= set(view.columns)], view)
    for each in state["by_row"]:
        rule = Rule.from_dict(each)
        if set(rule.columns) <= set(view.columns):
            yield from _breaking(rule, view)


def _reached(edges: Sequence[tuple[str, ...]]) -> list[tuple[str, str]]:
    """Every pair of columns of which the second follows from the first, by way of others or not.

    Rules are minimal; that several columns say the same of a cell tells which of them is wrong.
    """
    reached = {(edge[0], edge[1]) for edge in edges}
    while new := {(a, d) for a, b in reached for c, d in reached if b == c and a != d} - reached:
        reached |= new
    return sorted(reached)[:_MOST_PAIRS]


def _followers(view: TableView, left: str, right: str) -> tuple[dict[str, list[Any]], list[str]]:
    """Value of the left column to what follows from it and how many rows say so; and right values of their own.

    From a number that stands beside several values far more often than other numbers do (0 of a machine that is off)
    nothing follows. A number that many rows have in place of what follows, and that follows from nothing (0, again), is
    a value of its own and no error.
    """
    pairs = pd.DataFrame({"left": as_levels(view.frame[left]), "right": as_levels(view.frame[right])}).dropna()
    if pairs["left"].nunique() > _MOST_LEFT:
        return {}, []
    counts = pairs.value_counts().rename("count").reset_index()
    totals = counts.groupby("left")["count"].sum()
    most = counts.drop_duplicates("left").set_index("left")  # the most frequent stand first
    totals = totals[most.index]
    tells = (most["count"] >= _FEWEST) & (most["count"] >= (1 - _MOST_OTHERS) * totals)
    if view.columns[left].kind == "number":
        tells &= ~_tells_nothing(totals.to_numpy(), (totals - most["count"]).to_numpy())
    kept = most[tells]
    values = {str(value): [str(row["right"]), int(row["count"])] for value, row in kept.iterrows()}
    return values, _values_of_their_own(counts, values) if view.columns[right].kind == "number" else []


def _tells_nothing(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(v,) bool: values that have far more other values beside them than chance gives at the rate of the rest."""
    rate = (others.sum() - others) / np.maximum(rows.sum() - rows, 1)
    return binom.sf(others - 1, rows, np.clip(rate, _USUAL_ERRORS, 0.5)) < _BY_CHANCE


def _values_of_their_own(counts: pd.DataFrame, values: dict[str, list[Any]]) -> list[str]:
    wanted = counts["left"].map({value: known[0] for value, known in values.items()})
    against = counts[wanted.notna() & (wanted != counts["right"]) & ~counts["right"].isin(wanted.dropna().unique())]
    seen = against.groupby("right").agg(rows=("count", "sum"), beside=("left", "nunique"))
    return [str(value) for value in seen.index[(seen["rows"] >= _FEWEST) & (seen["beside"] >= 2)]]


@dataclass(frozen=True)
class _Contradiction:
    """Rows whose right cell is not what follows from their left one."""

    left: str
    right: str
    values: dict[str, list[Any]]
    wanted: pd.Series
    against: np.ndarray  # (n,) bool

    def lefts_of(self, value: str) -> list[str]:
        """The left values from which a right one follows: with one of them there, it would be right."""
        return [left for left, known in self.values.items() if known[0] == value]

    def is_open(self, found: pd.Series) -> np.ndarray:
        """(n,) bool, rows whose right value is usual beside other left ones: the left one may be the wrong one."""
        rows = np.flatnonzero(self.against)
        usual = {str(known[0]) for known in self.values.values()}
        meant = {}
        for value, wanted in set(zip(found.iloc[rows], self.wanted.iloc[rows], strict=True)):
            meant[value, wanted] = value in usual and not _is_slip(value, wanted)
        open_ = np.zeros(len(found), dtype=bool)
        open_[rows] = [meant[each] for each in zip(found.iloc[rows], self.wanted.iloc[rows], strict=True)]
        return open_


def _unlike(follows: Sequence[dict[str, Any]], view: TableView) -> Iterator[Mark]:
    """Marks against right cells, or left ones: against the likelier culprit where something tells which it is.

    That is the one that more columns contradict. Of a right value that is usual beside no left one, and of one that is
    written nearly as what follows, it is the right one. Where each of the two follows from the other, it is of a number
    and a word the number, since a slip makes another number more easily than another word. Else nobody can tell, and
    both are told, less surely.
    """
    texts = {name: as_levels(view.frame[name]) for each in follows for name in (each["left"], each["right"])}
    found: dict[tuple[str, str], _Contradiction] = {}
    votes = {name: np.zeros(len(view), dtype=int) for name in texts}
    for each in follows:
        left, right = each["left"], each["right"]
        wanted = texts[left].map({value: known[0] for value, known in each["values"].items()})
        own = texts[right].isin(each.get("own", ()))  # older models know none
        against = (wanted.notna() & texts[right].notna() & (wanted != texts[right]) & ~own).to_numpy()
        found[left, right] = _Contradiction(left, right, each["values"], wanted, against)
        votes[right] += against
    for (left, right), contradiction in found.items():
        kept, sure = contradiction.against, np.ones(len(view))
        apart = np.sign(votes[right] - votes[left])
        if (right, left) in found:
            other = found[right, left].against
            left_is_word, right_is_word = (view.columns[name].kind in _WORDS for name in (left, right))
            apart = apart * 2 + int(left_is_word) - int(right_is_word)
            kept = kept & ~(other & (apart < 0))
            sure = np.where(other & (apart == 0), _UNDECIDED, 1.0)
        else:
            # Its own vote is that of this contradiction: one more tells something.
            open_ = contradiction.is_open(texts[right])
            apart = votes[right] - 1 - votes[left]
            kept = kept & ~(open_ & (apart < 0))
            sure = np.where(open_ & (apart == 0), _UNDECIDED, 1.0)
            rows = np.flatnonzero(open_ & (apart == 0))
            if len(rows):
                yield _mark_of_left(contradiction, texts, rows)
        rows = np.flatnonzero(kept)
        if len(rows):
            yield _mark(contradiction, texts, rows, sure[rows])


def _is_slip(value: str, wanted: str) -> bool:
    return min(len(value), len(wanted)) >= _FEWEST_LETTERS and nearest(value, 0, {wanted: _MOST_LEFT}) is not None


def _mark_of_left(each: _Contradiction, texts: dict[str, pd.Series], rows: np.ndarray) -> Mark:
    """Left cells that may be the wrong ones; what should stand there is known where one value alone tells it."""
    lefts = {value: each.lefts_of(value) for value in set(texts[each.right].iloc[rows])}
    meant = [lefts[value] for value in texts[each.right].iloc[rows]]
    suggested = np.array([one[0] if len(one) == 1 else None for one in meant], dtype=object)
    sure = np.full(len(rows), _UNDECIDED)
    return Mark("rule", each.left, rows, sure, suggested, _teller(each, texts, rows, sure < 1))


def _mark(each: _Contradiction, texts: dict[str, pd.Series], rows: np.ndarray, sure: np.ndarray) -> Mark:
    support = texts[each.left].iloc[rows].map({value: known[1] for value, known in each.values.items()})
    suggested = each.wanted.iloc[rows].to_numpy(dtype=object)
    confidence = sure * (1 - 1 / (support.to_numpy(float) + 2))
    return Mark("rule", each.right, rows, confidence, suggested, _teller(each, texts, rows, sure < 1))


def _teller(
    each: _Contradiction, texts: dict[str, pd.Series], rows: np.ndarray, open_: np.ndarray
) -> Callable[[int], str]:
    values, found = texts[each.left].iloc[rows], texts[each.right].iloc[rows]

    def why(place: int) -> str:
        meant, times = each.values[values.iloc[place]]
        told = f"{each.left} {values.iloc[place]} has {each.right} {meant} in {times:,} rows; here {found.iloc[place]}"
        return f"{told}; either may be wrong." if open_[place] else f"{told}."

    return why


def _breaking(rule: Rule, view: TableView) -> Iterator[Mark]:
    rows = np.flatnonzero(RULES[rule.kind].Verified.breaks(view, rule))
    if not len(rows):
        return
    suggested = np.full(len(rows), None, dtype=object)
    if rule.kind == "formula":
        suggested = _computed(rule, view)[rows]

    def why(place: int) -> str:
        values = ", ".join(f"{name} {view.frame[name].iloc[rows[place]]}" for name in rule.columns)
        return f"{rule.sentence[:-1]}; here {values}."

    sure = 1 - rule.exceptions / rule.support if rule.support else 1.0  # a rule that somebody wrote has no support yet
    most = _UNDECIDED if rule.kind in _WHEN else _SURE
    yield Mark("rule", rule.columns[-1], rows, np.full(len(rows), min(sure, most)), suggested, why, rule.columns[:-1])


def _computed(rule: Rule, view: TableView) -> np.ndarray:
    """(n,) object: the results as texts, as the column writes them; None where that is not known."""
    numbers = [numbers_of(view, name) for name in rule.columns[:-1]]
    with np.errstate(all="ignore"):
        found = formula.computed(rule.details, *numbers)
    digits, column = int(rule.details["decimals"]), view.columns[rule.columns[-1]]
    if column.kind == "formatted_number":
        texts = formatted_number.write(np.round(np.where(np.isfinite(found), found, 0.0), digits), column.format)
    elif column.kind == "number":
        texts = np.array([f"{each:.{digits}f}" for each in found], dtype=object)
    else:
        return np.full(len(found), None, dtype=object)
    texts[~np.isfinite(found)] = None
    return texts
