"""When the first row of a parent is, between the parent's time and the last time of all."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.relational.times import Clock

ANCHOR = ("accounts", "opened")
DAY = 86_400 * 10**9


def _days(values: np.ndarray) -> pd.Series:
    return pd.Series((pd.Timestamp("1995-01-01") + pd.to_timedelta(values, "D")).strftime("%Y-%m-%d"), name="issued")


def _nanoseconds(values: np.ndarray) -> np.ndarray:
    return (pd.Timestamp("1995-01-01") + pd.to_timedelta(values, "D")).as_unit("ns").asi8.astype(float)


def _made(last: int, rows: int = 2000) -> tuple[pd.Series, np.ndarray, Clock]:
    """First times up to 1,000 days after their anchors, of which those after day `last` are not in the table."""
    r = np.random.default_rng(0)
    opened = r.integers(0, 1000, rows)
    issued = opened + r.integers(0, 1000, rows)
    opened, issued = opened[issued <= last], issued[issued <= last]
    anchors = {ANCHOR: _nanoseconds(opened)}
    position = np.zeros(len(opened), dtype=np.int64)
    return _days(issued), anchors[ANCHOR], Clock.fit(_days(issued), {}, position, anchors)


def test_the_end_of_the_table_is_seen_where_it_cuts_off_what_would_come_later():
    days, anchor, clock = _made(last=1200)
    assert clock.promised and clock.latest == pd.Timestamp(days.max()).value // DAY
    position = np.zeros(len(days), dtype=np.int64)
    told = clock.reduce(days.to_frame(), position, anchor)
    assert told[clock.start].between(0, 1, inclusive="neither").all()
    back = clock.restore(told, position, anchor)
    assert back["issued"].tolist() == days.tolist()
    assert Clock.from_dict(clock.as_dict()) == clock


def test_no_first_time_is_outside_whatever_is_drawn():
    days, anchor, clock = _made(last=1200)
    drawn = pd.DataFrame({clock.start: np.linspace(-0.5, 1.5, len(days))})
    times = clock.times(drawn, np.zeros(len(days), dtype=np.int64), anchor) / DAY
    assert (times >= np.floor(anchor / DAY)).all() and (times <= clock.latest).all()
    late = clock.times(drawn.head(1), np.zeros(1, dtype=np.int64), np.array([float((clock.latest + 9) * DAY)]))
    assert late / DAY == clock.latest + 9  # of a parent that is later than all: never before it


def test_distances_stay_where_nothing_is_cut_off_or_one_is_usual():
    assert _made(last=2000)[2].latest is None
    r = np.random.default_rng(1)
    opened = r.integers(0, 1000, 500)
    due = opened + np.where(r.random(500) < 0.5, 30, r.integers(1, 300, 500))  # half of all in 30 days
    kept = due <= 900
    anchors = {ANCHOR: _nanoseconds(opened[kept])}
    clock = Clock.fit(_days(due[kept]), {}, np.zeros(kept.sum(), dtype=np.int64), anchors)
    assert clock.anchor == ANCHOR and clock.latest is None
    told = clock.reduce(_days(due[kept]).to_frame(), np.zeros(kept.sum(), dtype=np.int64), anchors[ANCHOR])
    assert told[clock.start].to_numpy() == pytest.approx((due - opened)[kept])


def _visited(rows: int = 2000, hours: bool = False) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Times of the rows of 200 parents, none on a weekend, in gaps that are mostly of a few days; their places."""
    r = np.random.default_rng(2)
    at = r.integers(0, 700, 200)[:, None] + np.cumsum(r.geometric(0.05, (200, rows // 200)), axis=1)
    at = at + np.where((at + 6) % 7 >= 5, 2, 0)  # the first day was a Sunday
    times = pd.Timestamp("1995-01-01") + pd.to_timedelta(np.sort(at, axis=1).ravel(), "D")
    if hours:
        times += pd.to_timedelta(r.integers(8 * 60, 17 * 60, rows), "min")
        times = pd.DatetimeIndex(np.sort(times.to_numpy().reshape(200, -1), axis=1).ravel())
    return pd.DataFrame({"visited": times}), np.tile(np.arange(rows // 200), 200), at[:, 0]


def test_days_of_the_week_come_back_whatever_is_drawn_of_them():
    frame, position, _ = _visited()
    clock = Clock.fit(frame["visited"], {}, position, {})
    assert clock.weekly and clock.added[0] == clock.weekday
    told = clock.reduce(frame, position, None)
    assert set(told[clock.weekday]) == {"0", "1", "2", "3", "4"}
    assert clock.restore(told, position, None)["visited"].tolist() == frame["visited"].tolist()
    r = np.random.default_rng(3)
    drawn = told.assign(**{clock.weekday: r.choice(["0", "2", "3"], len(told))})
    back = clock.restore(drawn, position, None)["visited"]
    assert set(back.dt.dayofweek) == {0, 2, 3}  # at the end of all, a row may be on the day of the one before it
    assert (back.dt.dayofweek.astype(str) == drawn[clock.weekday]).mean() > 0.999
    assert (back.diff()[position > 0] >= pd.Timedelta(0)).all()
    assert Clock.from_dict(clock.as_dict()) == clock


def test_days_of_the_week_of_times_with_hours_come_back():
    frame, position, _ = _visited(hours=True)
    clock = Clock.fit(frame["visited"], {}, position, {})
    assert clock.unit != "day" and clock.weekly
    told = clock.reduce(frame, position, None)
    assert clock.restore(told, position, None)["visited"].tolist() == frame["visited"].tolist()
    shuffled = told.assign(**{clock.weekday: np.random.default_rng(4).permutation(told[clock.weekday])})
    back = clock.restore(shuffled, position, None)["visited"]
    assert (back.dt.dayofweek >= 5).mean() < 0.02
    assert (back.diff()[position > 0] >= pd.Timedelta(0)).all()


def test_first_times_are_told_from_the_day_of_the_week_of_the_parent_where_that_is_known():
    frame, _, _ = _visited()
    anchor = frame["visited"].astype("datetime64[ns]").astype("int64").to_numpy(dtype=float)
    after = np.random.default_rng(5).geometric(0.5, len(frame)) + 1
    after = after + np.where((frame["visited"].dt.dayofweek + after) % 7 >= 5, 2, 0)  # sent on working days
    sent = pd.DataFrame({"sent": frame["visited"] + pd.to_timedelta(after, "D")})
    first = np.zeros(len(frame), dtype=np.int64)
    clock = Clock.fit(sent["sent"], {}, first, {ANCHOR: anchor}, {ANCHOR})
    assert clock.from_weekday and clock.promised
    told = clock.reduce(sent, first, anchor)
    assert told[clock.start].nunique() <= 3  # weeks
    assert clock.restore(told, first, anchor)["sent"].tolist() == sent["sent"].tolist()
    unknown = Clock.fit(sent["sent"], {}, first, {ANCHOR: anchor})
    assert unknown.first_weekly and not unknown.from_weekday
    back = unknown.restore(unknown.reduce(sent, first, anchor), first, anchor)
    assert back["sent"].tolist() == sent["sent"].tolist()


def test_days_of_the_week_that_follow_from_the_parents_are_not_told():
    frame, _, _ = _visited()
    anchor = frame["visited"].astype("datetime64[ns]").astype("int64").to_numpy(dtype=float)
    after = np.random.default_rng(5).geometric(0.5, len(frame)) - 1  # whatever the day
    issued = pd.DataFrame({"issued": frame["visited"] + pd.to_timedelta(after, "D")})
    clock = Clock.fit(issued["issued"], {}, np.zeros(len(frame), dtype=np.int64), {ANCHOR: anchor}, {ANCHOR})
    assert not clock.weekly and clock.added == [clock.start]
    even = _days(np.arange(1400))
    assert not Clock.fit(even, {}, np.zeros(1400, dtype=np.int64), {}).weekly


def test_times_that_are_spread_far_less_than_their_distances_are_told_by_themselves_but_not_before_the_anchor():
    r = np.random.default_rng(6)
    born = _nanoseconds(-r.integers(0, 30_000, 500))
    visited, first = _days(r.integers(1, 700, 500)), np.zeros(500, dtype=np.int64)
    clock = Clock.fit(visited, {}, first, {ANCHOR: born})
    assert clock.anchor == ANCHOR and clock.promised and clock.absolute and clock.latest is None
    told = clock.reduce(visited.to_frame(), first, born)
    assert np.ptp(told[clock.start]) < 700
    assert clock.restore(told, first, born)["issued"].tolist() == visited.tolist()
    late = _nanoseconds(np.full(500, 350))
    assert (pd.to_datetime(clock.restore(told, first, late)["issued"]) >= pd.Timestamp("1995-12-17")).all()
    assert Clock.from_dict(clock.as_dict()) == clock
    assert all(type(each) is bool for each in (clock.absolute, clock.weekly, clock.first_weekly, clock.from_weekday))


def test_rows_that_follow_after_days_keep_the_hours_of_the_real_ones_and_end_with_them():
    r = np.random.default_rng(0)
    position = np.tile(np.arange(5), 200)
    day = np.repeat(r.integers(0, 60, 200), 5) + np.cumsum(r.integers(1, 20, (200, 5)), axis=1).ravel()
    minute = r.integers(8 * 60, 18 * 60, 1000)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D") + pd.to_timedelta(minute, unit="m")
    frame = pd.DataFrame({"at": times})
    clock = Clock.fit(frame["at"], {}, position, {})
    assert clock.daily and clock.time in clock.added
    told = clock.reduce(frame, position, None)
    assert clock.restore(told, position, None)["at"].tolist() == frame["at"].tolist()
    drawn = told.assign(**{name: told[name].to_numpy()[r.permutation(1000)] for name in (clock.gap, clock.time)})
    back = clock.restore(drawn.assign(**{clock.gap: drawn[clock.gap].fillna(9 * 1440)}), position, None)["at"]
    assert back.dt.hour.between(8, 18).all() and back.max() <= frame["at"].max()
    assert (back.diff()[position > 0] >= pd.Timedelta(0)).all()
