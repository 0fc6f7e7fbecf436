"""Of cells that contradict one another, or an order or a sign that nearly all keep, what is told and how surely."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.cleaning.cell_checks import CellChecks, findings
from DataFoundry.cleaning.finding import Finding
from DataFoundry.schema.discovery import discover_in


def found_in(rows: pd.DataFrame, learnt_from: pd.DataFrame) -> list[Finding]:
    schema = discover_in(learnt_from)
    checks = CellChecks.learnt(learnt_from, schema.columns, schema.rules)
    again = CellChecks.from_state(checks.state())
    return list(findings(again.marks(rows), rows))


def parcels() -> pd.DataFrame:
    """Shelves stand in halls, several in each; halls are run by one firm each."""
    draw = np.random.default_rng(12)
    shelf = draw.choice(["A1", "A2", "A3", "B1", "B2", "C1", "C2"], 1_400)
    hall = pd.Series(shelf).str[0].map({"A": "Nordhalle", "B": "Osthalle", "C": "Lager am Tor"})
    return pd.DataFrame({"shelf": shelf, "hall": hall, "pieces": draw.integers(1, 40, 1_400)})


def test_of_two_usual_values_that_contradict_one_another_either_may_be_wrong() -> None:
    rows = parcels()
    row = int(np.flatnonzero(rows["shelf"] == "A1")[7])
    rows.loc[row, "shelf"] = "B1"  # in truth; nothing in the row tells
    found = [each for each in found_in(rows, rows) if each.row == row]
    assert {each.column for each in found} == {"shelf", "hall"} and all(each.confidence < 0.9 for each in found)
    assert all("either may be wrong" in each.why for each in found if each.kind == "rule")


@pytest.mark.parametrize("third", [False, True], ids=["a value that is usual nowhere", "a third column tells"])
def test_where_something_tells_which_of_two_values_is_wrong_it_is_repaired(third: bool) -> None:
    rows = parcels()
    if third:
        firm = rows["hall"].map({"Nordhalle": "Kran AG", "Osthalle": "Rollen KG", "Lager am Tor": "Spedition Ost"})
        rows["firm"] = firm.where(rows.index % 3 > 0)
    row = int(np.flatnonzero((rows["shelf"] == "A1") & (rows.index % 3 > 0))[7])
    rows.loc[row, "hall"] = "Osthalle" if third else "Westflügel"
    found = [each for each in found_in(rows, rows) if each.row == row and each.confidence >= 0.9]
    assert [(each.column, each.suggested) for each in found] == [("hall", "Nordhalle")]


@pytest.mark.parametrize("related", [True, False], ids=["a loan and its return", "two dates of their own"])
def test_a_date_before_one_that_it_nearly_always_follows_is_told_less_surely(related: bool) -> None:
    draw = np.random.default_rng(21)
    out = pd.Timestamp("2022-01-01") + pd.to_timedelta(draw.integers(0, 900, 400), unit="D")
    back = out + pd.to_timedelta(draw.integers(0, 40, 400), unit="D")
    back = back if related else pd.Series(back).sample(frac=1, random_state=1).reset_index(drop=True)
    frame = pd.DataFrame({"lent": out, "returned": back, "pages": draw.integers(80, 600, 400)})
    wrong = [30, 90, 150, 210, 270, 330, 390, 395]  # 2 %: no rule
    frame.loc[wrong, "returned"] = frame.loc[wrong, "lent"] - pd.Timedelta(days=100)
    found = [each for each in found_in(frame, frame) if each.kind == "rule"]
    assert [each.row for each in found] == (wrong if related else [])
    assert all(each.column == "returned" and 0.5 < each.confidence < 0.9 for each in found)
    assert all("lent is not after returned in 392 of 400 rows; here" in each.why for each in found)


@pytest.mark.parametrize("meant", [False, True], ids=["a sign too many", "a tail that crosses zero"])
def test_a_few_negative_numbers_are_errors_unless_they_are_the_end_of_a_tail(meant: bool) -> None:
    draw = np.random.default_rng(31)
    size = np.round(draw.lognormal(1.1, 0.9, 3_000), 2)
    if meant:
        size = np.round(draw.normal(2.7, 1.0, 3_000), 2)
    else:
        wrong = np.flatnonzero(size > 0.5)[::450]
        size[wrong] = -size[wrong]
    frame = pd.DataFrame({"litres": size, "n": draw.integers(0, 9, 3_000)})
    negative = np.flatnonzero(size < 0)
    found = [each for each in found_in(frame, frame) if each.column == "litres" and each.found < 0]
    assert 4 <= len(negative) <= 15 and [each.row for each in found] == ([] if meant else negative.tolist())
    assert all(each.kind == "range" and "is negative; usual values lie between 0." in each.why for each in found)
