"""Several trainings at once share the cores, and give them back."""

import threading
from types import SimpleNamespace

import pytest
import torch

from DataFoundry.relational.networks import Job, run_jobs


class _Counting(Job):
    """A training that only tells how many threads it may use, while as many others run as may at once."""

    together: threading.Barrier

    def run(self, data: object) -> list[dict[str, int]]:
        self.together.wait(timeout=10)
        return [{"threads": torch.get_num_threads()}]


@pytest.mark.parametrize(("jobs", "threads"), [(1, 4), (2, 2), (4, 2)])
def test_trainings_at_once_have_no_more_threads_than_there_are(jobs, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        related = SimpleNamespace(tables={str(each): SimpleNamespace(rows=1) for each in range(jobs)})
        _Counting.together = threading.Barrier(min(jobs, 2))
        histories = run_jobs([_Counting(related, name, None, 0, None) for name in related.tables], lambda name: None)
        assert {each[0]["threads"] for each in histories.values()} == {threads}
        assert torch.get_num_threads() == 4
    finally:
        torch.set_num_threads(before)
