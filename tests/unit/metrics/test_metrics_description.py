"""A table described block by block is described as a whole."""

import json

import numpy as np
import pandas as pd
import pytest

from DataFoundry.metrics import description
from DataFoundry.metrics.description import describe

FRAME = pd.DataFrame(
    {
        "age": [20, 30, 40, 50, 60, 70],
        "pay": [1.0, np.nan, 3.0, np.inf, 5.0, 7.0],
        "sex": ["F", "M", None, "F", "F", "M"],
        "paid": [True, False, True, True, True, True],
        "seen": pd.to_datetime(["2024-01-02", None, "2024-01-01", "2024-05-01", "2024-01-03", "2024-01-04"]),
        "none": [np.nan] * 6,
    }
)


def described(*parts: pd.DataFrame) -> dict:
    found = describe(list(parts[0].columns), parts)
    json.dumps(found, allow_nan=False)
    return found


def test_counts_and_dtypes() -> None:
    found = described(FRAME)

    assert (found["num_rows"], found["num_columns"]) == (6, 6)
    assert found["columns"] == ["age", "pay", "sex", "paid", "seen", "none"]
    assert found["dtypes"]["age"] == "int64"
    assert found["dtypes"]["paid"] == "bool"
    assert found["missing_values"] == {"age": 0, "pay": 1, "sex": 1, "paid": 0, "seen": 1, "none": 6}


def test_the_first_five_rows_are_valid_json() -> None:
    sample = described(FRAME)["sample_data"]

    assert len(sample) == 5
    assert sample[1] == {"age": 30, "pay": None, "sex": "M", "paid": False, "seen": None, "none": None}
    assert sample[3]["pay"] is None
    assert sample[0]["seen"] == "2024-01-02T00:00:00"
    assert type(sample[0]["age"]) is int


def test_summaries_by_hand() -> None:
    found = described(FRAME)

    # Deviations of 20..70 from 45: 2 * (25² + 15² + 5²) = 1750, over n - 1 = 5 gives 350.
    age = found["numeric_summary"]["age"]
    quartiles = {"min": 20, "25%": 32.5, "50%": 45, "75%": 57.5, "max": 70}
    assert age == {"count": 6, "mean": 45, "std": pytest.approx(350**0.5), **quartiles}
    assert found["numeric_summary"]["pay"]["mean"] == 4  # of 1, 3, 5, 7
    assert found["numeric_summary"]["none"] == {"count": 0, "mean": None, "std": None, **dict.fromkeys(quartiles)}
    top = [{"value": "F", "count": 3}, {"value": "M", "count": 2}]
    assert found["categorical_summary"]["sex"] == {"distinct": 2, "distinct_is_complete": True, "top": top}
    assert found["categorical_summary"]["paid"]["top"][0] == {"value": True, "count": 5}
    assert found["datetime_summary"]["seen"] == {"min": "2024-01-01T00:00:00", "max": "2024-05-01T00:00:00"}


def test_blocks_give_what_the_whole_gives() -> None:
    assert described(FRAME.iloc[:1], FRAME.iloc[1:4], FRAME.iloc[4:]) == described(FRAME)


def test_many_rows_keep_memory_bounded_and_quantiles_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "QUANTILE_ROWS", 1000)
    parts = [pd.DataFrame({"n": np.arange(start, start + 5000.0)}) for start in range(0, 50_000, 5000)]

    summary = described(*parts)["numeric_summary"]["n"]

    assert summary["count"] == 50_000
    assert summary["mean"] == pytest.approx(24_999.5)
    assert summary["50%"] == pytest.approx(25_000, abs=2_500)  # sixteen-hundredths of the range: 3 standard errors
    assert summary["50%"] != 24_999.5


def test_too_many_values_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "_MOST_VALUES", 10)
    parts = [pd.DataFrame({"id": [f"{block}-{row}" for row in range(8)] + ["often"] * 3}) for block in range(3)]

    summary = described(*parts)["categorical_summary"]["id"]

    assert summary["distinct_is_complete"] is False
    assert summary["top"][0] == {"value": "often", "count": 9}


def test_lists_huge_numbers_and_no_rows_are_described() -> None:
    odd = pd.DataFrame({"tags": [[1, 2], [1, 2], None], "huge": [1e308, -1e308, 1e308]})

    found = described(odd)

    assert found["categorical_summary"]["tags"]["top"] == [{"value": "[1, 2]", "count": 2}]
    assert found["numeric_summary"]["huge"]["max"] == 1e308
    empty = described(FRAME.iloc[:0])
    assert (empty["num_rows"], empty["sample_data"]) == (0, [])
    assert empty["dtypes"]["age"] == "int64"
