"""Work that is done once for all who ask for it at the same time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from DataFoundry.together import Together


def test_who_asks_while_it_runs_shares_the_next_run_and_not_this_one() -> None:
    together, begun, go = Together(), threading.Event(), threading.Event()
    runs: list[str] = []

    def work(key: str) -> int:
        runs.append(key)
        begun.set()
        go.wait(20)
        return len(runs)

    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(together, "a", work)
        assert begun.wait(20)
        later = [pool.submit(together, "a", work) for _ in range(5)]
        time.sleep(0.2)  # all five come to ask
        go.set()
        assert first.result() == 1
        assert min(each.result() for each in later) == 2
    assert len(runs) < 6


def test_each_key_has_a_run_of_its_own_and_what_is_raised_reaches_who_asked() -> None:
    together = Together()
    assert [together(each, str.upper) for each in ("a", "b", "a")] == ["A", "B", "A"]
    with pytest.raises(ValueError, match="invalid literal"):
        together("x", int)
    assert together("7", int) == 7
