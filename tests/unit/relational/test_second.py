"""Second parents: what they share with a row in every training row they share in every synthetic one, too."""

import numpy as np
import pandas as pd

from DataFoundry.preprocessing.spans import CATEGORY, Span
from DataFoundry.relational.agreement import absences_of, agreement_of, never_named
from DataFoundry.relational.repeats import come_again, copied_rows, handed_on, scaled_to, told_repeats


def _category(*counts: int) -> Span:
    return Span(0, len(counts), CATEGORY, (), counts)


def _clinic(patients: int = 160, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Patients of four houses, visits to a doctor of the same house, whose boss is of that house, too."""
    r = np.random.default_rng(seed)
    houses = np.array(["north", "south", "east", "west"])
    staff = pd.DataFrame({"staff_id": 10 + np.arange(80), "house": houses[np.arange(80) % 4]})
    staff["role"] = np.where(np.arange(80) < 20, "doctor", "nurse")
    boss = np.where(np.arange(80) < 20, np.nan, 10 + np.arange(80) % 4 + 4 * r.integers(0, 5, 80))
    staff["boss_id"] = pd.array(boss, dtype="Int64")
    people = pd.DataFrame({"patient_id": 1000 + np.arange(patients), "house": houses[r.integers(0, 4, patients)]})
    visits = pd.DataFrame({"visit_id": np.arange(700), "patient_id": r.choice(people["patient_id"], 700)})
    home = visits["patient_id"].map(people.set_index("patient_id")["house"])
    doctors = staff[staff["role"] == "doctor"].groupby("house")["staff_id"].agg(list)
    usual = {each: r.choice(doctors[house]) for each, house in people.to_numpy()}
    often = r.random(700) < 0.7
    visits["staff_id"] = [
        usual[each] if again else r.choice(doctors[house])
        for each, again, house in zip(visits["patient_id"], often, home, strict=True)
    ]
    visits["fee"] = r.integers(10, 99, 700)
    visits["reason"] = r.choice(["control", "operation"], 700, p=[0.6, 0.4])
    referred = np.where(
        (visits["reason"] == "operation") & (r.random(700) < 0.8), r.choice(np.arange(10, 30), 700), np.nan
    )
    visits["referring_staff_id"] = pd.array(referred, dtype="Int64")
    return {"staff": staff, "patients": people, "visits": visits}


def _as_before_or_first(visits: pd.DataFrame) -> float:
    """Share of the visits but the first of each patient that are to whom the one before or the first was."""
    rows = visits.sort_values(["patient_id", "visit_id"], kind="stable", ignore_index=True)
    follows = rows["patient_id"] == rows["patient_id"].shift()
    first = rows.groupby("patient_id")["staff_id"].transform("first")
    same = (rows["staff_id"] == rows["staff_id"].shift()) | (rows["staff_id"] == first)
    return float(same[follows].mean())


def test_second_parents_share_what_real_ones_do_and_none_is_what_no_real_one_is(synthesized):
    fake, _, _ = synthesized(_clinic())
    staff = fake["staff"].set_index("staff_id")
    home = fake["visits"]["patient_id"].map(fake["patients"].set_index("patient_id")["house"])
    assert home.nunique() == 4
    assert (fake["visits"]["staff_id"].map(staff["house"]) == home).all()
    assert set(fake["visits"]["staff_id"].map(staff["role"])) == {"doctor"}
    referred = fake["visits"]["referring_staff_id"].notna()
    assert referred.mean() > 0.1 and set(fake["visits"]["reason"][referred]) == {"operation"}
    again = [_as_before_or_first(frames["visits"]) for frames in (_clinic(), fake)]
    assert again[0] > 0.6 and abs(again[0] - again[1]) < 0.1
    led = staff[staff["boss_id"].notna()]
    assert 50 <= len(led) < 80
    assert (led["house"].to_numpy() == staff["house"].loc[led["boss_id"].astype(int)].to_numpy()).all()


def test_a_category_that_follows_is_told_from_one_that_does_not():
    r = np.random.default_rng(0)
    own = r.integers(0, 4, 300).astype(float)
    there = r.random(300) < 0.8
    wanted = np.where(there, (own + 1) % 4, 4)
    sources = {
        ("", 0): (_category(9, 9), r.integers(0, 2, 300).astype(float)),
        ("above", 3): (_category(1, 1, 1, 1), own),
    }
    span = _category(60, 60, 60, 60, 60)
    found = agreement_of((7, span, wanted), sources, there)
    assert (found.place, found.source, found.source_place) == (7, "above", 3)
    assert found.tokens == (1, 2, 3, 0, -1)
    wanted[np.flatnonzero(there)[0]] = (wanted[np.flatnonzero(there)[0]] + 1) % 4
    assert agreement_of((7, span, wanted), sources, there) is None
    each = np.arange(300) % 150  # of few rows each, from which all would follow
    assert agreement_of((7, span, (own + 1) % 4), {("", 0): (_category(*[2] * 150), each * 1.0)}, there) is None


def test_where_no_row_has_a_parent_is_told_from_where_few_have():
    own = np.repeat([0.0, 1.0, 2.0], 100)
    there = np.concatenate([np.ones(60), np.zeros(40), np.zeros(100), np.eye(1, 100)[0]]).astype(bool)
    found = absences_of(9, {("", 2): (_category(100, 100, 100), own)}, there)
    assert [(each.place, each.source_place, each.tokens) for each in found] == [(9, 2, (1,))]
    assert absences_of(9, {("", 2): (_category(100, 100, 100), own)}, np.ones(300, dtype=bool)) == []


def test_what_none_has_by_chance_is_no_rule():
    codes = np.zeros(100)
    assert never_named(_category(50, 50), codes) == [1]
    assert never_named(_category(99, 1), codes) == []  # once in a hundred rows
    assert never_named(_category(50, 50), codes[:30]) == []


def test_whom_rows_name_again_is_told_and_taken_from_where_it_stood():
    second = np.array([5, 5, 7, 5, 7, -1, 7, 3, 3, 3])
    position = np.array([0, 1, 2, 3, 4, 5, 6, 0, 1, 2])
    told = told_repeats(second, position)
    assert told.tolist() == [0, 1, 0, 2, 0, 0, 0, 0, 1, 1]
    heads = np.where(told == 0, second, -1)
    free = np.arange(len(second))  # nobody to exchange with
    assert handed_on(heads, told, position, free, np.random.default_rng(0)).tolist() == second.tolist()
    names, places = np.random.default_rng(1).integers(0, 4, 300), np.tile(np.arange(3), 100)
    new = handed_on(names, np.zeros(300, dtype=int), places, np.zeros(300, dtype=int), np.random.default_rng(2))
    assert sorted(new) == sorted(names)
    assert (told_repeats(names, places) > 0).sum() > 60 and (told_repeats(new, places) > 0).sum() <= 10
    assert not come_again(second, position)  # too few rows to say
    long = np.repeat(np.arange(40), 5)
    assert come_again(long, np.tile(np.arange(5), 40))
    assert not come_again(np.random.default_rng(0).permutation(long), np.tile(np.arange(5), 40))


def test_a_parent_does_not_come_again_where_it_would_not_be_as_it_has_to_be():
    new = np.array([[1.0, 4.0, 0.5], [1.0, 4.0, 0.5], [2.0, 4.0, 0.5], [1.0, 9.0, 0.0], [0.0, 4.0, 0.5]])
    last, first = np.tile([0.0, 4.0, 0.1], (5, 1)), np.tile([0.0, 4.0, 0.2], (5, 1))
    last[1, 1] = 3.0  # of another kind
    found = copied_rows(new, 0, slice(1, 3), (last, first), 9, [1])
    assert found[:, 0].tolist() == [1, 0, 2, 0, 0]
    assert found[:, 2].tolist() == [0.1, 0.5, 0.2, 0.0, 0.5]


def test_numbers_of_children_are_scaled_to_a_sum():
    numbers = scaled_to(np.array([10, 0, 30]), 7, np.random.default_rng(0))
    assert numbers.sum() == 7 and numbers[1] == 0 and numbers[2] in (5, 6)
