"""Rules are kept by construction: whatever a network draws, restored rows break none."""

import json

import numpy as np
import pandas as pd
import pytest

from company_tables import claims, stays
from DataFoundry.derivation.conditions import rows_that_meet, translated
from DataFoundry.derivation.plan import Derivation, plan
from DataFoundry.derivation.step import Planned
from DataFoundry.derivation.steps import set_when
from DataFoundry.derivation.time_of_day import follow_the_clock
from DataFoundry.errors import RequestError
from DataFoundry.preprocessing.weekdays import follow_the_week
from DataFoundry.schema.discovery import discover
from DataFoundry.schema.rules import RULES
from DataFoundry.schema.table_schema import Column, Rule
from DataFoundry.schema.view import TableView
from DataFoundry.sources.opening import open_table
from DataFoundry.storage.tables import write_table

ROWWISE = [kind for kind in RULES if kind != "unique"]


def planned(frame, root, rules=None, fixed=()):
    write_table(frame, root / "t.csv")
    table = open_table(root / "t.csv")
    schema, frame = discover(table), table.read()
    kinds = {name: (column.kind, column.format) for name, column in schema.columns.items()}
    told = schema.rules if rules is None else rules
    found, warnings = plan(
        Planned(frame, kinds, list(frame.columns), fixed, 1), told, schema.columns, list(frame.columns)
    )
    return frame, found, warnings


