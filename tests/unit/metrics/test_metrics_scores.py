"""Fidelity, detection and closeness: numbers by hand, and their relations on tables of every kind."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.metrics.detection import detection
from DataFoundry.metrics.features import TreeFeatures, as_numbers, as_text
from DataFoundry.metrics.fidelity import comparable, correlations, fidelity
from DataFoundry.metrics.privacy import privacy


def mixed(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    return pd.DataFrame(
        {
            "size": size,
            "double": 2 * size + random.normal(scale=0.1, size=rows),
            "kind": np.where(size > 0, "big", random.choice(["small", "tiny"], size=rows)),
        }
    )


def test_shapes_by_hand() -> None:
    real = pd.DataFrame({"kind": ["a"] * 5 + ["b"] * 5, "size": range(10)})
    fake = pd.DataFrame({"kind": ["a"] * 8 + ["b"] * 2, "size": range(5, 15)})

    found = fidelity(real, fake, ["kind", "size"])

    assert found.columns["kind"][0] == pytest.approx(0.7)  # half of |.5 - .8| + |.5 - .2| is .3
    assert found.columns["size"][0] == pytest.approx(0.5)  # half of the real values lie below every other one
    assert found.shapes == pytest.approx(0.6)
    assert found.missing == 1


def test_trends_by_hand() -> None:
    real = pd.DataFrame({"x": [0, 0, 1, 1], "y": [0.0, 0.0, 1.0, 1.0], "a": list("ppqq"), "b": list("ppqq")})
    fake = pd.DataFrame({"x": [0, 0, 1, 1], "y": [1.0, 1.0, 0.0, 0.0], "a": list("ppqq"), "b": list("qqpp")})

    pairs = {(first, second): score for first, second, score in fidelity(real, fake, list("xyab")).pairs}

    assert pairs["x", "y"] == pytest.approx(0)  # correlations 1 and -1
    assert pairs["a", "b"] == pytest.approx(0)  # no pair of values in common
    assert pairs["x", "a"] == pytest.approx(1)


def test_missing_values_are_compared() -> None:
    real = pd.DataFrame({"x": [1.0, np.nan, 2.0, np.nan], "y": ["a", "b", "a", "b"]})
    fake = pd.DataFrame({"x": [1.0, 1.0, 2.0, 1.0], "y": ["a", None, None, None]})

    assert fidelity(real, fake, ["x", "y"]).missing == pytest.approx((0.5 + 0.25) / 2)


def test_every_kind_of_column_is_scored_without_a_warning() -> None:
    times = pd.date_range("2024-01-01", periods=40)
    frame = pd.DataFrame(
        {
            "constant": 1,
            "empty": np.nan,
            "nothing": None,
            "time": times,
            "flag": [True, False] * 20,
            "name": [f"name {number}" for number in range(40)],
            "infinite": [np.inf, 1.0] * 20,
        }
    )

    found = fidelity(frame, frame, list(frame.columns))

    assert found.shapes == pytest.approx(1)
    assert found.trends == pytest.approx(1)
    assert found.columns["empty"][0] is None
    assert detection(frame, frame, list(frame.columns)) is not None
    assert privacy(frame, frame, frame, list(frame.columns)).dcr_share == 0.5


def test_rare_values_become_one() -> None:
    names = pd.DataFrame({"name": [f"n{number}" for number in range(300)] * 2})
    other = pd.DataFrame({"name": ["never seen", "n0", None]})

    real, fake = comparable(names, other, ["name"])

    assert real["name"].nunique() == 251
    assert fake["name"].tolist() == ["(other)", "n0", None]


def test_identical_tables_cannot_be_told_apart_and_broken_pairs_can() -> None:
    real, twin = mixed(400, 0), mixed(400, 1)
    broken = twin.assign(double=twin["double"].sample(frac=1, random_state=0).to_numpy())
    columns = list(real.columns)

    assert detection(real, twin, columns).auroc == pytest.approx(0.5, abs=0.08)
    assert detection(real, broken, columns).auroc > 0.85
    assert detection(real, twin, columns).score > detection(real, broken, columns).score
    assert detection(real.head(9), twin, columns) is None
    assert fidelity(real, broken, columns).trends < fidelity(real, twin, columns).trends - 0.1


def test_the_detection_curve_runs_from_corner_to_corner() -> None:
    x, y = detection(mixed(200, 0), mixed(200, 1) * 2, ["size"]).curve

    assert (x[0], x[-1], y[-1]) == (0, 1, 1)
    assert np.all(np.diff(y) >= 0)


def test_copies_are_told_and_fresh_rows_are_not() -> None:
    train, holdout, fresh = mixed(500, 0), mixed(500, 1), mixed(500, 2)
    columns = list(train.columns)

    copied = privacy(train, holdout, train.head(100), columns)
    assert (copied.dcr_share, copied.copies, copied.holdout_copies) == (1, 1, 0)
    assert privacy(train, holdout, holdout.head(100), columns).dcr_share == 0
    assert privacy(train, holdout, fresh, columns).dcr_share == pytest.approx(0.5, abs=0.07)
    assert privacy(train.head(0), holdout, fresh, columns) is None


def test_closeness_by_hand() -> None:
    # Range 10: the row at 4, "a" is .4 from training 0, "a" and .2 + 1 from holdout 2, "b".
    train = pd.DataFrame({"x": [0.0, 10.0], "k": ["a", "b"]})
    holdout = pd.DataFrame({"x": [2.0, 3.0], "k": ["b", "b"]})

    assert privacy(train, holdout, pd.DataFrame({"x": [4.0], "k": ["a"]}), ["x", "k"]).dcr_share == 1
    assert privacy(train, holdout, pd.DataFrame({"x": [4.0], "k": ["b"]}), ["x", "k"]).dcr_share == 0


def test_tree_features_have_one_code_for_rare_and_nan_for_missing() -> None:
    frame = pd.DataFrame({"k": ["a", "a", "b", None], "n": [1, 2, 3, 4], "f": [True, False, True, False]})
    features = TreeFeatures.learnt(frame, ["k", "n", "f"])

    matrix = features.matrix(pd.DataFrame({"k": ["b", "new", None], "n": ["7", "x", None], "f": [True, False, True]}))

    assert features.is_categorical == [True, False, False]
    np.testing.assert_array_equal(matrix, [[1, 7, 1], [2, np.nan, 0], [np.nan, np.nan, 1]])


def test_numbers_and_text_of_other_kinds() -> None:
    zoned = pd.Series(pd.to_datetime(["1970-01-01 00:01", None]).tz_localize("UTC"))

    np.testing.assert_array_equal(as_numbers(zoned), [60, np.nan])
    np.testing.assert_array_equal(as_numbers(pd.Series(pd.to_timedelta(["1h", None]))), [3600, np.nan])
    np.testing.assert_array_equal(as_numbers(pd.Series([1, pd.NA], dtype="Int64")), [1, np.nan])
    assert as_text(pd.Series([1.0, 2.5, np.nan, True, pd.Timestamp("2024-01-01")], dtype=object)).tolist()[:2] == [
        "1",
        "2.5",
    ]


def test_correlations_code_categories_by_their_share_among_the_real() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "k": ["a", "a", "a", "b"], "c": [5.0] * 4})

    found = correlations(frame, frame)

    # Shares .75 three times and .25: deviations of x -1.5, -.5, .5, 1.5 and of k .125, .125, .125, -.375.
    assert found.loc["x", "k"] == pytest.approx(-0.75 / (5 * 0.1875) ** 0.5)
    assert np.isnan(found.loc["x", "c"])
