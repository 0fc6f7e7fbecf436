"""What a missing cell must be by the rules of its table, and which cells are meant to be missing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.derivation.written import DAY, writing, written
from DataFoundry.derivation.written import numbers as read_numbers
from DataFoundry.preprocessing.columns.number import lattice_of
from DataFoundry.schema.rules import formula
from DataFoundry.schema.rules.by_row import numbers_of
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView

_ALIKE = 0.8  # share of the rows with one value on the left that must agree on what follows from it
_ALWAYS, _AT_TIMES = 0.98, 0.5  # shares missing with the values that tell, and with all others
_FEWEST_TELLING, _MOST_TELLING = 20, 50  # rows with such a value, and values of the column that tells
_Numbers = Callable[[np.ndarray, np.ndarray], np.ndarray]
# c = a <operation> b, solved for a and for b
_SOLVED: dict[str, tuple[_Numbers, _Numbers]] = {
    "*": (lambda b, c: c / b, lambda a, c: c / a),
    "+": (lambda b, c: c - b, lambda a, c: c - a),
    "-": (lambda b, c: c + b, lambda a, c: a - c),
    "/": (lambda b, c: c * b, lambda a, c: a / c),
}


@dataclass(frozen=True)
class Meant:
    """Cells of a column that are meant to be missing.

    Attributes
    ----------
    cells
        (n,) bool.
    why
        The end of a sentence; empty where there are none.
    """

    cells: np.ndarray
    why: str


def meant_missing(view: TableView, rules: Iterable[Rule], name: str) -> Meant:
    """Cells of a column of which a rule says that nothing belongs there, or that are missing with a value of another.

    The second is for tables in which the other column has gaps itself, so that no rule could be found: no exit date
    where `active` is true. Where the other column is missing, too, nobody knows, and the cell counts as meant.
    """
    for rule in rules:
        if rule.kind == "missing_when" and rule.columns[1] == name:
            values = [str(each) for each in rule.details["values"]]
            told = view.frame[rule.columns[0]].map(str).isin(values).to_numpy() & view.missing(name)
            return Meant(told, f"since {rule.sentence}")
    absent = view.missing(name)
    for teller in view.columns:
        if teller == name or view.columns[teller].kind not in ("category", "boolean") or not absent.any():
            continue
        there = ~view.missing(teller)
        if not 2 <= view.codes(teller)[1] <= _MOST_TELLING or not (absent & there).any():
            continue
        shares = pd.Series(absent[there]).groupby(view.frame[teller][there].map(str).to_numpy()).agg(["mean", "size"])
        empty = shares.index[(shares["mean"] >= _ALWAYS) & (shares["size"] >= _FEWEST_TELLING)]
        if len(empty) and len(empty) < len(shares) and shares["mean"].drop(empty).max() <= _AT_TIMES:
            cells = absent & (view.frame[teller].map(str).isin(list(empty)).to_numpy() | ~there)
            words = " or ".join(map(repr, empty[:5]))
            return Meant(cells, f"since {name} is missing wherever {teller} is {words}.")
    return Meant(np.zeros(len(view), dtype=bool), "")


def determined(view: TableView, rules: Iterable[Rule], name: str) -> pd.Series:
    """(n,) what the missing cells of a column must be; missing where no rule tells, and where a value is already."""
    found = pd.Series(np.full(len(view), None, dtype=object), index=view.frame.index)
    for rule in rules:
        open_ = view.missing(name) & found.isna().to_numpy()
        if name in rule.columns and open_.any():
            told = _told(view, rule, name, open_)
            if told is not None:
                found = found.where(~open_ | told.isna().to_numpy(), told)
    return found


def _told(view: TableView, rule: Rule, name: str, open_: np.ndarray) -> pd.Series | None:
    if rule.kind == "determines" and rule.columns[-1] == name:
        return _followers(view.frame, list(rule.columns[:-1]), name, open_)
    if rule.kind == "same":
        other = rule.columns[0] if rule.columns[1] == name else rule.columns[1]
        return _copied(view, other, name)
    if rule.kind == "formula":
        with np.errstate(all="ignore"):
            return _as_column(view, name, _solved(view, rule, name))
    return None


def _followers(frame: pd.DataFrame, left: list[str], right: str, open_: np.ndarray) -> pd.Series:
    """What most rows with the same values on the left have on the right."""
    groups = frame.groupby(left, sort=False, dropna=True, observed=True).ngroup()  # -1 where one is missing
    known = pd.DataFrame({"group": groups, "value": frame[right].astype(object)})[(groups >= 0) & frame[right].notna()]
    counts = known.value_counts().rename("count").reset_index()  # the most frequent stand first
    totals = counts.groupby("group")["count"].sum()
    most = counts.drop_duplicates("group").set_index("group")
    sure = most["value"][most["count"] >= _ALIKE * totals[most.index]]
    wanted = groups[open_].map(sure).astype(object)
    return wanted.reindex(frame.index)


def contradicted(before: TableView, after: TableView, rule: Rule) -> pd.Series:
    """(n,) what follows on the right of a rule of kind `determines` in rows that have something else there."""
    *left, right = rule.columns
    every = np.ones(len(after), dtype=bool)
    known = pd.concat([before.frame[list(rule.columns)], after.frame[list(rule.columns)]], ignore_index=True)
    wanted = _followers(known, left, right, np.concatenate([~every, every])).iloc[len(after) :]
    wanted.index = after.frame.index
    there = after.frame[right].notna() & wanted.notna()
    return wanted.where(there & (wanted != after.frame[right].astype(object)))


def _copied(view: TableView, other: str, name: str) -> pd.Series | None:
    if view.numbers(other) is not None and view.numbers(name) is not None:
        return _as_column(view, name, numbers_of(view, other))
    if view.frame[other].dtype == view.frame[name].dtype:
        return view.frame[other].astype(object)
    return None


def _solved(view: TableView, rule: Rule, name: str) -> np.ndarray:
    """(n,) float64: the formula's unknown, NaN or infinite where another of its columns is missing or it has none."""
    place = rule.columns.index(name)
    numbers = [numbers_of(view, each) for each in rule.columns]
    operation = str(rule.details["operation"])
    if place == len(numbers) - 1:
        return formula.computed(rule.details, *numbers[:-1])
    offset = float(rule.details.get("offset", 0.0))
    if operation == formula.LINEAR:
        return (numbers[1] - offset) / float(rule.details["factor"])
    a, b, c = numbers[0], numbers[1], numbers[2] - offset
    return _SOLVED[operation][0](b, c) if place == 0 else _SOLVED[operation][1](a, c)


