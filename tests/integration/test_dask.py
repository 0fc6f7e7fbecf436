"""Blocks on workers of Dask: the same bytes as without, whatever dies; real schedulers and workers."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import dask
import pandas as pd
import pytest

from cluster import spread
from dask_cluster import Cluster, kill
from DataFoundry import evaluator, generator, labeler, trainer
from DataFoundry.errors import ClusterError, LabelingFunctionError
from DataFoundry.labeling.execution.strategies import COLUMNS, DISTINCT, EVERY_ROW
from DataFoundry.models.sampling import CHUNK_ROWS
from DataFoundry.progress import reported_to

PARTS, ROWS, CHUNKS = 8, 20, 5
COLUMNS_READ = ["age", "fnlwgt", "occupation", "income"]
SMALL = {"latent_dim": 2, "encoder_hidden_layers": [8], "decoder_hidden_layers": [16]}
# In the sandbox, once for each distinct value; for each row in order; on whole columns.
FUNCTIONS = {
    "spelt": "def spelt(x):\n    return 1 if sum(ord(c) for c in x['occupation'] + str(x['fnlwgt'])) % 3 else -1",
    "third": "seen = []\ndef third(x):\n    seen.append(x['age'])\n    return 0 if len(seen) % 3 == 0 else -1",
    "young": "def young(x):\n    return 0 if x['age'] < 28 else -1",
}


class Work:
    """The three works on one small table, and what they write."""

    def __init__(self, folder: Path, adult: pd.DataFrame) -> None:
        self.folder = folder
        self.table, self.unlabeled = folder / "table", folder / "unlabeled"
        self.out = folder / "out"
        for each in (self.table, self.unlabeled, self.out):
            each.mkdir()
        for number in range(PARTS):  # each part of a folder begins a block
            rows = adult[COLUMNS_READ].iloc[number * ROWS : (number + 1) * ROWS].rename(columns={"income": "label"})
            rows.to_parquet(self.table / f"{number:02}.parquet")
            rows.drop(columns="label").to_parquet(self.unlabeled / f"{number:02}.parquet")
        made = trainer.create_config(str(self.table), str(folder), "tabular_cvae", SMALL, {"epochs": 1, "seed": 1})
        self.trained = trainer.train_model(made["config_path"])
        self.config = made["config_path"]

    def label(self, functions: dict[str, str] = FUNCTIONS) -> dict[str, Any]:
        given = [{"name": each, "code": code} for each, code in functions.items()]
        return labeler.create_labels(str(self.unlabeled), given, str(self.out / "out.parquet"), seed=1)

    def generate(self) -> dict[str, Any]:
        path = str(self.out / "out.parquet")
        return generator.generate_data(self.trained["model_path"], self.config, None, CHUNKS * CHUNK_ROWS, path, seed=1)

    def scan(self) -> dict[str, Any]:
        files = self.config, self.trained["model_path"], self.trained["preprocessor_path"]
        return evaluator.detect_anomalies(*files, str(self.table), str(self.out / "out.parquet"))

    def done(self, work: str) -> tuple[dict[str, str], dict[str, Any]]:
        """Sums of the files that a work writes, which are taken away, and what it answers."""
        told, files = getattr(self, work)(), {}
        for each in self.out.iterdir():
            files[each.name] = hashlib.sha256(each.read_bytes()).hexdigest()
            each.unlink()
        return files, told


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, adult: pd.DataFrame) -> Iterator[Work]:
    folder = tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DATA_ROOTS", str(folder))
        yield Work(folder, adult)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with one worker, of which tests make more and fewer."""
    begun = Cluster(tmp_path_factory.mktemp("dask"))
    begun.add_worker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFOUNDRY_DASK_SCHEDULER", begun.url)
        yield begun
    begun.close()


WORKS = ("label", "generate", "scan")


@pytest.fixture(scope="module")
def here(work: Work) -> dict[str, Any]:
    """What each work comes to without Dask."""
    return {each: work.done(each) for each in WORKS}


def once(act: Callable[[], None]) -> Callable[[Any], None]:
    """A listener of progress that acts when the first block is done: the others are under way or not begun."""
    left = [act]
    return lambda report: left.pop()() if left and report["done"] < (report["total"] or 10**9) else None


def test_one_worker_gives_the_same_bytes(work: Work, here: dict[str, Any], cluster: Cluster) -> None:
    ways = [each["way"] for each in here["label"][1]["explain"]]
    assert ways == [DISTINCT, EVERY_ROW, COLUMNS], "of which the second stays here"
    with spread():
        for each in WORKS:
            assert work.done(each) == here[each], each


def test_an_error_of_the_work_is_what_it_is_without_dask(work: Work, adult: pd.DataFrame, cluster: Cluster) -> None:
    late, later = adult["fnlwgt"].iloc[5 * ROWS + 3], adult["fnlwgt"].iloc[7 * ROWS]
    wrong = {
        "late": f"def late(x):\n    return 1 if str(x['fnlwgt'] * 2) not in '{late * 2} {later * 2}' else int('n')"
    }
    told = []
    for where in (spread, nullcontext):
        with where(), pytest.raises(LabelingFunctionError) as error:
            work.label(wrong)
        told.append((error.value.message, error.value.details))
    assert told[0] == told[1] and told[0][1]["row"] == 5 * ROWS + 3
    assert not list(work.out.iterdir())


def test_two_workers_of_which_one_dies_give_the_same_bytes(work: Work, here: dict[str, Any], cluster: Cluster) -> None:
    for each in WORKS:
        dying = cluster.add_worker()
        with spread(), reported_to(once(lambda dying=dying: kill(dying))):
            assert work.done(each) == here[each], each
        assert dying.poll() is not None, "it died while the work was on"


def test_a_dead_scheduler_is_told_and_nothing_is_left(work: Work, here: dict[str, Any], cluster: Cluster) -> None:
    told = pytest.raises(ClusterError, match="scheduler of Dask .*nothing was written. Send the request again")
    for each in ("scan", "label"):
        with spread(), reported_to(once(lambda: kill(cluster.scheduler))), told:
            work.done(each)
        assert not list(work.out.iterdir()), each
        cluster.start_scheduler()
        cluster.add_worker()
    with spread():
        assert work.done("label") == here["label"], "it can be sent again"


def test_no_scheduler_is_told(work: Work, cluster: Cluster) -> None:
    kill(cluster.scheduler)
    impatient = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with impatient, spread(), pytest.raises(ClusterError, match="cannot be reached"):
        work.label()
    assert not list(work.out.iterdir())
