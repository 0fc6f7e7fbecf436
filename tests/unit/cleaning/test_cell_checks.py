"""Cells that a person sees at once are found, named, and told in a sentence; usual ones are left alone."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.cleaning.cell_checks import CellChecks, findings
from DataFoundry.cleaning.finding import Finding
from DataFoundry.schema.discovery import discover_in
from DataFoundry.schema.table_schema import Column, Rule

ROWS = 2_000


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """Orders as a shop has them."""
    draw = np.random.default_rng(5)
    city = draw.choice(["Berlin", "Hamburg", "Paris", "Lyon", "Rom"], ROWS, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    member = draw.random(ROWS) < 0.4
    return pd.DataFrame(
        {
            "city": city,
            "country": pd.Series(city).map({"Berlin": "DE", "Hamburg": "DE", "Paris": "FR", "Lyon": "FR", "Rom": "IT"}),
            "age": draw.integers(18, 80, ROWS),
            "price": np.round(draw.lognormal(3, 0.7, ROWS), 2),
            "quantity": (quantity := draw.integers(1, 6, ROWS)),
            "ordered": pd.Timestamp("2023-01-01") + pd.to_timedelta(draw.integers(0, 700, ROWS), unit="D"),
            "tier": np.where(member, draw.choice(["Silver", "Gold"], ROWS), "Bronze"),
            "status": np.where(member, "Member", draw.choice(["Guest", "Trial"], ROWS)),
            "card": np.where(member, "Plastic", "Paper"),
        }
    ).assign(total=lambda frame: (frame["price"] * quantity).round(2))


def found_in(rows: pd.DataFrame, learnt_from: pd.DataFrame) -> list[Finding]:
    schema = discover_in(learnt_from)
    checks = CellChecks.learnt(learnt_from, schema.columns, schema.rules)
    again = CellChecks.from_state(checks.state())
    return list(findings(again.marks(rows), rows))


WRONG = {
    "age": (999, "range", None, "age 999 lies far outside 18 to 79."),
    "city": ("Berln", "spelling", "Berlin", "'Berln' (in no row) is written nearly as 'Berlin'"),
    "status": ("ZZZ?", "format", None, "another form than the values of status"),
    "country": ("FR", "outlier", "DE", "country FR with city Berlin stands in"),
    "ordered": (pd.Timestamp("1970-01-01"), "range", None, "ordered 1970-01-01"),
    "quantity": (-3, "range", None, "quantity -3 "),
}


@pytest.mark.parametrize("column", list(WRONG))
@pytest.mark.parametrize("inside", [False, True], ids=["of another table", "of the table itself"])
def test_a_wrong_cell_is_found_and_told(orders: pd.DataFrame, column: str, inside: bool) -> None:
    value, kind, suggested, why = WRONG[column]
    rows = orders.copy()
    row = int(np.flatnonzero(rows["city"] == "Berlin")[3])
    rows.loc[row, column] = value
    found = [each for each in found_in(rows, rows if inside else orders) if each.row == row and each.column == column]
    assert [(each.kind, each.suggested) for each in found] == [(kind, suggested)]
    assert why.replace("in no row", "in 1 row" if inside else "in no row") in found[0].why
    # FR is usual beside Paris: the city may be the wrong one.
    assert 0.5 < found[0].confidence < 0.9 if column == "country" else found[0].confidence >= 0.9


def test_values_that_never_stand_together_blame_the_less_plausible_one(orders: pd.DataFrame) -> None:
    rows = orders.copy()
    row = int(np.flatnonzero((rows["status"] == "Member") & (rows["tier"] == "Gold"))[0])
    rows.loc[row, "status"] = "Guest"
    found = next(each for each in found_in(rows, orders) if each.row == row and each.kind == "outlier")
    assert (found.column, found.suggested) == ("status", "Member")
    assert "status Guest with tier Gold stands in 0 rows" in found.why


def test_a_total_that_is_not_the_product_has_the_product_suggested(orders: pd.DataFrame) -> None:
    rows = orders.copy()
    rows.loc[7, "total"] = 12.34
    (found,) = [each for each in found_in(rows, orders) if each.row == 7]
    assert found.kind == "rule" and found.column == "total"
    assert float(found.suggested) == orders.loc[7, "total"]
    assert "total is price * quantity; here" in found.why


def test_a_number_that_is_wrong_by_itself_is_blamed_and_not_what_is_computed_from_it(orders: pd.DataFrame) -> None:
    rows = orders.copy()
    rows.loc[7, "price"] = -999.0
    assert [each.column for each in found_in(rows, orders) if each.row == 7] == ["price"]


def test_what_is_far_away_and_follows_has_a_suggestion(orders: pd.DataFrame) -> None:
    rows = orders.copy()
    rows.loc[7, "total"] = -1.0
    (found,) = [each for each in found_in(rows, rows) if each.row == 7]
    assert (found.kind, float(found.suggested)) == ("range", orders.loc[7, "total"])
    assert "total -1.0 is negative" in found.why


@pytest.mark.parametrize("written", ["gold", "Gold ", "GÓLD"])
def test_case_blanks_and_accents_are_misspellings(orders: pd.DataFrame, written: str) -> None:
    rows = orders.copy()
    rows.loc[7, "tier"] = written
    (found,) = [each for each in found_in(rows, rows) if (each.row, each.column) == (7, "tier")]
    assert (found.kind, found.suggested) == ("spelling", "Gold")


def test_units_written_in_several_ways_are_told_with_the_number_alone() -> None:
    draw = np.random.default_rng(3)
    units = draw.choice([" oz", " oz.", " ounce"], 300)
    sizes = draw.choice([12.0, 16.0, 19.2], 300)
    frame = pd.DataFrame({"size": [f"{size}{unit}" for size, unit in zip(sizes, units, strict=True)], "n": range(300)})
    found = found_in(frame, frame)
    assert len(found) == 300 and {each.kind for each in found} == {"format"}
    assert [float(each.suggested) for each in found] == sizes.tolist()
    one = frame.assign(size=[f"{size} oz" for size in sizes])
    assert found_in(one, one) == []


def test_clean_rows_are_left_alone(orders: pd.DataFrame) -> None:
    assert len(found_in(orders, orders)) <= 0.002 * ROWS


def test_a_heavy_tail_is_no_error() -> None:
    called = 0
    for seed in range(8):
        draw = np.random.default_rng(seed)
        amounts = pd.DataFrame({"amount": np.round(draw.pareto(1.0, 4_000) + 1, 2), "n": draw.integers(0, 9, 4_000)})
        called += len(found_in(amounts, amounts))
    assert called <= 8


def test_what_many_rows_share_far_away_is_a_value_of_its_own() -> None:
    draw = np.random.default_rng(2)
    gains = np.where(np.arange(5_000) % 160 == 0, 99_999, draw.integers(0, 5_000, 5_000))
    gains[7] = 999_999
    frame = pd.DataFrame({"gain": gains, "n": draw.integers(0, 9, 5_000)})
    assert [(each.row, each.column) for each in found_in(frame, frame)] == [(7, "gain")]


def test_many_equal_errors_are_found_though_the_table_holds_them(orders: pd.DataFrame) -> None:
    rows = orders.copy()
    wrong = np.arange(0, 1_600, 200)
    rows.loc[wrong, "age"] = 800
    rows.loc[wrong + 1, "city"] = "Hamburgg"
    found = {(each.row, each.column) for each in found_in(rows, rows)}
    assert {(row, "age") for row in wrong} | {(row + 1, "city") for row in wrong} <= found


def test_a_rows_marks_do_not_depend_on_the_rows_beside_it(orders: pd.DataFrame) -> None:
    rows = orders.copy()
    rows.loc[5, "age"] = 999
    checks = CellChecks.learnt(orders, discover_in(orders).columns, discover_in(orders).rules)
    alone = rows.iloc[[5]].reset_index(drop=True)
    assert [each.column for each in findings(checks.marks(alone), alone)] == ["age"]


def test_where_values_are_often_new_a_new_one_is_no_news() -> None:
    draw = np.random.default_rng(8)
    cities = np.array([f"City{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(100)])
    often = np.append(draw.integers(0, 40, 940), np.arange(40, 100))
    frame = pd.DataFrame({"city": cities[often], "n": draw.integers(0, 9, 1_000)})
    columns = {"city": Column("city", "category"), "n": Column("n", "number")}
    new = pd.DataFrame({"city": ["Quito"], "n": [3]})
    assert list(findings(CellChecks.learnt(frame, columns).marks(new), new)) == []
    few = frame[often < 40]
    assert [each.kind for each in findings(CellChecks.learnt(few, columns).marks(new), new)] == ["range"]


def test_of_words_that_follow_from_one_another_the_one_is_blamed_that_most_contradict() -> None:
    draw = np.random.default_rng(9)
    codes = draw.integers(0, 5, 1_000)
    frame = pd.DataFrame({name: [f"{name}{'abcde'[code]}" for code in codes] for name in ("Dept", "Boss", "Site")})
    frame["n"] = draw.integers(0, 9, 1_000)
    row = int(np.flatnonzero(codes == 0)[0])
    frame.loc[row, "Boss"] = "Bossb"
    (found,) = found_in(frame, frame)
    assert (found.row, found.column, found.suggested) == (row, "Boss", "Bossa")
    assert found.confidence > 0.9


def test_short_values_are_misspelt_by_case_and_blanks_only() -> None:
    draw = np.random.default_rng(10)
    frame = pd.DataFrame({"paid": draw.choice(["ja", "no"], 500), "n": draw.integers(0, 9, 500)})
    frame.loc[4, "paid"] = "Ja "
    frame.loc[5, "paid"] = "na"
    found = {each.row: (each.kind, each.suggested) for each in found_in(frame, frame)}
    assert found[4] == ("spelling", "ja") and found.get(5, ("", None))[1] is None


def test_a_column_of_names_has_no_values_that_are_never_seen() -> None:
    names = [
        f"{first} {last}" for first in ("Ann", "Bob", "Eva", "Jon", "Kai") for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ]
    frame = pd.DataFrame({"who": np.array(names)[np.arange(390) % 130], "n": np.arange(390) % 7})
    new = pd.DataFrame({"who": ["Zoe Quist"], "n": [3]})
    assert [each.column for each in found_in(new, frame)] == []


@pytest.mark.parametrize(
    ("domain", "meant"),
    [("gmial.com", "gmail.com"), ("gmail.con", "gmail.com"), ("mail.com", None), ("web.at", None), ("firma.de", None)],
)
def test_a_misspelt_mail_domain_is_found_and_another_domain_is_not(domain: str, meant: str | None) -> None:
    draw = np.random.default_rng(2)
    domains = draw.choice(["gmail.com", "web.de", "posteo.de"], ROWS)
    rows = pd.DataFrame({"email": [f"kim{number}@{each}" for number, each in enumerate(domains)]})
    rows.loc[7, "email"] = f"lee@{domain}"
    found = [(each.row, each.kind, each.suggested) for each in found_in(rows, rows)]
    assert found == ([(7, "spelling", f"lee@{meant}")] if meant else [])


def test_a_blank_behind_a_misspelt_domain_spoils_no_repair() -> None:
    rows = pd.DataFrame({"email": [f"kim{number}@gmail.com" for number in range(ROWS)]})
    rows.loc[7, "email"] = "lee@gmial.com "
    assert [(each.row, each.suggested) for each in found_in(rows, rows)] == [(7, "lee@gmail.com")]


def test_one_letter_too_many_is_found_in_a_value_of_two_and_another_code_is_not() -> None:
    rows = pd.DataFrame({"paid": np.random.default_rng(3).choice(["no", "yes"], ROWS)})
    assert [(each.kind, each.suggested) for each in found_in(pd.DataFrame({"paid": ["noq"]}), rows)] == [
        ("spelling", "no")
    ]
    codes = pd.DataFrame({"land": np.random.default_rng(3).choice(["NL", "DE"], ROWS)})
    assert all(each.suggested is None for each in found_in(pd.DataFrame({"land": ["NO", "SE"]}), codes))


def test_nothing_is_computed_from_a_number_that_means_missing() -> None:
    celsius = np.round(np.random.default_rng(4).normal(60, 10, ROWS), 1)
    rows = pd.DataFrame({"celsius": celsius, "fahrenheit": np.round(1.8 * celsius + 32, 2)})
    rows.loc[:13, "celsius"] = -999.0
    rows.loc[20, "fahrenheit"] = 12.0
    details = {"operation": "linear", "factor": 1.8, "offset": 32.0, "decimals": 2}
    rule = Rule("formula", ("celsius", "fahrenheit"), "fahrenheit is 1.8 * celsius + 32.", 0, 0, details)
    checks = CellChecks.learnt(rows, discover_in(rows).columns, [rule])
    found = {(each.row, each.column): each.suggested for each in findings(checks.marks(rows), rows)}
    assert found == {(20, "fahrenheit"): f"{1.8 * celsius[20] + 32:.2f}"}


def test_a_wrong_amount_of_money_is_repaired_as_the_column_writes_it() -> None:
    random = np.random.default_rng(5)
    price, months = random.choice([9.99, 29.0, 99.0], ROWS), random.integers(1, 36, ROWS)
    values = [f"${each:,.2f}" for each in price * months]
    rows = pd.DataFrame({"price": [f"${each:,.2f}" for each in price], "months": months, "value": values})
    right = rows.loc[7, "value"]
    rows.loc[7, "value"] = "$1.00"
    schema = discover_in(rows)
    found = findings(CellChecks.learnt(rows, schema.columns, list(schema.rules)).marks(rows), rows)
    assert [(each.row, each.column, each.suggested) for each in found] == [(7, "value", right)]
