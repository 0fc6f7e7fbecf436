"""Several trainings at once share the cores, and give them back."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from DataFoundry.preprocessing.spans import CATEGORY, Span
from DataFoundry.relational.networks import Job, closest, run_jobs, told_beside


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


def test_a_category_is_balanced_by_what_says_most_of_it():
    r = np.random.default_rng(0)
    above, last, chance = (r.integers(0, 4, 2000) for _ in range(3))
    own = np.where(r.random(2000) < 0.6, above, np.where(r.random(2000) < 0.3, last, r.integers(0, 4, 2000)))
    spans = [Span(0, 4, CATEGORY, (), (500,) * 4)] * 4
    codes = np.stack([chance, above, last, own], axis=1).astype(float)
    assert closest(codes, spans, 3, {0: 2}) == {0: 1}
    assert closest(codes[:, [0, 2, 3]], [spans[0]] * 3, 2, {0: 1}) == {0: 1}
    alone = np.stack([chance, r.integers(0, 4, 2000)], axis=1).astype(float)
    assert closest(alone, [spans[0]] * 2, 1, {}) == {}


def test_of_a_row_the_category_before_that_says_most_tells_of_another():
    r = np.random.default_rng(0)
    chance, status = r.integers(0, 4, 2000), r.integers(0, 4, 2000)
    damage = np.where(status == 3, r.random(2000) < 0.3, r.random(2000) < 0.05)
    span = Span(0, 4, CATEGORY, (), (500,) * 4)
    codes = np.stack([chance, chance, status, damage], axis=1).astype(float)
    assert told_beside(codes, [span] * 4, 1) == {2: 1}
