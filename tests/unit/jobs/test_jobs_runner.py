"""The queue with real worker processes: outcomes cross as data, deaths are told, bounds hold."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from DataFoundry import trainer
from DataFoundry.errors import (
    BusyError,
    ColumnError,
    DataFoundryError,
    JobFinishedError,
    MissingJobError,
    RequestRunningError,
    ReusedKeyError,
)
from DataFoundry.roots import confined_to
from DataFoundry.settings import Limits
from jobs import finished_results, service
from jobs.job_log import JobLog
from jobs.operations import OPERATIONS
from jobs.processes import HostLauncher, SpawnLauncher
from jobs.runner import Runner
from jobs.store import CANCELLED, FAILED, RUNNING, SUCCEEDED, Key, Store
from jobs.worker import Order, perform
from processes import until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


@pytest.fixture(scope="module")
def host() -> Iterator[HostLauncher]:
    launcher = HostLauncher()
    yield launcher
    launcher.close()


@pytest.fixture
def start(host: HostLauncher, tmp_path: Path) -> Iterator[Callable[..., Runner]]:
    """Runners on one state folder; the launcher is not closed with them."""
    begun: list[Runner] = []

    def begin(**bounds: int) -> Runner:
        folder = tmp_path / "state"
        begun.append(Runner(Store(folder), host, host, folder, replace(Limits(), **bounds)))
        return begun[-1]

    yield begin
    for runner in begun:
        for live in list(runner._live.values()):
            live.stop()
            live.done.wait(30)


@pytest.fixture
def table(root: Path) -> str:
    pd.DataFrame({"a": range(300), "label": [0.0, 1.0] * 150}).to_csv(root / "t.csv", index=False)
    return str(root / "t.csv")


@pytest.fixture
def long(root: Path, table: str) -> dict[str, Any]:
    """Arguments of a training that takes long enough to be interrupted."""
    params = {"epochs": 100_000, "batch_size": 2, "learning_rate": 1e-7, "seed": 1}
    created = trainer.create_config(table, str(root / "m"), training_params=params)
    return {"config_path": created["config_path"]}


def workers(host: HostLauncher) -> list[int]:
    assert host._host is not None
    return [int(text) for text in Path(f"/proc/{host._host.pid}/task/{host._host.pid}/children").read_text().split()]


def test_the_answer_is_that_of_the_function(start, table):
    runner = start()
    job, new = runner.submit("dataset.info", {"data_path": table})
    over = runner.wait(job.id)
    assert new and over.state == SUCCEEDED and over.result == OPERATIONS["dataset.info"].run({"data_path": table})
    assert over.result["message"] == "300 rows, 2 columns."
    assert runner.get(job.id).result == over.result


def test_work_is_confined_to_the_roots_of_whoever_asks(start, table, tmp_path):
    runner, own = start(), tmp_path / "own"
    own.mkdir()
    Path(own, "mine.csv").write_text("a\n1\n")
    with confined_to([str(own)]):
        asked = [runner.submit("dataset.info", {"data_path": path})[0] for path in (table, str(own / "mine.csv"))]
    refused, done = (runner.wait(job.id) for job in asked)
    assert refused.problem.error().code == "outside_data_roots" and done.state == SUCCEEDED


def test_an_error_of_the_library_crosses_as_itself(start, table):
    runner = start()
    given = {"data_path": table, "model_params": {"feature_cols": {"numerical_cols": ["b"], "categorical_cols": []}}}
    job, _ = runner.submit("training.create_config", given)
    error = runner.wait(job.id).problem.error()
    with pytest.raises(ColumnError) as here:
        trainer.create_config(**given)
    assert (type(error), error.message, error.details) == (ColumnError, here.value.message, here.value.details)
    assert "Traceback" in str(error.__cause__)


def test_the_log_keeps_what_the_library_says_and_not_what_others_do(start):
    runner = start()
    job, _ = runner.store.add("dataset.info", {}, "me", durable=True)
    log = JobLog(runner.store, job.id)
    log.hear({"log": {"name": "DataFoundry.labeler", "level": logging.INFO, "text": "labeled 3 rows"}})
    log.hear({"log": {"name": "urllib3.pool", "level": logging.WARNING, "text": "/secret/file"}})
    for done in (1, 2):
        log.hear({"progress": {"doing": "reading", "unit": "rows", "done": done, "total": 1200}})
    assert [line.text for line in runner.store.lines(job.id)] == ["labeled 3 rows", "reading 1,200 rows"]


def test_a_defect_says_nothing_but_keeps_its_trace(start, table):
    runner = start()
    job, _ = runner.submit("dataset.info", {"no_such_argument": 1})
    problem = runner.wait(job.id).problem
    assert type(problem.error()) is DataFoundryError and problem.message == "" and "TypeError" in problem.trace


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_dies_is_one_jobs_problem(start, host, long, table, number):
    runner = start()
    job, _ = runner.submit("training.train_model", long)
    [worker] = until(lambda: workers(host))
    until(lambda: runner.get(job.id).progress)
    os.kill(worker, number)
    over = runner.wait(job.id)
    assert (over.state, over.problem.error().code) == (FAILED, "job_killed")
    assert number.name in over.problem.message
    assert not list(Path(long["config_path"]).parent.glob(".*"))
    after, _ = runner.submit("dataset.info", {"data_path": table})
    assert runner.wait(after.id).state == SUCCEEDED


def test_a_promised_job_is_begun_again_but_not_for_ever(start, host, long):
    runner = start(max_job_attempts=2)
    job, _ = runner.submit("training.train_model", long, durable=True)
    for _ in range(2):
        [worker] = until(lambda: workers(host))
        until(lambda: runner.get(job.id).state == RUNNING)
        os.kill(worker, signal.SIGKILL)
        until(lambda worker=worker: worker not in workers(host))
    over = runner.wait(job.id)
    assert (over.state, over.attempts) == (FAILED, 2)
    lines = [
        (line.level, line.text.partition(":")[0]) for line in runner.store.lines(job.id) if "epochs" not in line.text
    ]
    assert lines[:3] == [("info", "begun"), ("warning", "begun again"), ("info", "begun, attempt 2")]
    assert lines[-1][1].startswith("failed after ")


def test_a_host_that_dies_takes_its_workers_along_and_is_replaced(host, start, long, table):
    runner = start()
    job, _ = runner.submit("training.train_model", long)
    [worker] = until(lambda: workers(host))
    os.kill(host._host.pid, signal.SIGKILL)
    assert runner.wait(job.id).problem.error().code == "job_killed"
    until(lambda: not Path(f"/proc/{worker}").exists())
    after, _ = runner.submit("dataset.info", {"data_path": table})
    assert runner.wait(after.id).state == SUCCEEDED


def test_a_cancelled_job_leaves_nothing(start, host, long):
    runner = start(checkpoint_seconds=1)
    folder = Path(long["config_path"]).parent
    before = set(folder.iterdir())
    job, _ = runner.submit("training.train_model", long, durable=True)
    until(lambda: (runner.get(job.id).progress or {}).get("done", 0) > 0)
    (folder / "model.checkpoint.pth").touch()
    assert runner.cancel(job.id).state == CANCELLED
    assert set(folder.iterdir()) == before and not workers(host)
    with pytest.raises(JobFinishedError, match="cancelled"):
        runner.cancel(job.id)
    with pytest.raises(MissingJobError):
        runner.cancel("nobody")


def test_a_waiting_job_is_cancelled_at_once_and_another_process_may_do_it(start, long):
    runner, other = start(max_running_jobs=1), start()
    running, _ = runner.submit("training.train_model", long, durable=True)
    until(lambda: runner.get(running.id).state == RUNNING)
    waiting, _ = runner.submit("training.train_model", long)
    assert runner.cancel(waiting.id).attempts == 0
    assert runner.wait(waiting.id).problem.error().code == "job_cancelled"
    assert other.cancel(running.id).state == CANCELLED


def test_a_full_queue_says_when_to_come_back(start, long, table):
    runner = start(max_running_jobs=1, max_queued_jobs=1)
    first, _ = runner.submit("training.train_model", long)
    until(lambda: runner.get(first.id).state == RUNNING)
    second, _ = runner.submit("training.train_model", long)
    with pytest.raises(BusyError) as full:
        runner.submit("training.train_model", long)
    assert full.value.details["retry_after"] > 0
    short, _ = runner.submit("dataset.info", {"data_path": table})
    assert runner.wait(short.id).state == SUCCEEDED, "short jobs do not wait behind long ones"
    for job in (second, first):
        runner.cancel(job.id)


def test_a_job_that_takes_too_long_is_ended(start, long):
    runner = start(max_job_seconds=1)
    job, _ = runner.submit("training.train_model", long, durable=True)
    assert runner.wait(job.id).problem.error().code == "job_timeout"


def test_a_key_is_answered_once(start, table, long):
    runner = start()
    first, _ = runner.submit("dataset.info", {"data_path": table}, key=Key("k", "d"))
    over = runner.wait(first.id)
    again, new = runner.submit("dataset.info", {"data_path": table}, key=Key("k", "d"))
    assert not new and again.id == first.id and again.result == over.result
    with pytest.raises(ReusedKeyError):
        runner.submit("dataset.info", {"data_path": "other"}, key=Key("k", "e"))
    running, _ = runner.submit("training.train_model", long, key=Key("l", "d"))
    with pytest.raises(RequestRunningError) as told:
        runner.submit("training.train_model", long, key=Key("l", "d"))
    assert told.value.details == {"job": running.id}
    runner.cancel(running.id)
    assert runner.submit("training.train_model", long, key=Key("l", "d"))[1], "a cancelled request may be sent again"


def test_what_a_dead_server_left_goes_on_or_is_told(start, table, tmp_path):
    store = Store(tmp_path / "state")
    promised = [store.add("dataset.info", {"data_path": table}, "dead", durable=True)[0] for _ in range(2)]
    waited_for, _ = store.add("dataset.info", {"data_path": table}, "dead", durable=False)
    tired, _ = store.add("dataset.info", {"data_path": table}, "dead", durable=True)
    unwanted, _ = store.add("dataset.info", {"data_path": table}, "dead", durable=True)
    store.start(promised[0].id)
    store.ask_to_cancel(unwanted.id)
    for _ in range(3):
        store.start(tired.id)
        store.requeue(tired.id, "dead", "dead")
    runner = start(max_job_attempts=3)
    assert runner.recover() == 2
    assert [runner.wait(job.id).state for job in promised] == [SUCCEEDED, SUCCEEDED]
    assert "send the request again" in runner.get(waited_for.id).problem.message
    assert "3 times" in runner.get(tired.id).problem.message
    assert runner.get(unwanted.id).state == CANCELLED
    assert start().recover() == 0


def test_work_that_is_done_is_recorded_and_not_begun_again(start, table, tmp_path):
    """Everybody was killed after the result was written down; or only its process, and the server lives."""
    store = Store(tmp_path / "state")
    done, _ = store.add("dataset.info", {"data_path": table}, "dead", durable=True)
    store.start(done.id)
    store.ask_to_cancel(done.id)
    finished_results.keep(tmp_path / "state" / finished_results.FOLDER, done.id, {"num_rows": 7})
    runner = start()
    assert runner.recover() == 0
    over = runner.get(done.id)
    assert (over.state, over.result, over.attempts) == (SUCCEEDED, {"num_rows": 7}, 1)
    start().recover()
    assert not list(finished_results.noted(tmp_path / "state" / finished_results.FOLDER))


def test_a_worker_that_dies_after_its_work_is_done_has_done_it(start, host, long, tmp_path):
    runner = start()
    job, _ = runner.submit("training.train_model", long, durable=True)
    [worker] = until(lambda: workers(host))
    until(lambda: runner.get(job.id).progress)
    finished_results.keep(tmp_path / "state" / finished_results.FOLDER, job.id, {"model_path": "m"})
    os.kill(worker, signal.SIGKILL)
    over = runner.wait(job.id)
    assert (over.state, over.result, over.attempts) == (SUCCEEDED, {"model_path": "m"}, 1)
    assert not list(finished_results.noted(tmp_path / "state" / finished_results.FOLDER))


def test_the_worker_writes_the_result_of_a_promised_job_down(tmp_path, table):
    order = Order("job", "dataset.info", {"data_path": table}, str(tmp_path / "j"), finished=str(tmp_path / "f"))
    told: list[dict[str, Any]] = []
    perform(order, told.append)
    assert finished_results.found(tmp_path / "f", "job") == told[-1]["result"]


def test_a_server_that_is_stopped_often_costs_a_job_nothing(start, table, tmp_path):
    store = Store(tmp_path / "state")
    often, too_often = (store.add("dataset.info", {"data_path": table}, "dead", durable=True)[0] for _ in range(2))
    for job, times in ((often, 19), (too_often, 20)):
        for _ in range(times):
            store.start(job.id)
            store.requeue(job.id, "dead", "dead", lost=True)
    runner = start(max_job_attempts=2)
    runner.recover()
    assert runner.wait(often.id).state == SUCCEEDED and runner.get(often.id).attempts == 20
    assert "begun 20 times" in runner.get(too_often.id).problem.message


def test_jobs_of_a_living_server_are_its_own(start, long):
    runner = start()
    job, _ = runner.submit("training.train_model", long, durable=True)
    assert start().recover() == runner.recover() == 0
    runner.cancel(job.id)


def test_without_a_state_folder_the_service_works_and_forgets(monkeypatch, tmp_path, table, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATAFOUNDRY_STATE_DIR", str(tmp_path / "file" / "state"))
    runner = service.begun()
    job, _ = runner.submit("dataset.info", {"data_path": table}, durable=True)
    assert runner.wait(job.id).state == SUCCEEDED and "will not outlive" in caplog.text
    runner.close()


def test_workers_work_without_fork_too(tmp_path, table):
    folder = tmp_path / "spawned"
    spawning = SpawnLauncher()
    runner = Runner(Store(folder), spawning, spawning, folder, Limits())
    job, _ = runner.submit("dataset.info", {"data_path": table})
    assert runner.wait(job.id).result["num_rows"] == 300
