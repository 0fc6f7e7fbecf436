"""How far the work is: honest, not too often, and the end always."""

import logging
import math
import time

from DataFoundry.progress import Progress, begin, reported_to


def test_reports_come_now_and_then_and_the_end_always(monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    reports = []
    with reported_to(reports.append):
        progress = Progress("scanning", 10)
        for _ in range(10):
            now += 0.0625
            progress.advance(1, loss=2.0)
    assert [report["done"] for report in reports] == [1, 5, 9, 10]
    assert reports[1] == {
        "doing": "scanning",
        "unit": "rows",
        "done": 5,
        "total": 10,
        "seconds": 0.312,
        "seconds_left": 0.3,  # as much again, rounded
        "loss": 2.0,
    }
    progress.advance(1)
    assert len(reports) == 4


def test_a_resumed_work_is_judged_by_todays_speed(monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    reports = []
    with reported_to(reports.append):
        progress = Progress("training", 10, "epochs")
        progress.resume(8)
        now = 3.0
        progress.advance()
    assert (reports[0]["done"], reports[0]["seconds_left"]) == (9, 3.0)


def test_what_nobody_knows_is_null(monkeypatch):
    reports = []
    with reported_to(reports.append):
        Progress("voting", None).advance(3, loss=math.nan)
    assert (reports[0]["total"], reports[0]["seconds_left"], reports[0]["loss"]) == (None, None, None)


def test_the_log_is_told_every_few_seconds(monkeypatch, caplog):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    caplog.set_level(logging.INFO)
    progress = Progress("generating", 100)
    for _ in range(4):
        now += 2.0
        progress.advance(10)
    assert caplog.messages == ["generating: 30 of 100 rows, 6 s done, at most 14 s left"]


def test_a_phase_of_unknown_length_is_told_at_once_and_estimates_nothing():
    reports = []
    with reported_to(reports.append):
        begin("learning what is usual")
    assert reports == [
        {
            "doing": "learning what is usual",
            "unit": "steps",
            "done": 0,
            "total": None,
            "seconds": 0.0,
            "seconds_left": None,
        }
    ]


def test_the_last_second_is_not_told_since_more_may_come(monkeypatch, caplog):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    caplog.set_level(logging.INFO)
    progress = Progress("checking", 100)
    now = 6.0
    progress.advance(100)
    assert caplog.messages == ["checking: 100 of 100 rows, 6 s done"]
