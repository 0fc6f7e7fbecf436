"""How the rules of a table are kept by construction: what follows from other columns is worked out after drawing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from DataFoundry.derivation.step import Planned, Step
from DataFoundry.derivation.steps import BY_RULE, STEPS, calendar, lookup
from DataFoundry.derivation.written import numbers
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.rules.evidence import MOST_EXCEPTIONS
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView

_ORDER = (
    *("same", "formula", "determines", "order", "increments", "value_when", "same_when"),
    *("missing_together", "missing_when"),
)
# Though a few rows break them: what a network draws would break them in most rows, or in as many as it learns little.
_WORTH_KEEPING = ("formula", "order", "missing_when")


@dataclass(frozen=True)
class Derivation:
    """What is done to a table before a network sees it, and back.

    Attributes
    ----------
    columns
        The features in the order of the training table.
    steps
        In the order in which they are restored; they are reduced in the reverse order.
    rules
        The promises: the rules that rows are to keep.
    kinds
        What each column is, for checking the rules.
    """

    columns: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    rules: tuple[Rule, ...] = ()
    kinds: Mapping[str, Column] | None = None

    def reduce(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The table that a network learns: without what follows, with what it follows from."""
        for step in reversed(self.steps):
            frame = STEPS[step.kind].reduce(frame, step.state)
        return frame

    def restore(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Drawn rows with all that follows from them; the same for a row wherever it stands."""
        for step in self.steps:
            frame = STEPS[step.kind].restore(frame, step.state)
        return frame

    @property
    def removed(self) -> tuple[str, ...]:
        """The columns that no network draws."""
        return tuple(step.writes for step in self.steps if step.removes)

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that a network draws besides those of the table."""
        return tuple(name for step in self.steps for name in step.adds)

    @property
    def mended(self) -> frozenset[str]:
        """The columns whose drawn values may be changed."""
        touched = {name for step in self.steps if step.kind == "at_least" for name in step.reads}
        return frozenset(touched | {step.writes for step in self.steps if not step.removes})

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "columns": list(self.columns),
            "steps": [step.as_dict() for step in self.steps],
            "rules": [rule.as_dict() for rule in self.rules],
            "kinds": {name: column.as_dict() for name, column in (self.kinds or {}).items()},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Derivation":
        """The derivation that `as_dict` describes."""
        return cls(
            tuple(value["columns"]),
            tuple(Step.from_dict(each) for each in value["steps"]),
            tuple(Rule.from_dict(each) for each in value["rules"]),
            {name: Column.from_dict(name, each) for name, each in value["kinds"].items()},
        )


def plan(
    table: Planned, rules: Sequence[Rule], kinds: Mapping[str, Column], columns: Sequence[str], clock: str | None = None
) -> tuple[Derivation, list[str]]:
    """The derivation that keeps as many rules as can be kept, and a sentence for each that the table itself breaks.

    Formulas, orders and "missing exactly when" that a few rows break are no promises, but what follows is worked out by
    them, too.

    Parameters
    ----------
    table
        The training table.
    rules
        Those without exceptions are promises.
    columns
        The features in the order of the training table.
    clock
        A moment by which rows follow one another, which is drawn in a way of its own (`relational.times`).
    """
    view = TableView(table.frame, kinds)
    promises, likely, warnings = [], [], []
    for rule in rules:
        broken = 0 if rule.exceptions or not _known(rule, view) else int(RULES[rule.kind].breaks(view, rule).sum())
        if broken and not rule.support:  # somebody said it
            warnings.append(
                f"{broken} rows of the table break the rule {rule.sentence or rule.kind!r}, so synthetic rows do too."
            )
        elif not broken and not rule.exceptions and _known(rule, view):
            promises.append(rule)
        elif is_likely(rule) and _known(rule, view):
            likely.append(rule)
    steps: list[Step] = []
    for rules_of_a_kind in (promises, likely):
        for kind in _ORDER:
            for rule in rules_of_a_kind:
                if rule.kind == kind:
                    steps = _with(steps, rule, promises, table)
    for name in columns:  # those of a rule that left one out follow the one that is left
        if name != clock and (step := calendar.for_column(name, table)):
            steps = _accepted(step, steps, promises, table) or steps
    return Derivation(
        tuple(columns), tuple(map(partial(_in_chain, steps), steps)), tuple(promises), dict(kinds)
    ), warnings


def _in_chain(steps: Sequence[Step], step: Step) -> Step:
    """Of three numbers in order none may be made smaller any more: what was put right would be wrong again."""
    others = [each for each in steps if each.kind == "at_least" and each is not step]
    chained = any({*each.reads, each.writes} & {*step.reads, step.writes} for each in others)
    return replace(step, state={**step.state, "raise": True}) if step.kind == "at_least" and chained else step


def is_likely(rule: Rule) -> bool:
    """Whether it is no promise, since a few rows break it, but what follows is worked out by it all the same."""
    return rule.kind in _WORTH_KEEPING and 0 < rule.exceptions <= MOST_EXCEPTIONS * rule.support


def _known(rule: Rule, view: TableView) -> bool:
    return rule.kind in RULES and all(name in view.columns for name in rule.columns)


def _with(steps: list[Step], rule: Rule, promises: list[Rule], table: Planned) -> list[Step]:
    """The steps with those that keep one more rule, in the order of restoring; as they were where none can."""
    for way in BY_RULE[rule.kind]:
        for step in STEPS[way].propose(rule, table):
            if way == "set_when":
                steps = _set_last(step, steps, table) or steps
            elif way == "one_missing":
                steps = _sorted([*steps, *_carried(step, steps, table)]) or steps
            elif added := _accepted(step, steps, promises, table, rule.exceptions):
                return added
    return steps


def _accepted(
    step: Step, steps: list[Step], promises: list[Rule], table: Planned, exceptions: int = 0
) -> list[Step] | None:
    """The steps with one more, if what it needs and writes is free, and it gives the training table back.

    So it does in all rows but those that are exceptions of its rule.
    """
    removed = {each.writes for each in steps if each.removes}
    if step.removes and step.writes in removed or not step.removes and {step.writes, *step.reads} & removed:
        return None
    before = table.frame
    if step.kind == "lookup":
        before = before[lookup.remembered(before, step.state)].reset_index(drop=True)
    after = STEPS[step.kind].restore(STEPS[step.kind].reduce(before, step.state), step.state)
    absent = before[step.writes].isna() & after[step.writes].notna()
    lost = before[step.writes].notna() & after[step.writes].isna()  # what it follows from is missing
    if lost.sum() > (0 if _tells_of_missing(step.writes, promises) else MOST_EXCEPTIONS * len(before)):
        return None
    kept, again = before[step.writes][~lost], after[step.writes][~lost]
    if not _alike(kept, again, absent[~lost], table.writing(step.writes), exceptions):
        return None
    if not absent.any():
        return _sorted([*steps, step])
    for teller in _tellers(step.writes, promises, table):
        if told := _sorted([*steps, step, teller]):
            return told
    column = table.new_name(f"{step.writes} is missing")
    state = {"column": step.writes, "flag": column}
    return _sorted([*steps, step, Step("absent", step.writes, (column,), False, state, (column,))])


def _set_last(step: Step, steps: list[Step], table: Planned) -> list[Step] | None:
    """The steps with one that sets numbers, which may be mended before; None where they are worked out otherwise."""
    made = [each.kind for each in steps if each.removes and each.writes == step.writes]
    after = STEPS[step.kind].restore(table.frame, step.state)
    how, nowhere = table.writing(step.writes), pd.Series(False, index=after.index)
    if set(made) - {"difference"} or not _alike(table.frame[step.writes], after[step.writes], nowhere, how):
        return None
    return _sorted([*steps, step])


def _tells_of_missing(name: str, promises: list[Rule]) -> bool:
    """Whether a promise says when a column is missing."""
    return any(rule.kind in ("missing_when", "missing_together") and name in rule.columns for rule in promises)


def _tellers(name: str, promises: list[Rule], table: Planned) -> Iterator[Step]:
    """What tells when a column is missing, best by the values of another."""
    for kind in ("missing_when", "missing_together"):
        for rule in promises:
            if rule.kind == kind and name in rule.columns:
                proposed = STEPS["one_missing"].propose(rule, table)
                yield from (step for step in proposed if step.writes == name)


def _alike(
    before: pd.Series, after: pd.Series, absent: pd.Series, how: Mapping[str, Any] | None, exceptions: int = 0
) -> bool:
    """Whether a column came back, but for values where there were none; numbers within half their last digit.

    In at most so many rows that are exceptions it may be another value.
    """
    if (after.isna() & before.notna()).any():
        return False
    kept = (before.notna() & ~absent).to_numpy()
    if how is None or how["kind"] == "moment":
        return bool((before[kept].map(str).to_numpy() != after[kept].map(str).to_numpy()).sum() <= exceptions)
    (a, _), (b, _) = numbers(before[kept], how), numbers(after[kept], how)
    return bool((~(np.abs(a - b) <= 1.001 * 10.0 ** -int(how["decimals"]) + 1e-9 * np.abs(a))).sum() <= exceptions)


def _carried(step: Step, steps: list[Step], table: Planned) -> Iterator[Step]:
    """`one_missing` for the column that the network draws in place of one that is worked out."""
    name, seen = step.writes, set()
    by_column = {each.writes: each for each in steps if each.removes}
    missing = table.frame[name].isna().to_numpy()
    while name in by_column and name not in seen:
        seen.add(name)
        maker = by_column[name]
        if maker.kind == "difference":
            name = maker.adds[0]
            break
        alike = [each for each in maker.reads if np.array_equal(table.frame[each].isna().to_numpy(), missing)]
        if not alike or step.reads[0] in alike:
            return  # by construction it is missing where the one that tells is, or what tells is in the steps
        name = alike[0]
    if name != step.reads[0] and name not in table.fixed:
        state = {**step.state, "column": name}
        yield Step("one_missing", name, step.reads, False, state)


def _rank(step: Step) -> int:
    """Of steps that write the same column, which comes first: it is worked out, then mended, then emptied."""
    if step.removes:
        return 0
    return 2 if step.kind == "one_missing" else 1


def _sorted(steps: list[Step]) -> list[Step] | None:
    """In an order in which each column is written before it is read; None where there is none."""
    graph: dict[int, set[int]] = {place: set() for place in range(len(steps))}
    for place, step in enumerate(steps):
        for other, earlier in enumerate(steps):
            mends = {*earlier.reads, earlier.writes} if earlier.kind == "at_least" else {earlier.writes}
            writes_what_it_reads = bool(mends & set(step.reads)) and not (
                step.kind == "at_least" and earlier.writes not in step.reads
            )
            writes_the_same = earlier.writes == step.writes and _rank(earlier) < _rank(step)
            # Two numbers that are set to be the same are in order: mended before, they would be set anew.
            set_first = step.kind == "set_when" and earlier.kind == "at_least" and step.writes in mends
            if other != place and not set_first and (writes_what_it_reads or writes_the_same):
                graph[place].add(other)
    try:
        return [steps[place] for place in TopologicalSorter(graph).static_order()]
    except CycleError:
        return None
