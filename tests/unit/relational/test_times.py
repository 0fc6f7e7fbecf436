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