def shuffled(core: pd.DataFrame, seed=0) -> pd.DataFrame:
    """What the worst network would draw: columns that have nothing to do with one another."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: core[name].to_numpy()[rng.permutation(len(core))] for name in core.columns})


def broken(frame: pd.DataFrame, derivation: Derivation) -> dict[str, int]:
    view = TableView(frame, derivation.kinds)
    counts = {rule.sentence: int(RULES[rule.kind].breaks(view, rule).sum()) for rule in derivation.rules}
    return {sentence: count for sentence, count in counts.items() if count}


def test_a_table_that_is_reduced_and_restored_is_the_same(root):
    frame, found, _ = planned(stays(), root)
    core = found.reduce(frame)
    assert {"country", "currency", "total", "shown", "left"}.isdisjoint(core.columns)
    pd.testing.assert_frame_equal(found.restore(core)[list(frame.columns)], frame, check_dtype=True)


def test_rows_of_columns_that_have_nothing_to_do_with_one_another_break_no_rule(root):
    frame, found, _ = planned(stays(), root)
    rowwise = [rule for rule in found.rules if rule.kind in ROWWISE]
    assert {rule.kind for rule in rowwise} >= {"same", "determines", "formula", "missing_together", "missing_when"}
    assert broken(shuffled(frame), found)
    restored = found.restore(shuffled(found.reduce(frame)))
    assert broken(restored, Derivation(found.columns, (), tuple(rowwise), found.kinds)) == {}
    assert restored[list(frame.columns)].dtypes.equals(frame.dtypes)


def test_numbers_are_what_another_column_says_in_every_row(root):
    frame, found, _ = planned(claims(), root)
    assert {rule.kind for rule in found.rules} >= {"value_when", "same_when", "order"}
    pd.testing.assert_frame_equal(found.restore(found.reduce(frame))[list(frame.columns)], frame, check_dtype=True)
    assert broken(shuffled(frame), found)
    rowwise = tuple(rule for rule in found.rules if rule.kind in ROWWISE)
    restored = found.restore(shuffled(found.reduce(frame)))
    assert broken(restored, Derivation(found.columns, (), rowwise, found.kinds)) == {}


def test_no_fraction_is_cut_off_to_make_numbers_the_same():
    frame = claims()
    said = Rule("same_when", ("status", "amount", "paid"), "", 0, 0, {"values": ["settled"]})
    whole = frame.assign(paid=frame["paid"].astype(int))
    tables = [Planned(each, {}, list(frame.columns), (), 1) for each in (frame, whole)]
    assert [len(set_when.propose(said, table)) for table in tables] == [1, 0]


def test_a_row_is_restored_alike_wherever_it_stands(root):
    frame, found, _ = planned(stays(300), root)
    core = shuffled(found.reduce(frame))
    whole = found.restore(core)
    part = found.restore(core.iloc[100:130].reset_index(drop=True))
    pd.testing.assert_frame_equal(whole.iloc[100:130].reset_index(drop=True), part)


def test_a_derivation_is_plain_data(root):
    frame, found, _ = planned(stays(300), root)
    again = Derivation.from_dict(json.loads(json.dumps(found.as_dict(), default=lambda each: each.tolist())))
    core = shuffled(found.reduce(frame))
    pd.testing.assert_frame_equal(again.restore(core), found.restore(core))


def deliveries(rows=800):
    """Three moments in order, some not there yet; an amount that is never less than another; a lookup by number."""
    r = np.random.default_rng(1)
    ordered = pd.Timestamp("2023-03-01 08:00") + pd.to_timedelta(r.integers(0, 500_000, rows), "min")
    sent = ordered + pd.to_timedelta(r.integers(30, 9000, rows), "min")
    arrived = sent + pd.to_timedelta(r.integers(60, 20_000, rows), "min")
    there = r.random(rows) < 0.7
    paid = np.round(r.gamma(2, 40, rows), 2)
    return pd.DataFrame(
        {
            "arrived": np.where(there, arrived.strftime("%Y-%m-%d %H:%M"), None),
            "sent": sent.strftime("%Y-%m-%d %H:%M"),
            "ordered": ordered.strftime("%Y-%m-%d %H:%M"),
            "paid": paid,
            "listed": np.round(paid * r.uniform(1, 1.5, rows), 2),
            "grade": r.integers(1, 6, rows),
        }
    ).assign(word=lambda each: each["grade"].map(dict(enumerate("ABCDE", 1))))


def test_moments_keep_their_order_and_stay_missing_where_they_are(root):
    frame, found, _ = planned(deliveries(), root)
    core = found.reduce(frame)
    assert "sent" not in core and "arrived" not in core
    pd.testing.assert_frame_equal(found.restore(core)[list(frame.columns)], frame)
    restored = found.restore(shuffled(core))
    assert {sentence for sentence in broken(restored, found) if not sentence.startswith("No two rows")} == set()
    assert (restored["sent"] >= restored["ordered"]).all()
    there = restored["arrived"].notna()
    assert 0.6 < there.mean() < 0.8 and (restored["arrived"][there] >= restored["sent"][there]).all()


def test_numbers_that_come_out_the_wrong_way_round_change_places(root):
    frame, found, _ = planned(deliveries(), root)
    assert any(step.kind == "at_least" for step in found.steps)
    drawn = shuffled(found.reduce(frame))
    restored = found.restore(drawn)
    assert (drawn["paid"] > drawn["listed"]).any() and (restored["paid"] <= restored["listed"]).all()
    pairs = np.sort(drawn[["paid", "listed"]].to_numpy(), axis=1)
    assert np.array_equal(restored[["paid", "listed"]].to_numpy(), pairs)


def test_three_numbers_in_order_come_out_in_order(root):
    r = np.random.default_rng(2)
    low = r.integers(0, 100, 500)
    frame = pd.DataFrame({"low": low, "middle": low + r.integers(0, 50, 500)})
    frame["high"] = frame["middle"] + r.integers(0, 50, 500)
    frame, found, _ = planned(frame, root)
    restored = found.restore(shuffled(found.reduce(frame)))
    assert ((restored["low"] <= restored["middle"]) & (restored["middle"] <= restored["high"])).all()


def test_a_number_between_those_seen_is_looked_up_by_its_neighbour(root):
    frame, found, _ = planned(deliveries(), root)
    lookups = [step for step in found.steps if step.kind == "lookup"]
    assert [(step.reads, step.writes) for step in lookups] == [(("grade",), "word")]
    drawn = found.reduce(frame).head(3).assign(grade=[1.4, 9.0, 3.0])
    assert found.restore(drawn)["word"].tolist() == ["A", "E", "C"]


def test_a_column_that_rows_are_asked_for_by_stays_drawn(root):
    frame, found, _ = planned(stays(), root, fixed=["country"])
    assert "country" not in found.removed and "country" in found.reduce(frame)


def test_rare_values_are_not_remembered(root):
    frame = stays().assign(city=lambda each: each["city"].where(each.index > 1, "Atlantis"))
    frame["country"] = frame["country"].where(frame.index > 1, "XX")
    kinds = {name: Column(name, "category") for name in ("city", "country")}
    table = Planned(frame, {name: ("category", {}) for name in kinds}, list(kinds), (), 5)
    rule = Rule("determines", ("city", "country"), "country follows from city.", 100)
    found, _ = plan(table, [rule], kinds, ["city", "country"])
    assert len(found.steps) == 1
    assert "Atlantis" not in str(found.as_dict()) and "XX" not in str(found.as_dict())


def test_a_rule_that_somebody_says_and_the_table_breaks_is_told_and_not_kept(root):
    said = [
        Rule("determines", ("stars", "guests"), "guests follows from stars.", 0),
        Rule("order", ("arrived", "left"), "arrived is never after left.", 0),
    ]
    _, found, warnings = planned(stays(), root, rules=said)
    assert [rule.kind for rule in found.rules] == ["order"]
    assert len(warnings) == 1 and "guests follows from stars" in warnings[0] and "rows" in warnings[0]


def test_conditions_on_what_follows_are_asked_of_what_it_follows_from(root):
    frame, found, _ = planned(stays(), root)
    kept = next(step for step in found.steps if step.kind == "lookup" and step.writes == "country")
    assert kept.reads == ("city",)
    asked, later = translated({"country": "GB", "total": {"min": 500}, "guests": 2}, found)
    assert sorted(asked["city"]) == ["Leeds", "London"] and asked["guests"] == 2
    assert later == {"country": "GB", "total": {"min": 500}}


@pytest.mark.parametrize(
    "name, condition, expected",
    [
        ("shown", {"min": 500}, lambda each: each["total"] >= 500),
        ("shown", "€1,000.00", lambda each: each["total"] == 1000),
        ("left", {"min": "2022-03-01"}, lambda each: pd.to_datetime(each["left"], dayfirst=True) >= "2022-03-01"),
        ("left", {"max": "01.03.2022"}, lambda each: pd.to_datetime(each["left"], dayfirst=True) <= "2022-03-01"),
        ("paid_on", None, lambda each: each["paid_on"].isna()),
    ],
)
def test_rows_meet_conditions_by_what_their_texts_say(root, name, condition, expected):
    frame, found, _ = planned(stays(), root)
    frame.loc[0, "total"], frame.loc[0, "shown"] = 1000.0, "€1,000.00"
    meets = rows_that_meet(frame, {name: condition}, found)
    assert 0 < meets.sum() < len(frame) and np.array_equal(meets, expected(frame).to_numpy())


def test_a_condition_that_is_no_date_is_refused(root):
    frame, found, _ = planned(stays(200), root)
    with pytest.raises(RequestError, match="date or time"):
        rows_that_meet(frame, {"left": {"min": "soon"}}, found)


def office_hours(rows=1500, seed=0) -> pd.DataFrame:
    """Tickets opened from Monday to Friday, twice as many on Mondays, between 8 and 18 o'clock, every 20th without."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2023-01-02", "2024-06-28")
    chosen = rng.choice(days, rows, p=(weights := np.where(days.dayofweek == 0, 2.0, 1.0)) / weights.sum())
    opened = pd.to_datetime(chosen) + pd.to_timedelta(rng.integers(8 * 60, 18 * 60, rows), unit="m")
    written = pd.Series(opened).dt.strftime("%d.%m.%Y %H:%M").where(rng.random(rows) > 0.05, None)
    return pd.DataFrame({"opened": written, "hours": rng.normal(5, 2, rows).round(1)})


