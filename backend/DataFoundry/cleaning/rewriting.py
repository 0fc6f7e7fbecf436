"""Values that say the same in another form, written as their column writes them: `12.52 USD` as `$12.52`."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.schema.kinds import KINDS, formatted_number, moment
from DataFoundry.schema.table_schema import Column

_SURE, _LESS_SURE, _UNSURE = 0.95, 0.9, 0.8
_NUMBER = re.compile(r"(?P<before>[^\d.,+-]*)(?P<number>[-+]?\d[\d.,' \u00a0]*?)(?P<after>\s*[^\d.,]*)")
_MONEY = {
    "€": "eur",
    "euro": "eur",
    "$": "usd",
    "us$": "usd",
    "£": "gbp",
    "¥": "jpy",
    "fr.": "chf",
    "zł": "pln",
    "kč": "czk",
}
_PARTS = re.compile(r"(\\d|\[[^\]]*\]|\\?(.))(\{\d+\}|\+)?")  # of a pattern: a class or a sign, and how many times
_FREQUENT_DOMAIN = 20  # rows
_YEAR_FIRST = re.compile(r"%Y.%d.%m")  # nobody writes so


@dataclass(frozen=True)
class Usual:
    """What a column's values are like, as far as another form is read by it.

    Attributes
    ----------
    low, high
        Of its numbers, the ends of what is usual; infinite where it has none.
    domains
        Of its e-mail addresses, the frequent ones.
    day_first
        Shapes of dates (`9.9.9`) that can only be meant with the day first (True) or the month (False), by values of
        the column that are not in its own form.
    """

    low: float = -np.inf
    high: float = np.inf
    domains: tuple[str, ...] = ()
    day_first: Mapping[str, bool] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Usual":
        """What `state()` describes; of nothing, as older models know it, nothing."""
        return cls(**{**state, "domains": tuple(state.get("domains", ()))})


def rewritten(text: str, name: str, column: Column, usual: Usual) -> tuple[str, float] | None:
    """The value in the column's own form, and how sure it is that the same is meant; None where nobody can tell."""
    rewrite = _OF_KIND.get(column.kind)
    found = None if rewrite is None else rewrite(text.strip(), name, column, usual)
    if found is None or found[0] == text:
        return None
    return found if KINDS[column.kind].check(pd.Series([found[0]], dtype=object), column.format).all() else None


def usual_of(column: Column, fitting: pd.Series, others: Sequence[str]) -> Usual:
    """What another form is read by.

    Parameters
    ----------
    fitting
        The values that are in the column's form.
    others
        Those that are not.
    """
    if column.kind in ("number", "formatted_number"):
        numbers, missing = KINDS[column.kind].to_numbers(fitting, column.format)
        if missing.all():
            return Usual()
        low, high = map(float, np.quantile(numbers[~missing], [0.001, 0.999]))
        return Usual(low=min(low, 0.0), high=high + 0.5 * (high - low))
    if column.kind == "email":
        domains = Counter(str(each).rpartition("@")[2] for each in fitting)
        return Usual(domains=tuple(each for each, count in domains.items() if count >= _FREQUENT_DOMAIN))
    return Usual(day_first=_day_first(others)) if column.kind == "moment" else Usual()


def _number(text: str, name: str, column: Column, usual: Usual) -> tuple[str, float] | None:
    parts = _NUMBER.fullmatch(text)
    if parts is None:
        return None
    decimals = int(column.format["decimals"]) if column.format else None
    number = _read(parts["number"], decimals)
    if number is None or not usual.low <= number <= usual.high:
        return None
    own = {_unit(str(column.format.get(each, ""))) for each in ("prefix", "suffix")} - {""}
    units = {_unit(parts[each]) for each in ("before", "after")} - {""}
    named = {each.casefold() for each in re.findall(r"[^\W\d_]+", name)}
    if column.kind == "number":
        sure = _SURE if units <= named else _UNSURE
        plain = f"{number:.15g}"
        return (plain, sure) if len(units) <= 1 else None
    if not units <= own:  # another unit, or another currency
        return None
    return str(formatted_number.write(np.array([number]), column.format)[0]), _SURE if units else _LESS_SURE


def _unit(text: str) -> str:
    plain = text.strip().casefold()
    return _MONEY.get(plain, plain)


