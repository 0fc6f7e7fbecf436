"""The report on a synthetic table and its page."""

import json

import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import ColumnError
from DataFoundry.metrics.plain import plain
from DataFoundry.metrics.quality import align, quality
from DataFoundry.metrics.quality_page import quality_page
from DataFoundry.progress import reported_to


def table(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    return pd.DataFrame(
        {
            "size": np.where(random.random(rows) < 0.05, np.nan, size),
            "kind<b>": random.choice(["a", "b"], size=rows),
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 99, rows), unit="D"),
            "label": (size + random.normal(size=rows) > 0).astype(float),
        }
    )


REAL, SYNTHETIC, HOLDOUT = table(300, 0), table(300, 1), table(200, 2)


def test_every_score_stands_beside_that_of_the_holdout() -> None:
    found = quality(align(REAL, SYNTHETIC, HOLDOUT, None))

    scores = found.report()["scores"]
    assert list(scores) == ["utility", "shapes", "trends", "missing_values", "detection_auroc"] + [
        "dcr_share",
        "membership_auroc",
    ]
    assert all(0 <= each <= 1.3 for pair in scores.values() for each in pair.values())
    assert scores["utility"] == {"synthetic": pytest.approx(1, abs=0.1), "holdout": 1}
    assert found.report()["label_column"] == "label"
    assert found.report()["warnings"] == []
    json.dumps(plain(found.report()), allow_nan=False)


def test_each_measure_counts_as_progress() -> None:
    told: list[dict[str, object]] = []
    with reported_to(told.append):
        quality(align(REAL, SYNTHETIC, HOLDOUT, None))
    assert {(each["doing"], each["unit"], each["total"]) for each in told} == {("comparing", "measures", 9)}
    assert told[-1]["done"] == 9


def test_without_a_holdout_a_quarter_stands_in_and_copying_is_not_judged() -> None:
    found = quality(align(REAL, SYNTHETIC, None, "label")).report()

    assert (found["num_real"], found["num_holdout"]) == (225, 75)
    assert found["scores"]["dcr_share"] == {"synthetic": None, "holdout": None}
    assert "No holdout" in found["warnings"][0]


def test_without_a_label_utility_is_null() -> None:
    bare = [frame.drop(columns="label") for frame in (REAL, SYNTHETIC, HOLDOUT)]

    found = quality(align(*bare, None)).report()

    assert found["utility"] is None
    assert found["scores"]["utility"] == {"synthetic": None, "holdout": None}
    assert "label_column" in found["warnings"][0]


def test_a_label_with_one_value_is_told_not_raised() -> None:
    found = quality(align(REAL.assign(label=1), SYNTHETIC, HOLDOUT, "label")).report()

    assert found["utility"] is None
    assert "single value" in found["warnings"][0]


def test_columns_that_are_not_shared_are_named() -> None:
    tables = align(REAL.assign(extra=1), SYNTHETIC, HOLDOUT, None)

    assert tables.columns == list(REAL.columns)
    assert "real table's columns 'extra'" in tables.warnings[0]


@pytest.mark.parametrize(
    ("synthetic", "label", "message"),
    [
        (SYNTHETIC.drop(columns="label"), "label", "synthetic table has no label column 'label'"),
        (SYNTHETIC.add_prefix("x"), None, "no column in common"),
        (SYNTHETIC.head(5), None, "5 rows"),
    ],
)
def test_tables_that_cannot_be_compared_are_refused(synthetic: pd.DataFrame, label: str | None, message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        align(REAL, synthetic, HOLDOUT, label)


def test_the_page_shows_all_charts_and_escapes_names() -> None:
    found = quality(align(REAL, SYNTHETIC, HOLDOUT, None))

    page = quality_page(found, "<script>x.csv")

    assert page.count("<figure") == 4 + 1 + 1  # one overlay a column, correlations, detection
    assert "<script>" not in page
    assert "kind<b>" not in page
    assert "kind&lt;b&gt;" in page
    assert "Worst pairs" in page
    assert page == quality_page(quality(align(REAL, SYNTHETIC, HOLDOUT, None)), "<script>x.csv")