def test_a_moment_with_a_pattern_is_drawn_as_week_weekday_and_time(root):
    frame, found, _ = planned(office_hours(), root)
    assert found.added == ("opened week", "opened weekday", "opened time of day") and found.removed == ("opened",)
    core = found.reduce(frame)
    pd.testing.assert_frame_equal(found.restore(core)[list(frame.columns)], frame)
    assert core["opened week"].isna().sum() == frame["opened"].isna().sum() and core["opened weekday"].notna().all()


def test_moments_drawn_by_the_calendar_stay_on_its_weekdays_in_its_hours_and_between_its_ends(root):
    frame, found, _ = planned(office_hours(), root)
    made = pd.to_datetime(found.restore(shuffled(found.reduce(frame)))["opened"], format="%d.%m.%Y %H:%M")
    real = pd.to_datetime(frame["opened"], format="%d.%m.%Y %H:%M")
    shares = made.dt.dayofweek.value_counts(normalize=True)
    assert shares.get(5, 0) == shares.get(6, 0) == 0 and shares[0] == pytest.approx(2 / 6, abs=0.04)
    assert made.dropna().dt.hour.between(8, 17).all()
    assert real.min().normalize() <= made.min() and made.max() < real.max().normalize() + pd.Timedelta(days=1)


def test_a_condition_on_such_a_moment_reaches_the_week_that_is_drawn(root):
    frame, found, _ = planned(office_hours(), root)
    asked, later = translated({"opened": {"min": "01.05.2024 00:00"}}, found)
    core = found.reduce(frame)
    meets = rows_that_meet(frame, later, found)
    assert set(asked) == {"opened week"} and 0 < meets.sum() < 400
    assert (core["opened week"][meets] >= asked["opened week"]["min"]).all()


