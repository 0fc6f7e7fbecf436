"""Blocks go to workers, few at a time, come back in order, and are forgotten when nobody wants them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cluster import named_scheduler, spread
from cluster.address import Scheduler
from dask_cluster import BACKEND, Cluster, kill
from DataFoundry.blocks import in_order
from DataFoundry.errors import ClusterError, ConfigError
from processes import alive, until

PROCESS = partial(eval, "__import__('os').getpid()")  # of a mapping


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    begun = Cluster(tmp_path_factory.mktemp("dask"))
    begun.add_worker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DASK_SCHEDULER", begun.url)
        yield begun
    begun.close()


@pytest.mark.parametrize(
    ("named", "means"),
    [
        ("", None),
        ("tcp://10.0.0.1:8786", Scheduler("tcp://10.0.0.1:8786")),
        ("tls://dask.example:8786", Scheduler("tls://dask.example:8786")),
        ("dask://local?workers=3", Scheduler(None, 3)),
        ("dask://local", Scheduler(None, os.cpu_count() or 1)),
    ],
)
def test_the_setting_is_read(named: str, means: Scheduler | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DASK_SCHEDULER", named)
    assert named_scheduler() == means


@pytest.mark.parametrize(
    "named",
    [
        "localhost:8786",
        "tcp://10.0.0.1",
        "tcp://:x",
        "dask://remote",
        "dask://local?workers=0",
        "dask://local?threads=2",
    ],
)
def test_a_setting_that_means_nothing_is_refused(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DASK_SCHEDULER", named)
    with pytest.raises(ConfigError, match="must be tcp://HOST:PORT"):
        named_scheduler()


def test_many_blocks_are_done_by_workers_and_few_of_them_here(cluster: Cluster) -> None:
    with spread():
        assert set(in_order(PROCESS, [{}] * 3)) == {os.getpid()}
        assert set(in_order(PROCESS, [{}] * 9)) == {cluster.workers[0].pid}
    assert set(in_order(PROCESS, [{}] * 9)) == {os.getpid()}, "nothing is spread any more"


def test_processes_of_this_machine_do_blocks_and_end_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAFOUNDRY_DASK_SCHEDULER", "dask://local?workers=2")
    with spread():
        found = set(in_order(PROCESS, [{}] * 12))
        assert os.getpid() not in found and 1 <= len(found) <= 2
    until(lambda: not any(alive(each) for each in found))


def test_results_come_in_order_and_only_a_window_of_items_is_taken(cluster: Cluster) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(40):
            taken.append(number)
            yield number

    with spread():
        for done, result in enumerate(in_order(partial(pow, 2), items())):
            assert result == 2**done
            assert len(taken) <= done + 6, "two for the one worker, and those that tell whether there are many"
    assert len(taken) == 40


def test_an_error_of_a_block_comes_in_its_place(cluster: Cluster) -> None:
    with spread():
        results = in_order(int, [*"12345", "six", "7"])
        assert [next(results) for _ in range(5)] == [1, 2, 3, 4, 5]
        with pytest.raises(ValueError, match="six"):
            next(results)


def _known_to(cluster: Cluster) -> Any:
    """How many blocks the scheduler has to do or to keep."""
    from distributed import Client

    with Client(cluster.url, set_as_default=False) as client:
        return client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))


def test_blocks_of_a_process_that_is_killed_are_forgotten(cluster: Cluster, tmp_path: Path) -> None:
    program = (
        "import time\nfrom cluster import spread\nfrom DataFoundry.blocks import in_order\n"
        "with spread():\n    for _ in in_order(time.sleep, [0.2] * 1000):\n        print('one', flush=True)\n"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(BACKEND)}, stdout=subprocess.PIPE
    )
    assert job.stdout is not None and job.stdout.readline() == b"one\n"
    assert _known_to(cluster) > 0
    kill(job)
    until(lambda: _known_to(cluster) == 0)


def test_blocks_that_nobody_asks_for_any_more_are_forgotten(cluster: Cluster) -> None:
    with spread():
        results = in_order(time.sleep, [0.05] * 1000)
        next(results)
        results.close()  # type: ignore[attr-defined]
        assert list(in_order(partial(pow, 3), range(5))) == [1, 3, 9, 27, 81]
    until(lambda: _known_to(cluster) == 0)


def test_a_worker_with_other_code_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    for package in ("DataFoundry", "cluster"):
        shutil.copytree(BACKEND / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with open(tmp_path / "DataFoundry" / "blocks.py", "a") as changed:
        changed.write("# another version\n")
    other = cluster.add_worker(tmp_path)
    with spread(), pytest.raises(ClusterError, match="DataFoundry code .* this service .*start it anew"):
        list(in_order(partial(pow, 2), range(9)))
    kill(other)
    until(lambda: other.poll() is not None)


def test_a_worker_with_other_code_that_comes_later_is_refused(cluster: Cluster) -> None:
    from cluster.tasks import run
    from cluster.versions import versions

    with pytest.raises(ClusterError, match="numpy .*, this service 0.1"):
        run(b"", {**versions(), "numpy": "0.1"}, 1, b"")
