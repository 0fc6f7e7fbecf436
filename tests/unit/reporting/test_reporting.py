"""Reports are one file, escaped, and the same every time."""

from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from DataFoundry.reporting import charts
from DataFoundry.reporting.page import Cell, Grid, Section, render

HOSTILE = "<script>alert('$x$')</script>"


def _every_chart() -> list[Markup]:
    return [
        charts.bars(HOSTILE, [HOSTILE, "b"], {HOSTILE: [1.0, 2.0], "b": [2.0, 3.0]}),
        charts.lines(HOSTILE, {HOSTILE: ([0, 1], [1, 0]), "b": ([0], [0])}, HOSTILE, HOSTILE),
        charts.histogram(HOSTILE, {HOSTILE: [1.0, 2.0, np.nan], "b": []}, mark=1.5, mark_name=HOSTILE),
        charts.heatmap(HOSTILE, [HOSTILE, "b"], np.array([[1.0, np.nan], [0.0, -1.0]])),
    ]


def test_charts_are_well_formed_and_harmless() -> None:
    for chart in _every_chart():
        assert ElementTree.fromstring(chart).tag.endswith("svg")
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
        assert "<svg" in charts.histogram("alike", {"rows": values})
