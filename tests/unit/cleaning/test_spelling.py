"""A misspelling may stand in several rows; values that are like one another and both meant are left alone."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.cleaning.cell_checks import CellChecks, findings
from DataFoundry.cleaning.spelling import nearest
from DataFoundry.schema.discovery import discover_in


@pytest.mark.parametrize(
    ("value", "count", "counts", "suggested"),
    [
        ("Warnnung", 7, {"Warnung": 120, "ok": 1_800}, "Warnung"),
        ("Warnugn", 7, {"Warnung": 120, "ok": 1_800}, "Warnung"),
        ("o k", 7, {"ok": 60, "Warnung": 10}, "ok"),
        ("OK", 7, {"ok": 60, "Warnung": 10}, "ok"),
        ("Hamborg", 7, {"Hamburg": 360}, "Hamburg"),
        ("Hamborg", 1, {"Hamburg": 25}, "Hamburg"),
    ],
)
def test_what_stands_in_several_rows_may_be_misspelt(
    value: str, count: int, counts: dict[str, int], suggested: str
) -> None:
    near = nearest(value, count, {**counts, value: count})
    assert near is not None and near.suggested == suggested and near.confidence >= 0.9


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ("2nd", "1st"),
        ("A2", "A1"),
        ("male", "female"),
        ("NO", "NL"),
        ("AUT", "AUS"),
        ("EURC", "EURB"),
        ("low", "now"),
        ("12 GB", "12 MB"),
        ("1 2", "12"),
        ("Preschool", "Some-college"),
    ],
)
def test_values_that_are_both_meant_are_none(value: str, other: str) -> None:
    assert nearest(value, 5, {other: 10_000, value: 5}) is None


@pytest.mark.parametrize(("value", "other"), [("Orders", "Order"), ("Mrs", "Mr"), ("Arzt", "Arzte")])
def test_a_plural_in_several_rows_is_told_and_not_repaired(value: str, other: str) -> None:
    near = nearest(value, 5, {other: 10_000, value: 5})
    assert near is None or near.confidence < 0.9


def test_names_in_a_column_of_many_need_more_than_a_doubled_letter() -> None:
    names = {f"Name{chr(97 + each // 26)}{chr(97 + each % 26)}": 3 for each in range(60)}
    assert nearest("Hofmann", 5, {**names, "Hoffmann": 60, "Hofmann": 5}) is None


@pytest.mark.parametrize("steps", [1, 10], ids=["one speed a machine", "several speeds a machine"])
def test_a_machine_that_is_off_repairs_nothing(steps: int) -> None:
    """0 stands beside all machines, mostly beside the one that is off most often."""
    draw = np.random.default_rng(0)
    machine = draw.choice(["M1", "M2", "M3", "M4"], 2_000)
    speed = pd.Series(machine).map({"M1": 1000, "M2": 1500, "M3": 2000, "M4": 3000}) + 10 * draw.integers(
        0, steps, 2_000
    )
    off = np.zeros(2_000, dtype=bool)
    for name, rows in {"M1": 4, "M2": 2, "M3": 59, "M4": 2}.items():
        off[np.flatnonzero(machine == name)[:rows]] = True
    frame = pd.DataFrame({"machine": machine, "rpm": np.where(off, 0, speed)})
    schema = discover_in(frame)
    checks = CellChecks.learnt(frame, schema.columns, schema.rules)
    told = list(findings(checks.marks(frame), frame))
    assert all(each.confidence < 0.9 and each.suggested is None for each in told)
    wrong = int(np.flatnonzero((machine == "M2") & ~off)[5])
    spoilt = frame.assign(machine=frame["machine"].mask(frame.index == wrong, "M4"))
    new = [each for each in findings(checks.marks(spoilt), spoilt) if each.row == wrong]
    assert {each.column for each in new} >= {"machine", "rpm"}
