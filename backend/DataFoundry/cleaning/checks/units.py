"""Numbers whose unit is written in several ways: `12.0 oz`, `12.0 oz.` and `16.0 ounce` in one column."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.cleaning.finding import Mark
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_FORM = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*([^\d\s.,:/-][^\d]*?)?\s*")
_FITTING = 0.95  # share of values that are a number and perhaps a unit
_FEWEST = 20
_MOST_UNITS = 12
_NEAR = 3.0  # times: numbers with and without a unit of about one size mean the same
_SURE = 0.9


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """Columns of numbers with at least two units, or one that only some have, of numbers of one size."""
    found = {}
    for name in view.columns:
        present = view.frame[name].dropna()
        if len(present) < _FEWEST or present.dtype != object:
            continue
        parts = [_FORM.fullmatch(str(each)) for each in present]
        fitting = [each for each in parts if each]
        units = Counter((each[2] or "").strip() for each in fitting)
        if len(fitting) >= _FITTING * len(present) and 2 <= len(units) <= _MOST_UNITS and _alike(fitting, units):
            found[name] = {"units": dict(units)}
    return found


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Every cell with a unit, with the number alone as what should stand there."""
    for name, known in state.items():
        codes, distinct = pd.factorize(view.frame[name].astype(object))
        parts = [_FORM.fullmatch(str(each)) for each in distinct]
        numbers = np.array([_plain(each[1]) if each and each[2] else None for each in parts] + [None], dtype=object)
        suggested = numbers[codes]
        rows = np.flatnonzero([each is not None for each in suggested])
        if len(rows):
            why = _teller(name, known["units"], view.frame[name].iloc[rows])
            yield Mark("format", name, rows, np.full(len(rows), _SURE), suggested[rows], why)


def _teller(name: str, units: dict[str, int], cells: pd.Series) -> Callable[[int], str]:
    written = ", ".join(repr(unit) if unit else "none" for unit in units)
    return lambda place: f"The unit of {name} is written in several ways ({written}); here {cells.iloc[place]!r}."


def _alike(parts: list[re.Match[str]], units: Counter[str]) -> bool:
    """Whether the numbers with each frequent unit are of one size, so that the units mean the same."""
    sizes = []
    for unit, count in units.items():
        if count >= 0.02 * len(parts):
            numbers = [abs(float(each[1])) for each in parts if (each[2] or "").strip() == unit]
            sizes.append(float(np.median(numbers)))
    return len(sizes) >= 2 and min(sizes) > 0 and max(sizes) <= _NEAR * min(sizes)


def _plain(number: str) -> str:
    return f"{float(number):.15g}"
