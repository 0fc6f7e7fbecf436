import pandas as pd
import pytest
import torch

from DataFoundry.config import ModelParams, TrainingConfig, TrainingParams
from DataFoundry.training import checkpoint, loop
from DataFoundry.training.fitting import fit


@pytest.fixture
def table(adult):
    return adult.head(400)[["age", "sex", "education", "income"]].rename(columns={"income": "label"})


def config(seed=3, **changes):
    params = ModelParams(
        latent_dim=2, encoder_hidden_layers=(8,), decoder_hidden_layers=(8,), condition_cols=("label",)
    )
    return TrainingConfig(
        data_path="x",
        output_model_path="x",
        preprocessor_path="x",
        model_type="tabular_cvae",
        model_params=params,
        training_params=TrainingParams(**{"epochs": 6, "batch_size": 50, "seed": seed, **changes}),
    )


class Interrupted(Exception):
    pass


@pytest.fixture
def interrupt(monkeypatch):
    """Every epoch is saved, and the training breaks off after some."""

    def after(epochs):
        def evaluate(model, rows, calls=[]):  # noqa: B006
            calls.append(1)
            if len(calls) > epochs:
                raise Interrupted
            return original(model, rows)

        original = loop.evaluate
        monkeypatch.setattr(checkpoint.Checkpoint, "due", lambda self: True)
        monkeypatch.setattr(loop, "evaluate", evaluate)

    yield after
    monkeypatch.undo()


def same(one, other):
    weights = one.model.state_dict(), other.model.state_dict()
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_an_interrupted_training_ends_as_one_that_was_not(table, root, interrupt, monkeypatch):
    straight = fit(table, config())
    interrupt(4)
    with pytest.raises(Interrupted):
        fit(table, config(), root / "c.pth")
    monkeypatch.undo()
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(root))
    resumed = fit(table, config(), root / "c.pth")
    assert same(straight, resumed)
    losses = [[entry["validation_bound"] for entry in each.outcome.history] for each in (straight, resumed)]
    assert losses[0] == losses[1]


def test_without_a_seed_it_goes_on_with_the_seed_it_had(table, root, interrupt, monkeypatch):
    interrupt(4)
    with pytest.raises(Interrupted):
        fit(table, config(seed=None), root / "c.pth")
    monkeypatch.undo()
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(root))
    seed = torch.load(root / "c.pth", weights_only=True)["state"]["seed"]
    assert same(fit(table, config(seed=None), root / "c.pth"), fit(table, config(seed=seed)))


@pytest.mark.parametrize("change", ["other rows", "other settings", "damaged"])
def test_a_state_of_another_training_is_left(table, root, interrupt, monkeypatch, change):
    interrupt(2)
    with pytest.raises(Interrupted):
        fit(table, config(), root / "c.pth")
    monkeypatch.undo()
    monkeypatch.setenv("DATAFOUNDRY_DATA_ROOTS", str(root))
    rows = table.sample(frac=1, random_state=0) if change == "other rows" else table
    settings = config(batch_size=60) if change == "other settings" else config()
    if change == "damaged":
        (root / "c.pth").write_bytes(b"PK nonsense")
    assert same(fit(rows, settings, root / "c.pth"), fit(pd.DataFrame(rows), settings))
