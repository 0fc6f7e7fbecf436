"""Utility: one for real rows, low for noise, and an answer for any kind of label."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.errors import ColumnError
from DataFoundry.metrics.utility import UtilityResult, utility


def table(rows: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    kind = random.choice(["a", "b", "c"], size=rows)
    odds = 2 * size + (kind == "a")
    return pd.DataFrame(
        {
            "size": np.where(random.random(rows) < 0.1, np.nan, size),
            "kind": kind,
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 99, rows), unit="D"),
            "constant": 1,
            "label": (odds + random.logistic(size=rows) > 0).astype(float),
            "label_probability": 0.5,
        }
    )


REAL, HOLDOUT, TWIN = table(600, 0), table(600, 1), table(600, 2)


def measured(synthetic: pd.DataFrame, **options: object) -> UtilityResult:
    return utility(synthetic, REAL, HOLDOUT, "label", fits=1, **options)


def test_real_rows_as_synthetic_ones_give_exactly_one() -> None:
    found = measured(REAL)

    assert found.ratio == found.corrected == 1
    assert found.tstr == found.trtr > 0.75
    assert (found.measure, found.fits) == ("auroc", 1)


def test_a_twin_is_close_to_one_and_shuffled_labels_are_worth_nothing() -> None:
    shuffled = TWIN.assign(label=TWIN["label"].sample(frac=1, random_state=0).to_numpy())

    assert measured(TWIN).ratio == pytest.approx(1, abs=0.05)
    assert measured(shuffled).tstr == pytest.approx(0.5, abs=0.1)
    assert measured(shuffled).corrected == pytest.approx(0, abs=0.3)


def test_turned_labels_are_worse_than_none() -> None:
    found = measured(TWIN.assign(label=1 - TWIN["label"]))

    assert found.tstr < 0.3
    assert found.corrected < 0


def test_the_same_seed_gives_the_same_result() -> None:
    assert measured(TWIN, seed=4) == measured(TWIN, seed=4)


def test_the_probability_of_the_label_is_not_a_feature() -> None:
    told = [frame.assign(label_probability=frame["label"]) for frame in (TWIN, REAL, HOLDOUT)]

    assert utility(*told, "label", fits=1) == measured(TWIN)


def test_labels_in_other_spellings_are_the_same_labels() -> None:
    assert measured(TWIN.assign(label=TWIN["label"].astype(int))) == measured(TWIN)
    assert measured(TWIN.assign(label=TWIN["label"].astype(int).astype(str))) == measured(TWIN)


def test_a_single_label_teaches_nothing() -> None:
    assert measured(TWIN.assign(label=1.0)).tstr == 0.5


def test_three_classes_are_measured_by_macro_f1() -> None:
    real, holdout, twin = (frame.assign(label=frame["kind"], twin=frame["kind"]) for frame in (REAL, HOLDOUT, TWIN))

    assert utility(twin, real, holdout, "label", fits=1) == UtilityResult(1, 1, 1, "macro_f1", 1, 1)
    # One answer "a" for all: F1 of a is 2p/(1+p) with p its share, of b and c 0.
    share = (holdout["label"] == "a").mean()
    only = utility(twin.assign(label="a"), real, holdout, "label", fits=1)
    assert only.tstr == pytest.approx(2 * share / (1 + share) / 3)


def test_a_label_that_only_the_synthetic_rows_have_counts_as_wrong() -> None:
    odd = TWIN.assign(label=TWIN["label"].where(TWIN.index % 2 == 0, 7.0))

    found = measured(odd)

    assert found.measure == "auroc"
    assert 0.5 < found.tstr < measured(TWIN).tstr + 0.02


def test_a_quantity_is_measured_by_r2() -> None:
    real, holdout, twin = (frame.assign(label=frame["size"].fillna(0) * 3 + 1) for frame in (REAL, HOLDOUT, TWIN))

    found = utility(twin, real, holdout, "label", fits=1)

    assert found.measure == "r2"
    assert found.trtr > 0.95
    assert found.ratio == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="label"), "no values in the label column 'label'"),
        (lambda frame: frame.assign(label=np.nan), "no values"),
        (lambda frame: frame.assign(label=0.0), "single value"),
    ],
)
def test_a_label_that_cannot_be_judged_is_refused(change, message: str) -> None:
    with pytest.raises(ColumnError, match=message):
        utility(TWIN, change(REAL), HOLDOUT, "label")


def test_unlabeled_rows_are_left_out() -> None:
    holes = TWIN.assign(label=TWIN["label"].where(TWIN.index % 3 > 0))

    assert measured(holes) == measured(TWIN[TWIN.index % 3 > 0])


def test_a_column_of_many_values_is_no_obstacle() -> None:
    many = [frame.assign(name=frame.index.astype(str) + "-" + frame["kind"]) for frame in (TWIN, REAL, HOLDOUT)]

    assert utility(*many, "label", fits=1).ratio == pytest.approx(1, abs=0.1)
