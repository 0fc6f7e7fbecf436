"""Cells: places of numbers, tokens of categories, and what is new."""

import math

import numpy as np
import pandas as pd
import pytest

from DataFoundry.anomaly.cells import Cells, as_level, as_values

KINDS = {"x": "number", "k": "category"}
# 20 rows: x is 0..19 (mean 9.5, variance (20² - 1) / 12), k is ten "a", nine "b", one "c".
FRAME = pd.DataFrame({"x": np.arange(20.0), "k": ["a"] * 10 + ["b"] * 9 + ["c"]})
CELLS = Cells.learnt(FRAME, KINDS)


def encoded(x: object, k: object):
    return CELLS.encode(pd.DataFrame({"x": [x], "k": [k]}))


def test_a_number_is_its_distance_from_the_mean_in_spreads() -> None:
    assert encoded(9.5, "a").numbers[0, 0] == 0
    assert encoded(9.5 + math.sqrt(399 / 12), "a").numbers[0, 0] == pytest.approx(1)


def test_far_numbers_keep_their_order_without_growing_without_bound() -> None:
    places = [encoded(x, "a").numbers[0, 0] for x in (100, 1e3, 1e9, -1e9)]

    assert places[0] < places[1] < places[2] < 30
    assert places[3] == pytest.approx(-places[2], abs=1e-6)
    assert places[1] == pytest.approx(10 + math.log1p((1000 - 9.5) / math.sqrt(399 / 12) - 10))


def test_categories_are_tokens_by_frequency_then_rare_then_missing() -> None:
    assert [encoded(0, k).codes[0, 0] for k in ("a", "b", "c", "new", None)] == [0, 1, 2, 3, 4]
    assert CELLS.widths == [5]


def test_what_training_never_had_costs_its_laplace_share() -> None:
    assert encoded(np.nan, "a").least[0].tolist() == [math.log(22), -math.inf]
    # One of 20 values was seen once: the next is new with 2/22, and one of at least four.
    assert encoded(0, "new").least[0, 1] == pytest.approx(math.log(11) + math.log(4))
    assert encoded(0, None).least[0, 1] == pytest.approx(math.log(22))
    assert encoded(0, "a").least[0].tolist() == [-math.inf, -math.inf]


@pytest.mark.parametrize(
    ("x", "k", "unusual", "novel", "missing"),
    [
        (5, "a", [False, False], [False, False], [False, False]),
        (20, "a", [True, False], [True, False], [False, False]),
        (np.nan, "a", [True, False], [True, False], [True, False]),
        (np.inf, "a", [True, False], [True, False], [True, False]),
        ("text", "a", [True, False], [True, False], [True, False]),
        (5, "new", [False, True], [False, True], [False, False]),
        (5, None, [False, True], [False, True], [False, True]),
    ],
)
def test_unusual_cells(x: object, k: object, unusual: list, novel: list, missing: list) -> None:
    found = encoded(x, k)

    assert found.unusual[0].tolist() == unusual
    assert found.novel[0].tolist() == novel
    assert found.missing[0].tolist() == missing
    assert np.isfinite(found.numbers).all()


def test_missing_where_it_is_common_is_no_news_and_where_it_is_the_rule_not_even_unusual() -> None:
    frame = pd.DataFrame({"some": [1.0, 2.0, 3.0, np.nan], "most": [1.0, np.nan, np.nan, np.nan]})

    found = Cells.learnt(frame, {"some": "number", "most": "number"}).encode(frame)

    assert found.unusual[3].tolist() == [True, False]
    assert not found.novel[3].any()
    assert np.all(found.least[3] == -np.inf)


def test_a_column_of_names_always_has_new_ones() -> None:
    frame = pd.DataFrame({"name": [f"n{number}" for number in range(300)]})
    cells = Cells.learnt(frame, {"name": "category"})

    found = cells.encode(pd.DataFrame({"name": ["never seen", "n299", "n0"]}))

    assert not found.novel.any()
    assert found.unusual[:, 0].tolist() == [True, False, False]
    assert found.codes[0, 0] == cells.widths[0] - 2  # 300 names, 250 with a token of their own
    assert found.extra[0, 0] == pytest.approx(math.log(51))


def test_rare_categories_are_not_kept_where_that_is_asked_for() -> None:
    state = Cells.learnt(FRAME, KINDS, rare_threshold=5).state()

    assert state["categories"]["k"]["levels"] == ["a", "b"]
    assert state["categories"]["k"]["others"] == []


def test_one_wild_value_does_not_squeeze_the_others() -> None:
    wild = pd.DataFrame({"x": [*np.random.default_rng(0).normal(size=999), 1e12]})

    places = Cells.learnt(wild, {"x": "number"}).encode(wild).numbers[:-1, 0]

    assert 0.5 < places.std() < 1.5


def test_a_constant_column_has_one_place_and_anything_else_is_far() -> None:
    cells = Cells.learnt(pd.DataFrame({"x": [3] * 5}), {"x": "number"})

    assert cells.encode(pd.DataFrame({"x": [3, 4, 2]})).numbers[:, 0].tolist() == [0, 10, -10]


def test_an_empty_column_is_no_obstacle() -> None:
    frame = pd.DataFrame({"x": [np.nan] * 3, "k": [None] * 3})

    found = Cells.learnt(frame, KINDS).encode(pd.DataFrame({"x": [np.nan, 1], "k": [None, "a"]}))

    assert np.isfinite(found.numbers).all()
    assert found.novel.tolist() == [[False, False], [True, True]]


def test_moments_are_seconds_whether_they_are_text_or_times() -> None:
    for column in (["1970-01-01", "1970-01-02"], pd.to_datetime(["1970-01-01", "1970-01-02"])):
        assert as_values(pd.Series(column), "moment").tolist() == [0, 86_400]
    assert as_values(pd.Series(["02.01.1970"]), "moment", "%d.%m.%Y").tolist() == [86_400]
    for column in (["1970-01-01"], [pd.Timestamp("1970-01-01").date()]):
        assert as_values(pd.Series(column), "moment").tolist() == [0]
    assert np.isnan(as_values(pd.Series(["no time", None]), "moment")).all()


def test_values_are_told_as_the_column_writes_them() -> None:
    frame = pd.DataFrame({"whole": [0, 0, 0, 7], "day": ["2024-01-01", "2024-01-03", "2024-01-05", "2024-01-07"]})
    cells = Cells.learnt(frame, {"whole": "number", "day": "moment"})

    assert cells.number_value("whole", np.array([-0.5, 100.0])).tolist() == [0, 7]  # 0 draws 0.23, and 7 is the most
    assert cells.number_value("whole", np.zeros(1)).dtype == np.int64
    assert cells.number_value("day", np.zeros(1)).tolist() == ["2024-01-04"]
    german = Cells.learnt(pd.DataFrame({"day": ["31.01.2024", "02.02.2024"]}), {"day": "moment"})
    assert german.number_value("day", np.zeros(1)).tolist() == ["01.02.2024"]


@pytest.mark.parametrize(("value", "level"), [(1, "1"), (1.0, "1"), (1.5, "1.5"), (True, "True"), ("1.0", "1.0")])
def test_levels(value: object, level: str) -> None:
    assert as_level(value) == level


def test_state_is_plain_and_complete() -> None:
    again = Cells.from_state(CELLS.state())
    frame = FRAME.assign(x=FRAME["x"] * 2, k=FRAME["k"].replace("b", "z"))

    for name in ("numbers", "codes", "extra", "least", "unusual", "novel", "missing"):
        np.testing.assert_array_equal(getattr(again.encode(frame), name), getattr(CELLS.encode(frame), name))
