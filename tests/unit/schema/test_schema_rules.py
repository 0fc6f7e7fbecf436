"""What must be true between columns: planted rules are found, shuffled columns have none."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from company_tables import claims, stays
from DataFoundry.schema.discovery import discover, discover_in
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.rules.telling import listed
from DataFoundry.schema.table_schema import Rule, TableSchema
from DataFoundry.schema.view import TableView
from DataFoundry.settings import TESTING_FOLDER
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.tables import write_table


def schema_of(frame: pd.DataFrame, root) -> TableSchema:
    write_table(frame, root / "t.csv")
    return discover(open_table(root / "t.csv"))


def told(schema: TableSchema) -> set[tuple[str, tuple[str, ...]]]:
    return {(rule.kind, rule.columns) for rule in schema.rules}


PLANTED = {
    ("unique", ("booking",)),
    ("same", ("total", "shown")),
    ("determines", ("city", "country")),
    ("determines", ("country", "currency")),
    ("formula", ("guests", "price", "total")),
    ("formula", ("left", "arrived", "nights")),
    ("order", ("arrived", "left")),
    ("missing_together", ("paid_on", "receipt")),
    ("missing_when", ("status", "paid_on")),
    ("missing_when", ("status", "receipt")),
    ("increments", ("deposit",)),
}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_rules_are_found_and_no_others(root, seed: int) -> None:
    schema = schema_of(stays(seed=seed), root)
    # That a receipt's date is the day of leaving is true as well.
    others = told(schema) - PLANTED - {("same", ("left", "paid_on"))}
    assert told(schema) >= PLANTED - {("missing_together", ("paid_on", "receipt"))} - {
        ("missing_when", ("status", "paid_on"))
    }
    assert len(others) <= 1, others
    assert schema.keys == (("booking",),)
    assert all(rule.exceptions == 0 and rule.support > 0 and rule.sentence.endswith(".") for rule in schema.rules)


WHEN = {
    ("value_when", ("status", "paid")),
    ("same_when", ("status", "amount", "paid")),
    ("value_when", ("coupon", "discount")),
}


def test_what_numbers_are_when_another_column_says_so_is_found(root) -> None:
    frame = claims().assign(place=np.random.default_rng(1).choice(list("abcdefg"), 2_000))
    frame.loc[[4, 8], "discount"], frame.loc[[4, 8], "coupon"] = 9.99, "no"
    by_columns = {(rule.kind, rule.columns): rule for rule in schema_of(frame, root).rules}
    assert set(by_columns) >= WHEN
    assert [by_columns[each].exceptions for each in sorted(WHEN)] == [0, 2, 0]
    assert by_columns["value_when", ("status", "paid")].sentence == "paid is 0 when status is 'open' or 'refused'."
    level = frame["place"].map({each: number for number, each in enumerate("abcdefg")})
    assert ("value_when", ("place", "level")) not in told(schema_of(frame.assign(level=level), root))
    r = np.random.default_rng(0)
    shuffled = pd.DataFrame({name: r.permutation(frame[name].to_numpy()) for name in frame})
    assert not told(schema_of(shuffled, root)) & WHEN


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_shuffled_columns_have_no_rules(root, seed: int) -> None:
    r, frame = np.random.default_rng(seed), stays(seed=seed)
    shuffled = pd.DataFrame({name: r.permutation(frame[name].to_numpy()) for name in frame})
    assert told(schema_of(shuffled, root)) <= {("unique", ("booking",)), ("increments", ("deposit",))}


def test_exceptions_are_counted_and_named(root) -> None:
    frame = stays()
    frame.loc[[3, 5], "country"] = "XX"
    frame.loc[7, "total"] = 1.0
    frame.loc[9, "arrived"] = "01.01.2030"
    schema = schema_of(frame, root)
    by_columns = {rule.columns: rule for rule in schema.rules}
    assert by_columns["city", "country"].exceptions == 2
    assert by_columns["guests", "price", "total"].exceptions == 1
    assert by_columns["arrived", "left"].exceptions == 1
    view = TableView(frame, schema.columns)
    for columns, rows in (
        (("city", "country"), [3, 5]),
        (("guests", "price", "total"), [7]),
        (("arrived", "left"), [9]),
    ):
        rule = by_columns[columns]
        assert np.flatnonzero(RULES[rule.kind].breaks(view, rule)).tolist() == rows


def blocks(frame: pd.DataFrame, rows: int) -> Iterator[pd.DataFrame]:
    for start in range(0, len(frame), rows):
        yield frame.iloc[start : start + rows]


def test_what_is_counted_does_not_depend_on_the_size_of_blocks(root) -> None:
    frame = stays()
    frame.loc[[3, 800], "country"] = "XX"
    schema = schema_of(frame, root)
    for rule in schema.rules:
        for rows in (7, 1500):
            verified = RULES[rule.kind].Verified(Rule(rule.kind, rule.columns, rule.sentence, 0, 0, rule.details))
            for block in blocks(frame, rows):
                verified.add(TableView(block, schema.columns))
            assert verified.rule() == rule


def test_several_columns_together_are_a_key(root) -> None:
    r = np.random.default_rng(0)
    days = pd.Series(pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d"))
    frame = pd.DataFrame({"day": days.repeat(20).to_numpy(), "shop": [f"shop {i}" for i in range(20)] * 100})
    frame["sold"] = r.poisson(20, 2000)
    schema = schema_of(frame, root)
    assert schema.keys == (("day", "shop"),)


def test_adult_has_one_pair_that_determine_each_other_and_little_else() -> None:
    rules = told(discover(open_table(TESTING_FOLDER / "adult.csv")))
    pair = {("determines", ("education", "education-num")), ("determines", ("education-num", "education"))}
    assert rules >= pair and len(rules - pair) <= 2


def test_a_dirty_table_still_has_its_dependencies_with_what_breaks_them(root) -> None:
    r = np.random.default_rng(0)
    frame = stays()
    wrong = r.choice(len(frame), 50, replace=False)
    frame.loc[wrong, "country"] = r.choice(["DX", "FX"], 50)
    rules = {rule.columns: rule for rule in schema_of(frame, root).rules}
    assert rules["city", "country"].exceptions == 50


def bills(rows: int = 600) -> pd.DataFrame:
    """A tax of 19 %, a sum of which it is a part, Celsius as Fahrenheit, and an order of several lines."""
    r = np.random.default_rng(3)
    net, celsius = np.round(r.lognormal(4, 1, rows), 2), np.round(r.normal(20, 5, rows), 1)
    order = np.sort(r.integers(0, rows // 3, rows))
    tax = np.round(net * 0.19, 2)
    return pd.DataFrame(
        {
            "order_no": [f"2024-{each:05d}" for each in order],
            "line": pd.Series(order).groupby(order).cumcount() + 1,
            "net": net,
            "tax": tax,
            "gross": np.round(net + tax, 2),
            "celsius": celsius,
            "fahrenheit": np.round(celsius * 9 / 5 + 32, 2),
        }
    )


def test_numbers_that_are_another_one_times_a_constant_are_found_once(root):
    schema = schema_of(bills(), root)
    formulas = {rule.columns: rule for rule in schema.rules if rule.kind == "formula"}
    assert set(formulas) == {("net", "tax", "gross"), ("net", "tax"), ("celsius", "fahrenheit")}
    assert formulas["net", "tax"].sentence == "tax is 0.19 * net."
    assert formulas["celsius", "fahrenheit"].sentence == "fahrenheit is 1.8 * celsius + 32."
    assert not [rule for rule in schema.rules if rule.kind == "determines"]
    assert schema.keys == (("order_no", "line"),) and schema.columns["order_no"].kind == "key"


def test_which_of_two_is_greater_is_not_told_where_a_formula_says_it() -> None:
    net = np.random.default_rng(0).integers(0, 500, 400)
    frame = pd.DataFrame({"net": net, "gross": 2 * net, "paid": net + np.random.default_rng(1).integers(0, 300, 400)})
    told = {(rule.kind, *rule.columns) for rule in discover_in(frame).rules}
    assert ("formula", "net", "gross") in told and ("order", "net", "paid") in told
    assert ("order", "net", "gross") not in told


def test_a_few_errors_do_not_hide_a_constant(root):
    frame = bills(1000)
    frame.loc[:4, "tax"] += 1000
    found = [rule for rule in schema_of(frame, root).rules if rule.columns == ("net", "tax")]
    assert [rule.exceptions for rule in found] == [5]


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (Rule("range", ("line",), "", 0, 0, {"low": 1, "high": 2}), lambda each: each["line"] > 2),
        (Rule("one_of", ("line",), "", 0, 0, {"values": [1, 2]}), lambda each: each["line"] > 2),
        (
            Rule("combinations", ("line", "kind"), "", 0, 0, {"values": [[1, "first"], [2, "more"]]}),
            lambda each: ~((each["line"] == 1) | (each["line"] == 2) & (each["kind"] == "more")),
        ),
    ],
)
def test_rules_that_only_people_can_say_are_checked(root, rule, wrong):
    frame = bills().assign(kind=lambda each: np.where(each["line"] == 1, "first", "more"))
    view = TableView(frame, schema_of(frame, root).columns)
    breaks = RULES[rule.kind].breaks(view, rule)
    assert 0 < breaks.sum() < len(frame) and np.array_equal(breaks, wrong(frame).to_numpy())


def test_codes_that_begin_alike_follow_and_are_not_computed(root):
    shop = np.random.default_rng(0).integers(0, 200, 3000)
    frame = pd.DataFrame({"shop": shop, "region": shop // 10, "sold": np.random.default_rng(1).normal(size=3000)})
    assert told(schema_of(frame, root)) == {("determines", ("shop", "region"))}


def absences(rows=600, seed=0) -> pd.DataFrame:
    """From the first day to the last, both counted; a tax by one of two rates; a wrong row each."""
    rng = np.random.default_rng(seed)
    days = rng.geometric(0.25, rows)
    begin = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    rate, net = rng.choice([0.07, 0.19], rows), rng.gamma(2, 100, rows).round(2)
    frame = pd.DataFrame({"begin": begin, "end": begin + pd.to_timedelta(days - 1, unit="D"), "days": days})
    frame = frame.assign(net=net, rate=rate, tax=(net * rate).round(2))
    frame.loc[7, ["days", "tax"]] = [99, 1.0]
    return frame


def test_days_that_count_both_ends_and_products_by_few_rates_are_formulas() -> None:
    schema = discover_in(absences())
    formulas = {rule.columns: rule for rule in schema.rules if rule.kind == "formula"}
    assert set(formulas) == {("end", "begin", "days"), ("net", "rate", "tax")}
    days = formulas["end", "begin", "days"]
    assert days.sentence == "days is end - begin in days + 1." and days.details["offset"] == 1
    assert {rule.exceptions for rule in formulas.values()} == {1}


def test_columns_that_nearly_name_a_row_are_no_key_where_others_do() -> None:
    rng = np.random.default_rng(0)
    machines = [
        pd.DataFrame({"machine": name, "time": pd.date_range("2024-03-01", periods=400, freq="10min"), "heat": heat})
        for name, heat in zip("abc", rng.normal([[58], [60], [63]], 2, (3, 400)).round(1), strict=True)
    ]
    frame = pd.concat(machines, ignore_index=True)
    told = [rule.columns for rule in discover_in(frame).rules if rule.kind == "unique"]
    assert told == [("machine", "time")]


def test_the_values_that_tell_stand_by_how_many_rows_have_them_and_rare_ones_are_summed_up() -> None:
    assert listed(["b", "a"], {"a": 5, "b": 90}) == "'b' or 'a'"
    counts = {"?": 1, "J": 1, "nein": 2_103, "nicht": 300, "n.n.": 2}
    assert listed(sorted(counts), counts) == "'nein' or 'nicht' or one of 3 rare values"
    assert listed(list("abcdef")) == "'a' or 'b' or 'c' or 'd' or 'e' ..."
