"""Numbers and moments far outside what the column holds, however many such errors the table itself has."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from DataFoundry.cleaning.finding import Mark
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_FEWEST = 20  # values, to say anything
_GAP = 0.4  # of the range so far, between the last usual value and the first that is far away
_MARGIN = 0.3  # of the range, that new values may go beyond it
_MOST_FAR = 0.01  # share of rows that may be far away; more of them are no errors
_SHARED = 0.003  # share of rows with one far value that makes it a value of its own, such as 99999 for "or more"
_FEWEST_SHARING = 10
_NEAR_ZERO = 0.05  # of the range: a column that begins so near to zero is never negative
_MOST_NEGATIVE = 0.001  # share of rows that may be, as errors
# The same where the tail does not go on below zero: hardly any value lies as near to zero as the negative ones go.
_MOST_BEYOND, _THIN = 0.005, 0.02
_LESS_SURE = 0.9  # of those: a few may be meant, as refunds are
_ONCE_IN = 20  # tables: how rarely a heavy tail reaches beyond what is taken for far away
_MOSTLY_OWN = 0.5  # share of values that few rows share, as in measurements
_LIGHT = 0.15  # tail index up to which a tail is not heavy
_SURE = 0.99


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """For each column of numbers its least and greatest usual value, and far values that many rows share."""
    found = {}
    for name in view.columns:
        numbers = view.numbers(name) if view.columns[name].kind != "category" else None
        if numbers is None:
            continue
        numbers = numbers[np.isfinite(numbers)]
        if len(numbers) >= _FEWEST and numbers.max() > numbers.min():
            found[name] = _range(numbers)
    return found


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Cells beyond the range and its margin, or negative in a column that never is."""
    for name, known in state.items():
        numbers = view.numbers(name)
        if numbers is None:
            continue
        low, high = known["low"], known["high"]
        margin = _MARGIN * (high - low)
        least = 0.0 if known["never_negative"] else low - margin
        with np.errstate(invalid="ignore"):
            far = (numbers < least) | (numbers > high + margin)
        rows = np.flatnonzero(far & np.isfinite(numbers) & ~np.isin(numbers, known["shared"]))
        if len(rows):
            sure, nothing = np.full(len(rows), _SURE), np.full(len(rows), None, dtype=object)
            if known.get("several_negative"):  # older models know none
                sure[numbers[rows] < 0] = _LESS_SURE
                sure[numbers[rows] < low - margin] = _SURE
            yield Mark("range", name, rows, sure, nothing, _teller(known, view, name, rows))


def _teller(known: dict[str, Any], view: TableView, name: str, rows: np.ndarray) -> Any:
    def why(place: int) -> str:
        found, number = view.frame[name].iloc[rows[place]], view.numbers(name)[rows[place]]  # type: ignore[index]
        low, high = (_told(view, name, known[each]) for each in ("low", "high"))
        if known["never_negative"] and number < 0:
            return f"{name} {found} is negative; usual values lie between {low} and {high}."
        return f"{name} {found} lies far outside {low} to {high}."

    return why


def _told(view: TableView, name: str, value: float) -> str:
    if view.columns[name].kind == "moment":
        return str(np.datetime64(0, "D") + np.timedelta64(int(value), "D"))
    return f"{value:.15g}"


def _range(numbers: np.ndarray) -> dict[str, Any]:
    values, counts = np.unique(numbers, return_counts=True)
    high, shared_high = _edge(values, counts, numbers)
    low, shared_low = _edge(-values[::-1], counts[::-1], -numbers)
    low = -low
    # A few negative ones among values that begin at zero are errors, however near they lie.
    first, last = np.quantile(numbers, [0.01, 0.99])
    negative = int((numbers < 0).sum())
    several = negative > _MOST_NEGATIVE * len(numbers)
    never = 0 <= first <= _NEAR_ZERO * (last - first) and (not several or _ends_at_zero(numbers, negative))
    if never:
        low = values[values >= 0].min()
    return {
        "low": float(low),
        "high": float(high),
        "shared": [*shared_high, *(-each for each in shared_low)],
        "never_negative": bool(never),
        "several_negative": bool(never and several),
    }


def _ends_at_zero(numbers: np.ndarray, negative: int) -> bool:
    """Whether the few negative numbers are no tail of the others but lack a sign too many: they go down as far as most
    others go up, where a tail that crosses zero has about as many values on either side of it."""
    if negative > _MOST_BEYOND * len(numbers):
        return False
    as_far = (numbers >= 0) & (numbers <= np.median(-numbers[numbers < 0]))
    return bool(negative <= _THIN * as_far.sum())


def _edge(values: np.ndarray, counts: np.ndarray, numbers: np.ndarray) -> tuple[float, list[float]]:
    """The greatest usual value, and greater ones that many rows share.

    Beyond the 99th percentile the values are walked upwards: where a gap is wide for the range so far, and a tail as
    heavy as that of the column would hardly reach its other side, what follows is far away.
    """
    rows = len(numbers)
    start, low = np.quantile(numbers, 0.99), np.quantile(numbers, 0.01)
    shared = counts >= max(_FEWEST_SHARING, _SHARED * rows)
    body = np.repeat(values[~shared], counts[~shared])
    reach = _reach(body) if len(body) > _MOSTLY_OWN * rows else -math.inf
    last = float(values[0])
    for place, value in enumerate(values):
        wide = value > start and value - last > _GAP * max(last - low, 1e-12) and value > reach
        if wide and counts[place:][~shared[place:]].sum() <= _MOST_FAR * rows:
            return last, [float(each) for each in values[place:][shared[place:]]]
        last = float(value)
    return last, []


def _reach(body: np.ndarray) -> float:
    """How far a heavy tail goes: the greatest value in twenty such tables, by its tail index.

    The index is that of a Pareto distribution through two quantiles, of (.9, .95) and (.95, .99) the lighter one, since
    errors may lie among the last per cent. Values that many rows share, such as 0, are none of the tail.
    """
    if len(body) < 5 * _FEWEST:
        return -math.inf
    first, base, near = np.quantile(body, [0.9, 0.95, 0.99])
    if first <= 0:
        return -math.inf
    index = min(math.log(base / first) / math.log(2), math.log(near / base) / math.log(5))
    return -math.inf if index <= _LIGHT else float(base * (len(body) / 20 * _ONCE_IN) ** index)
