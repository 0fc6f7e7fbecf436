"""Reports are one file, escaped, and the same every time."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from DataFoundry.reporting import charts
from DataFoundry.reporting.histograms import histogram
from DataFoundry.reporting.page import Cell, Grid, Section, render

HOSTILE = "<script>alert('$x$')</script>"


def _every_chart() -> list[Markup]:
    return [
        charts.bars(HOSTILE, [HOSTILE, "b"], {HOSTILE: [1.0, 2.0], "b": [2.0, 3.0]}),
        charts.lines(HOSTILE, {HOSTILE: ([0, 1], [1, 0]), "b": ([0], [0])}, HOSTILE, HOSTILE),
        charts.over_steps(HOSTILE, {HOSTILE: [3.0, None, 1.0]}, HOSTILE, HOSTILE),
        charts.meter(0.5, HOSTILE),
        histogram(HOSTILE, {HOSTILE: [1.0, 2.0, np.nan], "b": []}, mark=1.5, mark_name=HOSTILE),
        charts.heatmap(HOSTILE, [HOSTILE, "b"], [[1.0, math.nan], [0.0, -1.0]]),
    ]


def test_charts_are_well_formed_and_harmless() -> None:
    for chart in _every_chart():
        assert ElementTree.fromstring(chart).tag in ("figure", "svg")
        assert "<script" not in chart


def test_charts_are_equal_each_time() -> None:
    assert _every_chart() == _every_chart()


def test_a_chart_shows_its_values() -> None:
    short = charts.bars("t", ["a"], {"s": [1.0]})
    assert short != charts.bars("t", ["a"], {"s": [2.0]})


def test_a_page_holds_everything_and_reaches_for_nothing() -> None:
    grid = Grid([HOSTILE], [[HOSTILE], [Cell(3.14159, mark=True, hint=HOSTILE)], [None]])
    text = render(HOSTILE, [Section(HOSTILE, HOSTILE, {HOSTILE: 1_234_567}, _every_chart(), [grid])], HOSTILE)
    assert "<script" not in text
    assert "1,234,567" in text and "3.142" in text and 'class="mark"' in text
    assert "http:" not in text.replace("http://www.w3.org/", "")  # names of formats, not places
    assert "https:" not in text


@pytest.mark.parametrize(
    ("value", "shown"), [(0.123456, "0.1235"), (float("nan"), "–"), (None, "–"), (True, "yes"), (12345, "12,345")]
)
def test_values_are_shown_as_people_read_them(value: object, shown: str) -> None:
    assert f"<td>{shown}</td>" in render("t", [Section("s", grids=[Grid(["a"], [[value]])])])


def test_a_histogram_of_large_numbers_that_are_all_alike_is_drawn() -> None:
    for values in ([2.0**53 + 2], [2.0**60, 2.0**60 + 256], [0.0], [5e-324]):
        assert "<rect" in histogram("alike", {"rows": values})


def test_bars_are_as_long_as_their_values_and_say_them() -> None:
    drawn = ElementTree.fromstring(charts.bars("t", ["a", "b", "c"], {"rows": [20_000, 5_000, None]}))
    long, short, none = (float(each.attrib["width"]) for each in drawn.iter("rect"))
    assert (short / long, none) == (pytest.approx(0.25, abs=0.001), 0.0)
    assert [each.text for each in drawn.iter("title")] == ["a, rows: 20,000", "b, rows: 5000", "c, rows: –"]


def test_columns_stand_where_their_numbers_lie() -> None:
    drawn = ElementTree.fromstring(histogram("t", {"rows": [0.0, 0.0, 0.0, 4.0]}, bins=2, mark=4.0, mark_name="end"))
    first, second = (
        {name: float(each.attrib[name]) for name in ("x", "width", "height")} for each in drawn.iter("rect")
    )
    assert first["height"] == pytest.approx(3 * second["height"], abs=0.2) and second["x"] > first["x"]
    [mark] = [each for each in drawn.iter("line") if each.get("class") == "mark" and each.get("y2") != "2"]
    assert float(mark.attrib["x1"]) == pytest.approx(second["x"] + second["width"], abs=0.2)
    assert "end: 4" in "".join(drawn.itertext())


def test_a_curve_goes_up_where_its_numbers_do_and_a_gap_is_left_out() -> None:
    drawn = ElementTree.fromstring(charts.over_steps("t", {"loss": [1.0, math.nan, 3.0]}, "epoch", "nats"))
    [curve] = drawn.iter("polyline")
    (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in curve.attrib["points"].split())
    assert x1 < x2 and y1 > y2  # pixels count from the top
    steps = [each.text for each in drawn.iter("text") if each.get("text-anchor") == "middle"]
    assert steps == ["1", "2", "3"]
    assert charts.lines("t", {"a": ([], [])}) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1985, "1985"),
        (20_000, "20,000"),
        (1_500_000, "1.5 m"),
        (2e9, "2 bn"),
        (0.12345, "0.123"),
        (-3, "-3"),
        (1e-9, "1e-09"),
    ],
)
def test_numbers_of_charts_are_short(value: float, said: str) -> None:
    assert f": {said}</title>" in charts.bars("t", ["a"], {"rows": [value]})
