"""A number that is computed from others: total = quantity * price, days = cancelled - signup, or one more."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import permutations

import numpy as np

from DataFoundry.schema.rules.by_row import VerifiedByRow, numbers_of, present
from DataFoundry.schema.rules.evidence import FEWEST_ROWS, MOST_EXCEPTIONS
from DataFoundry.schema.rules.linear import constants, off, on_a_line
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

WIDTH = (2, 3)
OPERATIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "*": np.multiply,
    "+": np.add,
    "-": np.subtract,
    "/": np.divide,
}
LINEAR = "linear"
DETAILS: dict[str, object] = {"operation": (*OPERATIONS, LINEAR), "decimals": int}
_COMMUTES = ("*", "+")
_FIRST_ROWS = 400
_FEWEST_VALUES = 5
_MOST_COLUMNS = 40  # numeric columns that are tried in threes
_REAL = 0.2  # share of rows in which the result must differ from both of its parts


def discover(view: TableView) -> list[Rule]:
    """Sums, differences, products and ratios of two columns, differences of two moments in days, or one day more, and
    numbers that are another one times a constant.

    Each three columns give one rule: the product rather than the ratio, the sum rather than the difference.
    """
    numbers = [name for name in view.columns if view.columns[name].kind in ("number", "formatted_number")]
    numbers = [name for name in numbers if view.codes(name)[1] > 1][:_MOST_COLUMNS]
    results = [name for name in numbers if view.codes(name)[1] >= _FEWEST_VALUES]
    moments = [name for name in view.columns if view.columns[name].kind == "moment" and view.codes(name)[1] >= 3]
    found: list[Rule] = []
    told: set[frozenset[str]] = set()
    for rule in (*_of(view, numbers, results, OPERATIONS), *_of(view, moments, results, ("-",))):
        if frozenset(rule.columns) not in told:
            told.add(frozenset(rule.columns))
            found.append(rule)
    return found + _linear(view, results, told)


def _linear(view: TableView, numbers: list[str], told: set[frozenset[str]]) -> list[Rule]:
    """One rule for each two columns; of three that add up, one for all three: the others follow."""
    found: list[Rule] = []
    used: set[frozenset[str]] = set()
    copies: set[str] = set()
    for first, second in permutations(numbers, 2):
        triples = {triple for triple in told if {first, second} <= triple}
        if {first, second} & copies or frozenset((first, second)) in used or triples & used:
            continue
        decimals = view.decimals(second)
        a, b = numbers_of(view, first), numbers_of(view, second)
        if not on_a_line(a[:_FIRST_ROWS], b[:_FIRST_ROWS], decimals):
            continue
        known = constants(a, b, decimals)
        if known is None:
            continue
        factor, offset = known
        more = f" {'+' if offset > 0 else '-'} {abs(offset):g}" if offset else ""
        details = {"operation": LINEAR, "factor": factor, "offset": offset, "decimals": decimals}
        found.append(Rule("formula", (first, second), f"{second} is {factor:g} * {first}{more}.", 0, 0, details))
        used |= {frozenset((first, second)), *triples}
        copies.add(second)
    return found


def _of(view: TableView, parts: list[str], results: list[str], operations: Iterable[str]) -> Iterator[Rule]:
    for operation in operations:
        for first, second in permutations(parts, 2):
            if operation in _COMMUTES and first > second:
                continue
            for result in results:
                if result not in (first, second):
                    rule = _judged(view, first, operation, second, result)
                    if rule is not None:
                        yield rule


def _judged(view: TableView, first: str, operation: str, second: str, result: str) -> Rule | None:
    moments = view.columns[first].kind == "moment"
    for offset in (0, 1) if moments else (0,):  # from Monday to Tuesday is one day, or two where both are counted
        details = {"operation": operation, "decimals": view.decimals(result)} | ({"offset": offset} if offset else {})
        sentence = f"{result} is {first} {operation} {second}{' in days' if moments else ''}{' + 1' if offset else ''}."
        rule = Rule("formula", (first, second, result), sentence, 0, 0, details)
        if _holds(view, rule, slice(0, _FIRST_ROWS)) and _holds(view, rule, slice(None)):
            return rule
    return None


def _holds(view: TableView, rule: Rule, rows: slice) -> bool:
    a, b, c = (numbers_of(view, name)[rows] for name in rule.columns)
    kept = ~(np.isnan(a) | np.isnan(b) | np.isnan(c))
    a, b, c = a[kept], b[kept], c[kept]
    if len(c) < FEWEST_ROWS:
        return False
    off = _off(a, b, c, rule)
    real = (c != a) & (c != b) & (c != 0)
    return bool(off.sum() <= MOST_EXCEPTIONS * len(c) and real.mean() >= _REAL and off[real].mean() <= 0.05)


def _off(a: np.ndarray, b: np.ndarray, c: np.ndarray, rule: Rule) -> np.ndarray:
    """(n,) bool: where the result is not the computed one, rounded as the column is."""
    with np.errstate(all="ignore"):
        step = 0.5 * 10.0 ** -int(rule.details["decimals"])
        return ~(np.abs(computed(rule.details, a, b) - c) <= step * 1.001 + 1e-9 * np.abs(c))


def computed(details: Mapping[str, object], *parts: np.ndarray) -> np.ndarray:
    """(n,) float64: what a formula of such details gives for the numbers of its parts, of moments days, not rounded."""
    offset = float(details.get("offset", 0.0))  # type: ignore[arg-type]
    if details["operation"] == LINEAR:
        return parts[0] * float(details["factor"]) + offset  # type: ignore[arg-type]
    return OPERATIONS[str(details["operation"])](*parts) + offset


def _rest(rule: Rule) -> tuple[float, int]:
    """Offset and decimals of a linear rule."""
    return float(rule.details.get("offset", 0.0)), int(rule.details["decimals"])


class Verified(VerifiedByRow):
    """By row."""

    @staticmethod
    def able(view: TableView, rule: Rule) -> np.ndarray:
        """Rows that have all the numbers."""
        return present(view, rule.columns)

    @staticmethod
    def broken(view: TableView, rule: Rule) -> np.ndarray:
        """Rows in which the result is another."""
        if rule.details["operation"] == LINEAR:
            source, scaled = (numbers_of(view, name) for name in rule.columns)
            return off(source, scaled, float(rule.details["factor"]), *_rest(rule))
        first, second, result = (numbers_of(view, name) for name in rule.columns)
        return _off(first, second, result, rule)


breaks = Verified.breaks
