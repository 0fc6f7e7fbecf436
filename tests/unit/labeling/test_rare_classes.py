"""Frauds are few: functions for them are found all the same, and it is told on how few rows everything rests."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from DataFoundry import labeler
from DataFoundry.labeling.suggesting.rare import rare_classes, rare_warning

FRAUDS, ROWS = 51, 2_500


@pytest.fixture
def files(root: Path) -> dict[str, str]:
    draw = np.random.default_rng(2)
    fraud = np.arange(ROWS) < FRAUDS
    table = pd.DataFrame(
        {
            "amount": np.where(fraud, draw.gamma(9, 90, ROWS), draw.gamma(2, 40, ROWS)).round(2),
            "country": np.where(fraud & (draw.random(ROWS) < 0.5), "KY", draw.choice(["DE", "FR", "NL"], ROWS)),
            "hour": draw.integers(0, 24, ROWS),
            "fraud": np.where(fraud, "yes", "no"),
        }
    ).sample(ROWS, random_state=0)
    table.to_csv(root / "hand.csv", index=False)
    table.drop(columns="fraud").to_csv(root / "payments.csv", index=False)
    return {"data_path": str(root / "payments.csv"), "hand_labeled_examples_path": str(root / "hand.csv")}


def test_functions_for_frauds_are_found_and_their_few_rows_told(files: dict[str, str]) -> None:
    answer: dict[str, Any] = labeler.suggest_functions(**files)
    assert answer["warnings"][0] == (
        "Only 51 of the 2,500 hand-labeled rows are 'yes': what was found for it rests on 31 of them, and is measured "
        "on 20; label more of them by hand before you trust it: suggest-rows names rows that are likelier to be."
    )
    for_frauds = [each for each in answer["labeling_functions"] if each["label"] == 1]
    narrow = [each for each in for_frauds if "country is 'KY'" in each["sentence"] and each["coverage"] < 0.02]
    assert narrow and max(each["accuracy"] for each in narrow) == 1.0


def test_each_row_has_reasons_and_the_rare_class_is_among_them(files: dict[str, str], root: Path) -> None:
    some = pd.read_csv(files["hand_labeled_examples_path"])
    some.iloc[:1_000].to_csv(root / "some.csv", index=False)
    functions = [{"name": "lf", "code": "def lf(x):\n    return 1 if x['amount'] > 700 else -1"}]
    answer: dict[str, Any] = labeler.suggest_rows(
        files["data_path"], functions, hand_labeled_examples_path=str(root / "some.csv"), num_rows=30
    )
    why = [each["why"] for each in answer["rows"]]
    assert (
        len(why) == 30 and all(len(each.split("; ")) >= 3 for each in why) and not any("0.0%" in each for each in why)
    )
    assert any("of the labels are, is likelier here" in each for each in why) or any(
        "uncertain" in each for each in why
    )
    assert any("lf votes 1" in each for each in why) and any("no function votes" in each for each in why)
    assert any(each.startswith("Only ") and "rests on these alone" in each for each in answer["warnings"])


def test_classes_are_rare_by_share_and_by_number() -> None:
    assert rare_classes(np.array([0] * 95 + [1] * 5)) == {1: 5}
    assert rare_classes(np.array([0] * 80 + [1] * 20)) == {}
    assert rare_classes(np.array([0] * 9_000 + [1] * 150)) == {}
    assert rare_warning(np.array([0] * 80 + [1] * 20), None, "it", 0.6) == []
