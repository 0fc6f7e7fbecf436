"""Requests are begun in order, a few at a time, and those that wait hold up nobody."""

import threading
from collections.abc import Iterator
from concurrent.futures import wait

import pytest

from processes import until
from serving.thread_pool import PatientPool

FOR_EVER = 3600.0


class Held:
    """Work that is not done before it is let go; counts how much of it is under way."""

    def __init__(self) -> None:
        self.running = 0
        self._lock = threading.Lock()
        self._go = threading.Semaphore(0)

    def __call__(self) -> None:
        with self._lock:
            self.running += 1
        assert self._go.acquire(timeout=60)
        with self._lock:
            self.running -= 1

    def let_go(self, count: int) -> None:
        self._go.release(count)


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.let_go(1000)


def test_everything_is_done_in_the_order_in_which_it_came() -> None:
    pool, done = PatientPool(1), []
    wait([pool.submit(done.append, number) for number in range(200)])
    assert done == list(range(200))


def test_only_a_few_begin_in_one_moment(held: Held) -> None:
    pool = PatientPool(64, at_once=2, moment=FOR_EVER)
    futures = [pool.submit(held) for _ in range(6)]
    for left in (6, 5, 4, 3, 2):
        until(lambda: held.running == 2)
        assert sum(future.done() for future in futures) == 6 - left
        held.let_go(1)
        until(lambda left=left: sum(future.done() for future in futures) == 7 - left)


def test_what_waits_keeps_nobody_from_beginning(held: Held) -> None:
    pool = PatientPool(20, at_once=2)
    waiting = [pool.submit(held) for _ in range(19)]
    assert pool.submit(lambda: "answered").result(timeout=60) == "answered"
    until(lambda: held.running == 19)
    held.let_go(19)
    wait(waiting, timeout=60)
    assert all(future.done() for future in waiting)


def test_no_more_threads_than_allowed(held: Held) -> None:
    before = set(threading.enumerate())
    pool = PatientPool(4, moment=0.0)
    futures = [pool.submit(held) for _ in range(5)]
    until(lambda: held.running == 4)
    assert len(set(threading.enumerate()) - before) == 4 and not futures[4].running()
    held.let_go(5)
    wait(futures, timeout=60)
    assert all(future.done() for future in futures)


def test_many_at_once_are_all_answered() -> None:
    """From many threads, with work that is over at once and work that is not: nothing is forgotten in the queue."""
    pool, futures = PatientPool(8, moment=0.0001), []
    lock = threading.Lock()

    def submit() -> None:
        for number in range(500):
            future = pool.submit(sum, range(number * 20))
            with lock:
                futures.append(future)

    clients = [threading.Thread(target=submit) for _ in range(8)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert not wait(futures, timeout=60).not_done


def test_an_error_is_its_own_request_s() -> None:
    pool = PatientPool(1)
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 // 0).result(timeout=60)
    assert pool.submit(lambda: 1).result(timeout=60) == 1


def test_what_was_given_up_is_not_begun(held: Held) -> None:
    pool, done = PatientPool(1), []
    pool.submit(held)
    until(lambda: held.running == 1)
    assert pool.submit(done.append, "given up").cancel()
    last = pool.submit(done.append, "last")
    held.let_go(1)
    wait([last], timeout=60)
    assert done == ["last"]


def test_a_closed_pool_takes_nothing_more_and_its_threads_end(held: Held) -> None:
    before = set(threading.enumerate())
    pool = PatientPool(3)
    running = pool.submit(held)
    until(lambda: held.running == 1)
    pool.shutdown()
    with pytest.raises(RuntimeError):
        pool.submit(held)
    held.let_go(1)
    running.result(timeout=60)
    until(lambda: not set(threading.enumerate()) - before)
