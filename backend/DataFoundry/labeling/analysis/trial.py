"""Labeling functions tried on the first rows of a table: what each would do, and what is wrong with those that fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from DataFoundry.errors import LabelingFunctionError
from DataFoundry.labeling import labeling_run
from DataFoundry.labeling.aggregation.hand_labels import HandLabels, read_hand_labels
from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of
from DataFoundry.labeling.analysis import function_analysis, function_warnings
from DataFoundry.labeling.analysis.conflict_examples import Disagreements, values_shown
from DataFoundry.labeling.execution.apply import Applier
from DataFoundry.labeling.execution.failures import Fault
from DataFoundry.labeling.functions.reading import LabelingFunction, read_each
from DataFoundry.settings import limits
from DataFoundry.sources.coded import coded_frames
from DataFoundry.sources.table import Table

_SECONDS = 1  # of sandbox time for one function, where the whole table would get more
_EXAMPLES = 3  # rows for each class that a function votes for
_MOST_EXAMPLES = 12  # rows of one function

Error = dict[str, object]


@dataclass(frozen=True)
class Hand:
    """The table of hand-labeled rows, and its column of labels if it was named."""

    table: Table
    label_column: str | None


def trial(
    table: Table, items: Sequence[Mapping[str, str]], rows: int, cardinality: int | None, hand: Hand | None
) -> dict[str, object]:
    """What the functions do on the first `rows` rows; one that fails counts for nothing, and its error is told.

    Raises
    ------
    RequestError
        If there are no functions, too many, or two of one name.
    """
    parsed = read_each(items)
    errors = {str(item["name"]): _told(each) for item, each in zip(items, parsed, strict=True) if _failed(each)}
    working = [each for each in parsed if isinstance(each, LabelingFunction)]
    labels, faulty = _hand_labels(table, working, hand)
    working = [each for each in working if each.name not in faulty]
    voted = _Voted.on(table, working, rows, cardinality)
    names = [each.name for each in working]
    found = {each["name"]: each for each in function_analysis.by_function(names, voted.summary, labels)}
    errors |= faulty | {name: _told(fault.error()) for name, fault in voted.faults.items()}
    return {
        "num_rows_tried": voted.summary.rows,
        "num_rows": table.num_rows,
        "num_covered": voted.summary.covered,
        "num_conflicted": voted.summary.conflicted,
        "num_failed": len(errors),
        "lf_analysis": [
            {"name": item["name"], "error": errors[item["name"]]}
            if item["name"] in errors
            else {**found[item["name"]], "error": None, "examples": voted.examples(names.index(item["name"]))}
            for item in items
        ],
        "conflicts": function_analysis.conflicting_pairs(names, voted.summary),
        "examples": voted.disagreements(),
        "warnings": _warnings(table, [each for each in working if each.name not in errors], errors, voted, labels),
        "explain": [each for each in voted.explain if each["name"] not in errors],
    }


@dataclass(frozen=True)
class _Voted:
    """The votes of the functions that run, on the first rows."""

    names: list[str]
    frame: pd.DataFrame
    votes: np.ndarray
    summary: VoteSummary
    faults: dict[str, Fault]
    explain: list[dict[str, object]]
    columns: list[list[str]]

    @classmethod
    def on(cls, table: Table, functions: Sequence[LabelingFunction], rows: int, cardinality: int | None) -> "_Voted":
        bounds = limits()
        bounds = replace(bounds, function_seconds=min(_SECONDS, bounds.function_seconds))
        with Applier(functions, table.columns, bounds) as applier:
            frame = next(iter(coded_frames(table, applier.columns, rows)))[:rows]
            votes = applier.votes(frame)
            for place in range(len(functions)):
                fault = labeling_run.vote_fault(applier, place, votes[:, place], cardinality, 0)
                if fault is not None:
                    applier.faults[place] = fault
                    votes[:, place] = -1
            k = cardinality or max(2, int(votes.max(initial=-1)) + 1)
            faults = {each.function: each for each in applier.faults if each is not None}
            summary = VoteSummary.of(patterns_of(votes), k)
            summary = summary.noting(applier.nones, np.array([each is not None for each in applier.faults], dtype=int))
            explain = applier.explain()
        names = [each.name for each in functions]
        reads = [[name for name in table.columns if name in (_listed(each))] for each in explain]
        return cls(names, frame, votes, summary, faults, explain, reads)

    def examples(self, place: int) -> list[dict[str, object]]:
        """The first rows of each class that a function votes for, with the columns that it reads."""
        column = self.votes[:, place]
        first = [np.flatnonzero(column == label)[:_EXAMPLES] for label in np.unique(column[column >= 0])]
        return [
            {"row": int(row), "vote": int(column[row]), "values": values_shown(self.frame[self.columns[place]], row)}
            for row in np.concatenate([np.zeros(0, dtype=int), *first])[:_MOST_EXAMPLES]
        ]

    def disagreements(self) -> list[dict[str, object]]:
        """Rows where functions differ, with each function's vote by name."""
        found = Disagreements()
        found.take(patterns_of(self.votes), self.frame, 0)
        return [{**each, "votes": dict(zip(self.names, _list(each["votes"]), strict=True))} for each in found.rows]


def _listed(explained: Mapping[str, object]) -> list[str]:
    return _list(explained["columns"])


def _list(value: object) -> list:
    assert isinstance(value, list)
    return value


def _failed(each: LabelingFunction | LabelingFunctionError) -> bool:
    return isinstance(each, LabelingFunctionError)


def _told(error: object) -> Error:
    """An error as the answer has it."""
    assert isinstance(error, LabelingFunctionError)
    return {"message": error.message, **{key: error.details.get(key) for key in ("line", "row", "reason")}}


def _hand_labels(
    table: Table, functions: Sequence[LabelingFunction], hand: Hand | None
) -> tuple[HandLabels | None, dict[str, Error]]:
    """The hand-labeled rows with the votes of the functions that do not fail there, and the errors of the others."""
    errors: dict[str, Error] = {}
    while hand is not None:
        working = [each for each in functions if each.name not in errors]
        try:
            return read_hand_labels(hand.table, working, table.columns, hand.label_column), errors
        except LabelingFunctionError as error:
            told = _told(error)
            errors[str(error.details["function"])] = {**told, "message": f"On the hand-labeled rows: {told['message']}"}
    return None, errors


def _warnings(
    table: Table,
    working: Sequence[LabelingFunction],
    errors: Mapping[str, Error],
    voted: _Voted,
    labels: HandLabels | None,
) -> list[str]:
    found = [
        *function_warnings.on_columns(working, table.columns),
        *function_warnings.on_dates(working, table),
        *function_warnings.on_votes(voted.names, voted.summary, silent=set(errors)),
        *function_warnings.on_accuracy(voted.names, labels),
    ]
    if table.num_rows is None or table.num_rows > voted.summary.rows:
        found.append(
            f"All figures are of the first {voted.summary.rows:,} rows, which need not be like the others; "
            "max_rows tries more, create-labels all."
        )
    return found
