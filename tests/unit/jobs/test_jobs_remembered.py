"""One answer a file, as long as the file stays as it is."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from DataFoundry.errors import MissingFileError, TableError
from jobs.answer_cache import Remembered, _identity
from processes import until


@pytest.fixture
def path(root: Path) -> Path:
    path = root / "a.csv"
    path.write_text("a\n1\n")
    settle(path)
    return path


def settle(path: Path, seconds: float = 60) -> None:
    """As if the file had been written a while ago."""
    os.utime(path, (time.time() - seconds,) * 2)


class Asked:
    """Counts how often it is asked, and answers with the number."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, int]:
        self.times += 1
        return {"times": self.times}


def test_a_file_that_stays_is_looked_at_once(path):
    remembered, asked = Remembered(), Asked()
    assert [remembered.answer(str(path), asked) for _ in range(3)] == [{"times": 1}] * 3


def test_a_file_that_changes_is_looked_at_again(path):
    remembered, asked = Remembered(), Asked()
    remembered.answer(str(path), asked)
    path.write_text("a\n2\n")
    settle(path)
    assert remembered.answer(str(path), asked) == {"times": 2}
    other = path.with_name("other.csv")
    other.write_text("a\n2\n")
    settle(other)
    os.replace(other, path)
    assert remembered.answer(str(path), asked) == {"times": 3}


def test_a_file_that_was_written_just_now_is_not_trusted(path):
    remembered, asked = Remembered(), Asked()
    settle(path, 0)
    assert [remembered.answer(str(path), asked)["times"] for _ in range(2)] == [1, 2]


def test_a_file_that_changes_meanwhile_is_not_remembered(path):
    remembered = Remembered()

    def change() -> dict[str, int]:
        path.write_text("a\n1\n2\n")
        settle(path)
        return {"times": 0}

    remembered.answer(str(path), change)
    assert remembered.answer(str(path), Asked()) == {"times": 1}


def test_a_folder_is_looked_at_each_time(root):
    (root / "parts").mkdir()
    (root / "parts" / "a.parquet").touch()
    settle(root / "parts")
    remembered, asked = Remembered(), Asked()
    assert [remembered.answer(str(root / "parts"), asked)["times"] for _ in range(2)] == [1, 2]


def test_errors_are_raised_and_not_remembered(path, root):
    remembered, asked = Remembered(), Asked()

    def fail() -> dict[str, int]:
        raise TableError("Not a table.")

    with pytest.raises(TableError):
        remembered.answer(str(path), fail)
    assert remembered.answer(str(path), asked) == {"times": 1}
    with pytest.raises(MissingFileError):
        remembered.answer(str(root / "none.csv"), asked)


@pytest.mark.parametrize(("age", "jobs"), [(60, 1), (0, 2)])
def test_many_who_ask_at_once_cost_one_job_or_the_next(path, age, jobs):
    """Of a file that was written just now, the second answer is for all who came after the first was begun."""
    settle(path, age)
    remembered, asked, begun, go_on = Remembered(), Asked(), threading.Event(), threading.Event()

    def slowly() -> dict[str, int]:
        if age == 0:
            settle(path, 0)  # also where this test takes long
        begun.set()
        go_on.wait(30)
        return asked()

    answers: list[int] = []
    clients = [
        threading.Thread(target=lambda: answers.append(remembered.answer(str(path), slowly)["times"])) for _ in range(8)
    ]
    clients[0].start()
    begun.wait(30)
    for each in clients[1:]:
        each.start()
    until(lambda: any(remembered._coming.values()))
    time.sleep(0.2)  # they have all come
    go_on.set()
    for each in clients:
        each.join()
    assert sorted(answers) == [1] + 7 * [jobs]


def test_those_who_waited_for_an_error_hear_of_it(path):
    settle(path, 0)
    remembered, begun, go_on = Remembered(), threading.Event(), threading.Event()

    def fail() -> dict[str, int]:
        begun.set()
        go_on.wait(30)
        raise TableError("Not a table.")

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(remembered.answer, str(path), fail) for _ in range(4)]
        begun.wait(30)
        go_on.set()
        assert [type(each.exception(30)) for each in clients] == 4 * [TableError]
    assert remembered._running == remembered._coming == {}


def test_other_questions_about_a_file_have_answers_of_their_own(path):
    remembered, asked = Remembered(), Asked()
    answers = [remembered.answer(str(path), asked, question) for question in ("first", "second", "first")]
    assert answers == [{"times": 1}, {"times": 2}, {"times": 1}]


def test_large_answers_make_room_sooner(path):
    remembered, large = Remembered(), lambda: bytes(40 * 2**20)
    for question in ("first", "second"):
        remembered.answer(str(path), large, question)
    assert remembered._known(_identity((path, "first"))) is None
    assert remembered._known(_identity((path, "second"))) is not None


def test_old_answers_make_room(root):
    remembered, asked = Remembered(), Asked()
    for number in range(130):
        (root / f"{number}.csv").touch()
        settle(root / f"{number}.csv")
        remembered.answer(str(root / f"{number}.csv"), asked)
    assert remembered.answer(str(root / "129.csv"), asked) == {"times": 130}
    assert remembered.answer(str(root / "0.csv"), asked) == {"times": 131}