def _read(text: str, decimals: int | None) -> float | None:
    """A number whatever its signs; None where one sign may part thousands or decimals."""
    plain = re.sub(r"[ '\u00a0]", "", text).rstrip(".,")
    signs = [each for each in plain if each in ".,"]
    if len(set(signs)) == 2:
        plain = plain.replace("." if signs[-1] == "," else ",", "")
    elif len(signs) > 1:
        return _as_float(plain.replace(signs[0], ""))
    elif signs and len(plain.rpartition(signs[0])[2]) == 3 and decimals != 3:
        return None
    number = plain.replace(",", ".")
    if decimals is not None and len(number.partition(".")[2].rstrip("0")) > decimals:
        return None
    return _as_float(number)


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str, name: str, column: Column, usual: Usual) -> tuple[str, float] | None:
    pattern = str(column.format.get("pattern", ""))
    meant: dict[str, bool] = {}  # what it would be in the column's form, and whether its day stands first
    for other in _patterns(text):
        numbers, missing = moment.to_numbers(pd.Series([text], dtype=object), {"pattern": other})
        if pattern and not missing[0]:
            (written,) = moment.write(numbers, column.format)
            again, _ = moment.to_numbers(pd.Series([written], dtype=object), column.format)
            same_parts = ("%H" in other or "%I" in other) == ("%H" in pattern or "%I" in pattern)
            if again[0] == numbers[0] and same_parts:  # nothing is lost, and no time of day made up
                meant.setdefault(str(written), _is_day_first(other))
    if len(meant) > 1:
        first = usual.day_first.get(_shape(text))
        meant = {written: day for written, day in meant.items() if day == first}
        return (next(iter(meant)), _LESS_SURE) if len(meant) == 1 else None
    return (next(iter(meant)), _SURE) if meant else None


def _patterns(text: str) -> list[str]:
    return [each for each in moment.candidates([text]) if not _YEAR_FIRST.match(each)]


def _is_day_first(pattern: str) -> bool:
    return "%d" in pattern and pattern.find("%d") < max(pattern.find("%m"), pattern.find("%b"), pattern.find("%B"))


def _shape(text: str) -> str:
    return re.sub(r"\d+", "9", text)


def _day_first(texts: Sequence[str]) -> dict[str, bool]:
    """By shape of date, whether the day stands first, where some values say so and none the contrary."""
    said: dict[str, set[bool]] = {}
    for text in texts:
        read = [each for each in _patterns(text) if not moment.to_numbers(pd.Series([text]), {"pattern": each})[1][0]]
        orders = {_is_day_first(each) for each in read}
        if len(orders) == 1:
            said.setdefault(_shape(text), set()).update(orders)
    return {shape: next(iter(orders)) for shape, orders in said.items() if len(orders) == 1}


def _email(text: str, name: str, column: Column, usual: Usual) -> tuple[str, float] | None:
    joined = re.sub(r"\s*(\(at\)|\[at\]|@+|\sat\s)\s*", "@", text)
    if joined.count("@") == 1:
        return joined, _SURE
    ends = [each for each in usual.domains if text.endswith(each) and len(text) > len(each)]
    if "@" in joined or len(ends) != 1:
        return None
    return f"{text[: -len(ends[0])].rstrip()}@{ends[0]}", _LESS_SURE


def _key(text: str, name: str, column: Column, usual: Usual) -> tuple[str, float] | None:
    """The same letters and digits with the signs that stand between them in other keys; of a number its digits."""
    pattern = str(column.format.get("pattern", ""))
    letters = re.sub(r"[\W_]", "", text)
    if pattern.startswith(r"\d"):
        digits = re.sub(r"\D", "", letters)
        return (digits, _UNSURE) if digits and re.fullmatch(pattern, digits) else None
    for each in dict.fromkeys((letters, letters.upper(), letters.lower())):
        found = _with_signs(each, pattern)
        if found is not None and re.fullmatch(pattern, found):
            return found, _LESS_SURE
    return None


def _with_signs(letters: str, pattern: str) -> str | None:
    """Letters and digits with the signs of a pattern of `key.pattern_of` put between them; None if it has no length."""
    found, rest = "", letters
    for part, sign, times in _PARTS.findall(pattern):
        if times == "+":
            return None
        if part.startswith("[") or part == r"\d" or sign.isalnum():
            count = int(times[1:-1]) if times else 1
            found, rest = found + rest[:count], rest[count:]
        else:
            found += sign
    return None if rest else found


_OF_KIND: dict[str, Callable[[str, str, Column, Usual], tuple[str, float] | None]] = {
    "number": _number,
    "formatted_number": _number,
    "moment": _moment,
    "email": _email,
    "key": _key,
}
