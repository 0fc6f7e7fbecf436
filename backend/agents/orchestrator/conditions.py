"""`where` of a plan -> tests of synthetic rows: `{"age": ">60"}`, `{"label": 1}`, `high income`."""

import math
import re
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from agents.orchestrator.values import known_from, understood
from DataFoundry.errors import ColumnError, UnknownLabelError

LABEL = "label"
_LEVELS = {
    **dict.fromkeys(("high", "upper", "rich", "wealthy", "old", "elderly"), "high"),
    **dict.fromkeys(("low", "lower", "poor", "young"), "low"),
    **dict.fromkeys(("medium", "middle"), "middle"),
}
_AGED = {"old": "age", "elderly": "age", "young": "age"}
_OPERATORS = ("<=", ">=", "<", ">")
_SCALES = {"k": 1e3, "m": 1e6}


@dataclass(frozen=True)
class Test:
    """One column against a number, or against the values that it may have."""

    column: str
    operator: str
    value: float | tuple[Any, ...]

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) where it holds; a missing value never does."""
        if self.operator == "in":
            return frame[self.column].isin(list(self.value)).to_numpy()  # type: ignore[arg-type]
        numbers = pd.to_numeric(frame[self.column], errors="coerce").to_numpy(dtype=float)
        compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[self.operator]
        return compare(numbers, self.value)

    def __str__(self) -> str:
        if isinstance(self.value, tuple):
            return f"{self.column} is {' or '.join(map(str, self.value))}"
        return f"{self.column} {self.operator} {self.value:g}"


@dataclass(frozen=True)
class Conditions:
    """A label that the model is asked for, and tests that rows must pass."""

    label: Any = None
    tests: tuple[Test, ...] = ()

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) rows that pass all tests."""
        return np.logical_and.reduce([test.mask(frame) for test in self.tests])

    def __str__(self) -> str:
        label = [f"label is {self.label}"] if self.label is not None else []
        return " and ".join([*label, *map(str, self.tests)])


def read_conditions(where: Any, example: pd.DataFrame) -> Conditions:
    """Tests for `where`, a mapping of columns or a phrase, on rows like those of `example`.

    Raises
    ------
    ColumnError
        If no column or value of the model is meant; the message says how to write it.
    """
    if isinstance(where, str):
        return _phrase(where, example)
    label, tests = None, []
    for name, value in dict(where).items():
        if str(name).lower() in (LABEL, "class") and LABEL in example.columns:
            label = value
        else:
            column = _column(str(name), example)
            if isinstance(value, list):
                tests.append(_any_of([_test(column, each, example[column]) for each in value]))
                continue
            bounds = str(value).split(" and ") if str(value)[:1] in ("<", ">") else [value]
            tests += [_test(column, each, example[column]) for each in bounds]
    return Conditions(label, tuple(tests))


def as_wanted(where: Any, example: pd.DataFrame) -> tuple[dict[str, Any], Conditions]:
    """The same as the conditions that the library takes: `{"age": {"min": 40}}`."""
    found = read_conditions(where, example)
    wanted: dict[str, Any] = {LABEL: found.label} if found.label is not None else {}
    for test in found.tests:
        if isinstance(test.value, tuple):
            wanted[test.column] = list(test.value)
            continue
        strict = math.inf if test.operator == ">" else -math.inf if test.operator == "<" else test.value
        bound = math.nextafter(test.value, strict)
        key = "min" if test.operator.startswith(">") else "max"
        wanted[test.column] = {**wanted.get(test.column, {}), key: bound}
    return wanted, found


def _any_of(tests: list[Test]) -> Test:
    """Tests of values of one column as one."""
    return Test(tests[0].column, "in", tuple(each for test in tests for each in cast(tuple[Any, ...], test.value)))


def _phrase(phrase: str, example: pd.DataFrame) -> Conditions:
    said = understood(phrase, known_from(example))
    if said:
        return read_conditions(said, example)
    words = phrase.lower().replace("-", " ").split()
    if words[0] in ("positive", "negative") and LABEL in example.columns:
        return Conditions(label=1 if words[0] == "positive" else 0)
    if words[0] in _LEVELS and (len(words) > 1 or words[0] in _AGED):
        column = _column(" ".join(words[1:]) or _AGED[words[0]], example)
        return Conditions(tests=(_level(column, _LEVELS[words[0]], example[column]),))
    for name in example.columns if len(words) == 1 else ():
        column = example[name]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            values = tuple(value for value in column.dropna().unique() if _first_word(value) == words[0])
            if values:
                return Conditions(tests=(Test(str(name), "in", values),))
    raise _unknown(phrase, example)


def _level(column: str, level: str, values: pd.Series) -> Test:
    """`high` of a number is its upper quarter; of a category the one that says `>` or `high`."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        low, high = np.nanquantile(values.to_numpy(dtype=float), [0.25, 0.75])
        if level == "middle":
            raise ColumnError(
                f"Say which values of {column!r} are meant, such as {column} over {low:g}.", column=column
            )
        return Test(column, ">=" if level == "high" else "<=", float(high if level == "high" else low))
    signs = {"high": (">", "high"), "low": ("<", "low"), "middle": ("medium", "middle")}[level]
    fitting = tuple(value for value in values.dropna().unique() if str(value).lower().startswith(signs))
    if not fitting:
        raise ColumnError(f"Column {column!r} has no value that means {level}; name the value.", column=column)
    return Test(column, "in", fitting)


def _test(column: str, value: Any, values: pd.Series) -> Test:
    text = str(value).strip()
    if not pd.api.types.is_numeric_dtype(values.dtype):
        known = {_plain(each): each for each in values.dropna().unique()}
        if _plain(text) in known:
            return Test(column, "in", (known[_plain(text)],))
        some = ", ".join(map(str, list(known.values())[:10]))
        raise UnknownLabelError(f"Column {column!r} has no value {text!r}; it has {some}.", column=column)
    operator = next((sign for sign in _OPERATORS if text.startswith(sign)), "")
    number = _number(text[len(operator) :])
    if number is None:
        raise ColumnError(f"Column {column!r} holds numbers, and {text!r} is none.", column=column)
    return Test(column, operator, number) if operator else Test(column, "in", (number,))


def _number(text: str) -> float | None:
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*([km]?)\s*", text.replace(",", ""), re.IGNORECASE)
    return float(match.group(1)) * _SCALES.get(match.group(2).lower(), 1.0) if match else None


def _column(name: str, example: pd.DataFrame) -> str:
    """The column that `name` means: `hours per week` is `hours-per-week`."""
    plain = {_plain(column): str(column) for column in example.columns}
    if _plain(name) in plain:
        return plain[_plain(name)]
    near = process.extractOne(_plain(name), list(plain), scorer=fuzz.ratio, score_cutoff=88)
    if near:
        return plain[near[0]]
    raise _unknown(name, example)


def _plain(value: Any) -> str:
    return re.sub(r"[\s_-]+", "", str(value).lower())


def _first_word(value: Any) -> str:
    return re.split(r"\W+", str(value).lower().strip())[0]


def _unknown(phrase: str, example: pd.DataFrame) -> ColumnError:
    columns = ", ".join(map(str, list(example.columns)[:30]))
    return ColumnError(f"No column of the model is meant by {phrase!r}; write column and value, with one of {columns}.")
