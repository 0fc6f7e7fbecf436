"""A large table is learnt from rows drawn in one pass, and what a draw would miss is not missed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from DataFoundry.preprocessing.labels import LabelCodec
from DataFoundry.sources.memory import MemoryTable
from DataFoundry.training import rows


@pytest.fixture
def small(monkeypatch) -> None:
    monkeypatch.setattr(rows, "MOST_ROWS", 2_000)
    monkeypatch.setattr(rows, "_OF_EACH_LABEL", 20)


class Blocks(MemoryTable):
    """A table that comes in blocks of another size."""

    size = 1_000

    def blocks(self, columns=None, rows=0):
        return super().blocks(columns, self.size)


def table(frame: pd.DataFrame, size: int = 1_000) -> Blocks:
    made = Blocks(Path("t.json"), frame, {})
    made.size = size
    return made


def frame(count: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    made = pd.DataFrame({"number": random.normal(size=count), "word": random.choice(list("abc"), count), "label": 0.0})
    made.loc[random.choice(count, 30, replace=False), "label"] = 1.0
    made.loc[7, "number"] = 1e6
    made.loc[count - 1, "number"] = -1e6
    return made


def test_a_table_that_fits_is_read_whole(small):
    given = frame(2_000)
    found = rows.training_rows(table(given), "label")
    pd.testing.assert_frame_equal(found.frame, table(given).read())
    assert (found.rows, found.labels, found.warnings) == (2_000, None, [])


def test_a_larger_one_is_drawn_from_with_its_rare_labels_and_ends(small):
    given = frame(20_000)
    found = rows.training_rows(table(given), "label")
    assert 2_000 <= len(found.frame) <= 2_030 and found.rows == 20_000
    assert found.labels.to_dict() == given["label"].value_counts().to_dict()
    assert (found.frame["label"] == 1.0).sum() >= 20
    assert (found.frame["number"].min(), found.frame["number"].max()) == (-1e6, 1e6)
    assert found.frame.index.is_monotonic_increasing and found.frame.index.is_unique
    # uniform: the places of 2,000 of 20,000 rows have the mean of all within five standard errors
    assert abs(found.frame.index.to_numpy().mean() - 10_000) < 5 * 20_000 / 12**0.5 / 2_000**0.5
    assert "2,000 of 20,000 rows" in found.warnings[0]
    assert LabelCodec.fit(found.frame["label"], found.labels).counts.tolist() == [19_970, 30]


def test_the_rows_do_not_depend_on_the_size_of_blocks(small):
    given = frame(20_000)
    first, second = (rows.training_rows(table(given, size), "label") for size in (333, 5_000))
    pd.testing.assert_frame_equal(first.frame, second.frame)
    pd.testing.assert_series_equal(first.labels, second.labels)


def test_rows_without_a_label_are_left_out_and_told(small):
    given = frame(20_000)
    given.loc[given.index[1_500:], "label"] = np.nan
    found = rows.training_rows(table(given), "label")
    assert len(found.frame) == 1_500 and found.labels is None
    assert found.warnings == ["18500 of 20000 rows have no label and were left out of training."]
