"""A value that says the same in another form has a suggestion in its column's own; where nobody can tell, none."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from DataFoundry.cleaning.cell_checks import CellChecks, findings
from DataFoundry.cleaning.rewriting import usual_of
from DataFoundry.schema.discovery import discover_in
from DataFoundry.schema.table_schema import Column

ROWS = 600
_draw = np.random.default_rng(41)
_days = pd.Timestamp("2023-01-01") + pd.to_timedelta(_draw.integers(0, 800, ROWS), unit="D")
_hours = _days + pd.to_timedelta(_draw.integers(0, 1_440, ROWS), unit="min")
_sizes = np.round(_draw.uniform(0.4, 31, ROWS), 2)
CELLS: dict[str, Any] = {
    "fuel_l": [f"{each:.2f}".rstrip("0").rstrip(".") for each in _sizes],
    "fare": [f"${each:.2f}" for each in _sizes + 3],
    "Preis": [f"{each:.2f} €".replace(".", ",") for each in _sizes + 3],
    "boarded": _hours.strftime("%Y-%m-%d %H:%M"),
    "Kauf": _days.strftime("%d.%m.%Y"),
    "mail": [f"guest{place}@{('gmail.com', 'web.de', 'gmx.de')[place % 3]}" for place in range(ROWS)],
    "cabin": [f"K-{10_000 + place}" for place in _draw.permutation(ROWS)],
    "ticket": [str(10_000 + place) for place in _draw.permutation(ROWS)],
    "deck": _draw.choice(["Köln", "München", "Hof"], ROWS),
    "vegan": _draw.choice(["yes", "no"], ROWS, p=[0.2, 0.8]),
}


def suggested(column: str, *written: str) -> list[tuple[Any, float]]:
    frame = pd.DataFrame({"n": _draw.integers(0, 9, ROWS), column: pd.Series(CELLS[column], dtype=object)})
    frame.loc[range(5, 5 + len(written)), column] = list(written)
    schema = discover_in(frame)
    checks = CellChecks.from_state(CellChecks.learnt(frame, schema.columns, schema.rules).state())
    found = {each.row: each for each in findings(checks.marks(frame), frame) if each.column == column}
    assert set(found) >= set(range(5, 5 + len(written)))
    return [(found[row].suggested, found[row].confidence) for row in range(5, 5 + len(written))]


@pytest.mark.parametrize(
    ("column", "written", "meant"),
    [
        ("fuel_l", "1,64", "1.64"),
        ("fuel_l", "9.03 l", "9.03"),
        ("fare", "12.52 USD", "$12.52"),
        ("fare", "12,52", "$12.52"),
        ("Preis", "EUR 27,50", "27,50 €"),
        ("Preis", "24.90 €", "24,90 €"),
        ("boarded", "30.01.2024 15:44", "2024-01-30 15:44"),
        ("Kauf", "2015-06-26", "26.06.2015"),
        ("Kauf", "2015-06-05", "05.06.2015"),
        ("mail", "x at gmail.com", "x@gmail.com"),
        ("mail", "anna@@web.de", "anna@web.de"),
        ("mail", "petragmx.de", "petra@gmx.de"),
        ("cabin", "K10045", "K-10045"),
        ("cabin", "k 10045", "K-10045"),
        ("deck", "Muenchen", "München"),
        ("deck", "Koeln", "Köln"),
        ("vegan", "Y", "yes"),
        ("vegan", "N", "no"),
    ],
)
def test_the_same_in_another_form_is_suggested_in_the_columns_own(column: str, written: str, meant: str) -> None:
    ((found, sure),) = suggested(column, written)
    assert found == meant and sure >= 0.9


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("fuel_l", "1,640"),  # thousands or decimals
        ("fuel_l", "9030 ml"),
        ("fare", "12.52 EUR"),
        ("boarded", "03.04.2024 15:44"),  # the third of April or the fourth of March
        ("boarded", "30.01.2024"),  # at which hour?
        ("Kauf", "03/04/2021"),
        ("mail", "nobody"),
        ("cabin", "K1004"),
        ("vegan", "x"),
    ],
)
def test_where_nobody_can_tell_what_is_meant_nothing_is_suggested(column: str, written: str) -> None:
    assert suggested(column, written)[0][0] is None


def test_a_day_that_may_be_a_month_is_read_as_others_of_its_form_are() -> None:
    assert suggested("boarded", "03.04.2024 15:44", "30.01.2024 09:10")[0] == ("2024-04-03 15:44", 0.9)


def test_the_digits_of_a_number_with_a_letter_are_suggested_less_surely() -> None:
    ((found, sure),) = suggested("ticket", "K10045")
    assert found in ("10045", None) and sure <= 0.97


@pytest.mark.parametrize("values", [_draw.normal(0, 5, 50), [None] * 50])
def test_what_is_usual_of_numbers_is_plain_data(values: Any) -> None:
    state = usual_of(Column("x", "number"), pd.Series(values, dtype=float), []).state()
    assert {type(state[name]) for name in ("low", "high")} == {float}