def test_moments_at_any_time_of_any_day_are_drawn_as_one_number(root):
    rng = np.random.default_rng(0)
    opened = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 500 * 1440, 1500), unit="m")
    _, found, _ = planned(pd.DataFrame({"opened": opened, "hours": rng.normal(5, 2, 1500)}), root)
    assert not found.added
    firsts = pd.date_range("2019-01-01", "2024-06-01", freq="MS").to_numpy().astype("datetime64[D]").astype(int)
    assert not follow_the_week(rng.choice(firsts, 3000))
    assert not follow_the_week(np.arange(40)) and not follow_the_clock(np.zeros(9, dtype=np.int64))


def test_a_day_after_a_time_is_so_many_days_later(root):
    rng = np.random.default_rng(0)
    ordered = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 500 * 1440, 800), unit="m")
    shipped = ordered.normalize() + pd.to_timedelta(rng.integers(1, 4, 800), unit="D")
    frame, found, _ = planned(pd.DataFrame({"ordered": ordered, "shipped": shipped.strftime("%Y-%m-%d")}), root)
    assert found.added == ("days from ordered to shipped",)
    made = found.restore(shuffled(found.reduce(frame)))
    gaps = (pd.to_datetime(made["shipped"]) - pd.to_datetime(made["ordered"]).dt.normalize()).dt.days
    assert set(gaps) == {1, 2, 3} and not broken(made, found)


def test_a_formula_or_order_that_one_row_breaks_is_no_promise_but_worked_out_all_the_same(root):
    rng = np.random.default_rng(0)
    begin = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 900, 600), unit="D")
    days, price = rng.geometric(0.25, 600), rng.gamma(2, 100, 600).round(2)
    frame = pd.DataFrame({"begin": begin, "end": begin + pd.to_timedelta(days - 1, unit="D"), "days": days})
    frame = frame.assign(seen=begin + pd.to_timedelta(rng.integers(0, 5, 600), unit="D"), price=price)
    frame = frame.assign(total=(price * days).round(2))
    frame.loc[3, ["days", "total"]] = [77, 1.0]
    frame.loc[9, "seen"] = pd.Timestamp("2021-01-01")
    frame, found, _ = planned(frame, root)
    assert {rule.kind for rule in found.rules} == {"order"}  # the one of begin and end
    made = found.restore(shuffled(found.reduce(frame)))
    parsed = made[["begin", "end", "seen"]].apply(pd.to_datetime)
    assert ((parsed["end"] - parsed["begin"]).dt.days + 1 == made["days"]).all()
    assert (parsed["seen"] >= parsed["begin"]).all()
    assert np.allclose(made["total"], made["price"] * made["days"], atol=0.006)