def _as_column(view: TableView, name: str, numbers: np.ndarray) -> pd.Series | None:
    """Numbers, of moments days, as the column writes them; None for a column that has no way to write them."""
    told = as_column(view.frame[name].dropna(), view.columns[name], numbers)
    return None if told is None else told.set_axis(view.frame.index)


def as_column(present: pd.Series, column: Column, numbers: np.ndarray) -> pd.Series | None:
    """(n,) numbers, of moments days since 1970, written as the values that are there, NaN as missing.

    They lie on the same lattice: whole days, cents, multiples of 50. None for a kind that writes no numbers, and for
    durations.
    """
    state = writing(present, column.kind, column.format)
    if state is None or present.empty:
        return None
    known, absent = read_numbers(present, state)
    missing = ~np.isfinite(numbers)
    values = np.where(missing, 0.0, numbers) * (DAY if column.kind == "moment" else 1)
    lattice = lattice_of(known[~absent])
    if lattice["step"] > 0:
        values = lattice["origin"] + np.rint((values - lattice["origin"]) / lattice["step"]) * lattice["step"]
    if column.kind == "moment":
        values = np.rint(values).astype(np.int64)
    return written(values, missing, state).astype(object)


def usable(rules: Sequence[Rule], names: Iterable[str]) -> list[Rule]:
    """The rules of which all columns are there."""
    known = set(names)
    return [rule for rule in rules if set(rule.columns) <= known]
