"""Target, proposals, diagnosis and journal of the training pipeline, on tables made by hand."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agents.training import diagnosis, proposals
from agents.training.journal import fingerprint, open_journal
from agents.training.target import find_target, halves
from DataFoundry.config import ModelParams, TrainingParams
from DataFoundry.errors import ColumnError


def census(rows: int, label: bool) -> pd.DataFrame:
    age = np.arange(rows) % 50
    frame = pd.DataFrame({"age": age, "town": np.array(["a", "b"])[age % 2]})
    frame["label" if label else "income"] = (age > 25).astype(float) if label else np.where(age > 25, ">50K", "<=50K")
    return frame


def test_a_holdout_with_labels_is_taken_as_it_is() -> None:
    target = find_target(census(200, True), census(100, True).assign(label=[None] + [1.0, 0.0, 1.0] * 33))
    assert target.column == "label"
    assert len(target.holdout) == 99


def test_a_column_that_only_the_holdout_has_stands_for_the_label_the_right_way_round() -> None:
    right = find_target(census(200, True), census(100, False))
    assert right.column == "label" and "income" not in right.holdout
    assert right.holdout["label"].tolist() == (census(100, False)["income"] == ">50K").astype(float).tolist()
    swapped = census(200, True).assign(label=lambda frame: 1 - frame["label"])
    other = find_target(swapped, census(100, False))
    assert other.holdout["label"].tolist() == (census(100, False)["income"] == "<=50K").astype(float).tolist()


def test_a_shared_column_that_agrees_with_the_label_gives_it() -> None:
    labeled = census(200, True).assign(income=census(200, False)["income"])
    target = find_target(labeled, census(100, False))
    assert target.column == "label"
    assert target.holdout["label"].tolist() == census(100, True)["label"].tolist()


def test_labels_that_agree_with_nothing_leave_the_last_shared_column_to_predict() -> None:
    labeled = census(200, False).assign(label=np.arange(200) % 2)
    assert find_target(labeled, census(100, False)).column == "income"


def test_tables_without_labels_are_refused() -> None:
    with pytest.raises(ColumnError, match="label"):
        find_target(census(50, False), census(50, False))
    with pytest.raises(ColumnError, match="holdout"):
        find_target(census(50, True), pd.DataFrame({"age": range(100)}))


def test_halves_share_no_row_and_lose_none() -> None:
    frame = pd.DataFrame({"id": range(101)})
    one, other = halves(frame, np.random.default_rng(0))
    assert sorted([*one["id"], *other["id"]]) == list(range(101))
    assert abs(len(one) - len(other)) == 1


def test_the_first_attempt_is_the_products_default() -> None:
    settings = proposals.next_settings([], None, 0)
    model, training = proposals.as_params(settings, 7)
    assert training == {
        "learning_rate": TrainingParams().learning_rate, "batch_size": TrainingParams().batch_size,
        "epochs": TrainingParams().epochs, "seed": 7,
    }  # fmt: skip
    assert model["latent_dim"] == ModelParams().latent_dim
    assert tuple(model["decoder_hidden_layers"]) == ModelParams().decoder_hidden_layers


def test_a_correction_goes_before_a_suggestion_and_suggestions_are_new_and_repeatable() -> None:
    default = proposals.defaults()
    told = [{"settings": default, "utility": 0.9}]
    corrected = proposals.doubled(default, "epochs", 240)
    assert proposals.next_settings(told, corrected, 0) == corrected
    first = proposals.next_settings(told, None, 0)
    assert first != default
    assert proposals.next_settings(told, None, 0) == first
    assert proposals.next_settings(told, None, 1) != first
    assert proposals.next_settings([*told, {"settings": first, "utility": None}], None, 0) not in (default, first)


def test_suggestions_learn_from_what_was_told() -> None:
    """After many attempts in which a small learning rate was good, suggestions are small: not a random search."""
    told = []
    for place in range(12):
        settings = {**proposals.defaults(), "learning_rate": [3e-4, 8e-3][place % 2] * (1 + place / 100)}
        told.append({"settings": settings, "utility": [0.95, 0.5][place % 2]})
    rates = [proposals.next_settings(told, None, seed)["learning_rate"] for seed in range(8)]
    assert np.median(rates) < 1e-3


def findings(trained: dict[str, object], synthetic: pd.DataFrame, seconds: float = 1.0) -> list[str]:
    real, holdout = census(200, True).assign(id=range(200)), census(100, True).assign(id=range(1000, 1100))
    settings = proposals.defaults()
    return [each.name for each in diagnosis.diagnose(settings, trained, real, synthetic, holdout, seconds)]


def test_each_fault_is_found_and_a_sound_attempt_has_none() -> None:
    epochs = proposals.defaults()["epochs"]
    sound = census(200, True).assign(id=range(5000, 5200))
    calm = {"history": [{"train_loss": 1.0, "validation_loss": 1.0} for _ in range(epochs)]}
    assert findings(calm, sound) == []
    falling = {"history": [{"train_loss": 9.0 / n, "validation_loss": 9.0 / n} for n in range(1, epochs + 1)]}
    assert findings(falling, sound) == ["still_improving"]
    assert findings(calm, sound.assign(town="a")) == ["missing_classes"]
    assert findings(calm, census(200, True).assign(id=range(200))) == ["memorising"]
    assert findings(calm, sound, seconds=5000) == ["too_slow"]
    apart = {"history": [{"train_loss": 1.0, "validation_loss": 1.5}]}
    assert findings(apart, sound) == ["overfitting"]
    failed = diagnosis.diverged(proposals.defaults(), "no number")
    assert failed.settings["learning_rate"] == pytest.approx(proposals.defaults()["learning_rate"] / 3)


def test_a_run_goes_on_only_where_it_was_interrupted_and_the_inputs_are_the_same(root: Path) -> None:
    table = root / "a.csv"
    table.write_text("a\n1\n")
    inputs = fingerprint([table], 0.85, 3)
    journal = open_journal(root / "journal.json", inputs, seed=4)
    journal.attempts.append({"attempt": 1})
    journal.save("running")
    again = open_journal(root / "journal.json", inputs, seed=9)
    assert (again.seed, again.attempts) == (4, [{"attempt": 1}])
    assert open_journal(root / "journal.json", fingerprint([table], 0.9, 3), seed=9).attempts == []
    time.sleep(0.01)
    table.write_text("a\n2\n")
    assert fingerprint([table], 0.85, 3) != inputs
    journal.save("done")
    assert open_journal(root / "journal.json", inputs, seed=9).attempts == []
    (root / "journal.json").write_text("{broken")
    assert open_journal(root / "journal.json", inputs, seed=9).attempts == []