def test_a_time_that_is_days_later_keeps_its_hours(root):
    rng = np.random.default_rng(0)
    started = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 900, 800), unit="D")
    seen = started + pd.to_timedelta(rng.integers(0, 90, 800) * 1440 + rng.integers(8 * 60, 18 * 60, 800), unit="m")
    frame, found, _ = planned(
        pd.DataFrame({"started": started, "seen": pd.Series(seen).where(rng.random(800) > 0.1)}), root
    )
    assert found.added == ("days from started to seen", "seen time of day")
    core = found.reduce(frame)
    pd.testing.assert_frame_equal(found.restore(core)[list(frame.columns)], frame)
    made = found.restore(shuffled(core))
    assert pd.to_datetime(made["seen"]).dropna().dt.hour.between(8, 17).all() and not broken(made, found)


def test_days_that_come_evenly_are_split_where_something_hangs_on_the_weekday_or_the_hour(root):
    rng = np.random.default_rng(0)
    days = pd.date_range("2022-01-01", periods=800)
    sales = np.where(days.dayofweek == 5, 900, 400) + rng.normal(0, 60, 800)
    _, found, _ = planned(pd.DataFrame({"day": days, "sales": sales.round(1)}), root)
    assert found.added == ("day week", "day weekday")
    times = pd.date_range("2024-03-01", periods=2000, freq="10min")
    running = np.where((times.hour >= 6) & (times.hour < 22), "RUN", "IDLE")
    _, found, _ = planned(pd.DataFrame({"time": times, "status": running}), root)
    assert found.added == ("time day", "time time of day")


def test_a_few_cells_in_another_form_undo_no_order_and_no_calendar(root):
    rng = np.random.default_rng(0)
    handed = np.datetime64("2024-01-01") + rng.integers(0, 400, 900).astype("timedelta64[D]")
    handed = pd.Series(handed + rng.integers(7 * 60, 19 * 60, 900).astype("timedelta64[m]"))
    frame = pd.DataFrame({"handed": handed, "delivered": handed + pd.to_timedelta(rng.integers(9, 99, 900), unit="h")})
    frame = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d %H:%M") for name in frame.columns})
    frame.loc[:3, "handed"] = handed[:4].dt.strftime("%d.%m.%Y %H:%M")
    frame.loc[500:503, "delivered"] = "2023-12-30 10:00"
    frame, found, _ = planned(frame, root)
    assert [step.kind for step in found.steps] == ["calendar", "difference"]
    made = found.restore(shuffled(found.reduce(frame)))
    parsed = made.apply(pd.to_datetime)
    both = parsed.notna().all(axis=1)
    assert both.mean() > 0.98 and (parsed["delivered"] >= parsed["handed"])[both].all()
    assert parsed["handed"].dt.hour.dropna().between(7, 19).all()


def test_a_column_that_is_missing_when_another_says_so_in_all_but_a_few_rows_is_kept_so(root):
    rng = np.random.default_rng(0)
    status = rng.choice(["delivered", "lost", "in transit"], 2000, p=[0.9, 0.03, 0.07])
    frame = pd.DataFrame({"status": status, "days": rng.integers(1, 9, 2000).astype(float)})
    wrong = np.flatnonzero(status == "in transit")[:5]
    frame["days"] = frame["days"].where((frame["status"] == "delivered") | frame.index.isin(wrong))
    frame, found, _ = planned(frame, root)
    assert not found.rules
    made = found.restore(shuffled(found.reduce(frame)))
    assert ((made["status"] == "delivered") == made["days"].notna()).all()
