"""Jobs in SQLite: nothing is forgotten, nothing is ordered by a clock, a damaged file costs only its content."""

import sqlite3
import time
from pathlib import Path

import pytest

from jobs.store import CANCELLED, FAILED, MOST_LINES, QUEUED, RUNNING, SUCCEEDED, Key, Store
from jobs.worker import Problem


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, patience=0.2)


def added(store: Store, **options):
    return store.add("dataset.info", {"data_path": "a.csv"}, "me", durable=True, **options)


def test_a_job_goes_its_way_and_each_step_has_a_number(store):
    job, new = added(store)
    assert new and job.state == QUEUED and job.arguments == {"data_path": "a.csv"} and not job.over
    running = store.start(job.id)
    assert (running.state, running.attempts) == (RUNNING, 1)
    store.note(job.id, {"done": 1})
    assert store.finish(job.id, SUCCEEDED, 1.5, {"ä": [1.0, None]})
    over = store.get(job.id)
    assert over.over and over.result == {"ä": [1.0, None]} and over.seconds == 1.5 and over.progress == {"done": 1}
    assert job.version < running.version < over.version


def test_what_is_over_stays_as_it_is(store):
    job, _ = added(store)
    store.finish(job.id, FAILED, 0, problem=Problem("ColumnError", "No column.", {"column": "x"}))
    assert not store.finish(job.id, SUCCEEDED, 0, {})
    assert store.start(job.id) is None
    assert not store.ask_to_cancel(job.id)
    assert not store.requeue(job.id, "other", "me")
    assert store.get(job.id).problem.error().details == {"column": "x"}


def test_the_log_of_a_job_keeps_its_last_lines_as_long_as_the_job(store):
    first, second = added(store)[0].id, added(store)[0].id
    store.add_line(second, "info", "begun")
    for number in range(MOST_LINES + 5):
        store.add_line(first, "warning", str(number))
    assert [line.text for line in store.lines(first)] == [str(number) for number in range(5, MOST_LINES + 5)]
    assert [(line.level, line.text) for line in store.lines(second)] == [("info", "begun")]
    store.finish(first, SUCCEEDED, 0, {})
    store.prune(0)
    assert not store.lines(first) and store.lines(second)


def test_another_process_sees_the_same(store, tmp_path):
    job, _ = added(store)
    other = Store(tmp_path)
    other.start(job.id)
    assert store.get(job.id).state == RUNNING
    assert store.requeue(job.id, "second", "me")
    assert not other.requeue(job.id, "third", "me")


def test_a_list_goes_backwards_in_pages(store):
    names = [added(store)[0].id for _ in range(5)]
    store.finish(names[1], CANCELLED, 0)
    first = store.list(most=2)
    assert [job.id for job in first] == names[:2:-1] and first[0].arguments is None
    assert [job.id for job in store.list(before=first[-1].number)] == names[2::-1]
    assert [job.id for job in store.list(CANCELLED)] == [names[1]]
    assert store.counts() == {QUEUED: 4, RUNNING: 0}


def test_a_key_stands_for_one_job_for_a_day(store, monkeypatch):
    first, new = added(store, key=Key("k", "d"))
    assert new and added(store, key=Key("k", "d")) == (first, False)
    assert added(store, key=Key("other", "d"))[1]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 25 * 3600)
    assert added(store, key=Key("k", "d"))[1]


def test_a_key_is_free_again_where_the_same_request_may_succeed(store):
    first, _ = added(store, key=Key("k", "d"))
    store.finish(first.id, FAILED, 0, problem=Problem("JobKilledError", "Killed."), again=True)
    second, new = added(store, key=Key("k", "d"))
    assert new and second.id != first.id


def test_a_clock_that_is_set_back_changes_no_order_and_no_duration(store, monkeypatch):
    now = time.time()
    first, _ = added(store, key=Key("k", "d"))
    store.start(first.id)
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    second, _ = added(store)
    store.finish(first.id, SUCCEEDED, -5.0, {})
    over = store.get(first.id)
    assert over.finished >= over.started and over.seconds == 0
    assert [job.id for job in store.list()] == [second.id, first.id]
    assert added(store, key=Key("k", "d")) == (over, False)
    store.prune(keep=1)
    assert store.get(first.id) is not None, "its key stands for another day"


def test_old_finished_jobs_are_forgotten_and_others_never(store):
    names = [added(store)[0].id for _ in range(4)]
    for name in names[1:]:
        store.finish(name, SUCCEEDED, 0, {})
    store.prune(keep=2)
    assert [store.get(name) is not None for name in names] == [True, False, True, True]


@pytest.mark.parametrize("damage", [b"no database at all, but long enough to be read as one" * 20, b""])
def test_a_damaged_file_is_put_aside(tmp_path, caplog, damage):
    (tmp_path / "jobs.sqlite").write_bytes(damage)
    store = Store(tmp_path)
    assert added(store)[1]
    aside = list(tmp_path.glob("jobs.sqlite.aside-*"))
    assert [path.read_bytes() for path in aside] == ([damage] if damage else [])
    assert bool(damage) == ("no job is known" in caplog.text)


def test_a_file_of_another_program_is_put_aside(tmp_path):
    with sqlite3.connect(tmp_path / "jobs.sqlite") as other:
        other.execute("CREATE TABLE jobs (something TEXT)")
    assert added(Store(tmp_path))[1]


def test_a_file_that_is_damaged_meanwhile_is_put_aside_at_the_next_use(store, tmp_path):
    for _ in range(200):
        added(store)
    store.close()
    with open(tmp_path / "jobs.sqlite", "r+b") as handle:
        handle.seek(4096)
        handle.write(b"\xff" * 40_000)
    assert added(Store(tmp_path))[1]


def test_a_file_that_is_locked_for_good_is_put_aside(tmp_path, caplog):
    Store(tmp_path).close()
    holder = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert added(Store(tmp_path, patience=0.2))[1]
    assert "locked" in caplog.text


def test_without_a_folder_jobs_are_kept_in_memory(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "state")
    assert added(store)[1] and store.list()
    assert "will not outlive" in caplog.text


def test_jobs_of_one_client_are_listed_and_counted_by_themselves(store):
    mine, _ = added(store, client="a", roots=["/data/a"])
    added(store, client="b")
    added(store)
    assert [job.id for job in store.list(client="a")] == [mine.id] and store.counts("a")[QUEUED] == 1
    assert (mine.client, mine.roots) == ("a", ["/data/a"])
    assert len(store.list()) == store.counts()[QUEUED] == 3


def test_a_file_of_an_earlier_version_keeps_its_jobs(store, tmp_path):
    job, _ = added(store)
    store.close()
    with sqlite3.connect(tmp_path / "jobs.sqlite") as older:
        for column in ("client", "roots"):
            older.execute(f"ALTER TABLE jobs DROP COLUMN {column}")
    found = Store(tmp_path).get(job.id)
    assert found is not None and (found.client, found.roots) == ("", None)
