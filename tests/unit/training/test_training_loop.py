import math

import pytest
import torch

from DataFoundry.config import ModelParams, TrainingParams, default_training_params
from DataFoundry.errors import TrainingError
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.registry import build_model
from DataFoundry.models.variational import entropy
from DataFoundry.preprocessing.spans import CATEGORY, Span
from DataFoundry.training.loop import evaluate, train
from DataFoundry.training.outcome import Rows

SPANS = [Span(0, 3, CATEGORY, (), (40, 40, 20)), Span(3, 2, CATEGORY, (), (50, 50))]
PARAMS = ModelParams(latent_dim=2, encoder_hidden_layers=(8,), decoder_hidden_layers=(16,))


def rows(count, seed):
    generator = torch.Generator().manual_seed(seed)
    first = torch.multinomial(torch.tensor([0.4, 0.4, 0.2]), count, replacement=True, generator=generator)
    second = (torch.rand(count, generator=generator) < torch.tensor([0.1, 0.5, 0.9])[first]).long()
    return Rows(torch.stack([first, second], dim=1), torch.zeros(count, dtype=torch.int64))


def learnt(epochs, seed=1, rate=0.01):
    model = build_model("tabular_cvae", SPANS, 0, PARAMS, torch.Generator().manual_seed(seed))
    params = TrainingParams(batch_size=50, learning_rate=rate, epochs=epochs)
    return model, train(model, rows(400, 0), rows(100, 1), params, torch.Generator().manual_seed(seed))


class Falling(GenerativeModel):
    """One weight whose loss has no bottom, or stops being a number after some steps."""

    def __init__(self, breaks_after=None):
        super().__init__(SPANS, 0, PARAMS, None)
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.steps, self.breaks_after = 0, breaks_after

    def losses(self, codes, labels, generator):
        self.steps += self.training
        loss = -self.weight.sum()
        if self.breaks_after is not None and self.steps > self.breaks_after:
            loss = loss * math.nan
        return {"loss": loss, "bound": loss}

    def sample(self, labels, generator):
        raise NotImplementedError

    def cell_nll(self, codes, labels):
        raise NotImplementedError

    def likely_codes(self, codes, labels):
        raise NotImplementedError


def test_the_loss_nears_the_entropy_of_the_table():
    model, outcome = learnt(epochs=25)
    # H(first) + H(second | first) of the probabilities above; entropy() takes counts
    table = entropy([4, 4, 2]) + 0.4 * entropy([1, 9]) + 0.4 * entropy([5, 5]) + 0.2 * entropy([9, 1])
    assert evaluate(model, rows(2000, 9))["bound"] == pytest.approx(table, abs=0.2)
    first, last = outcome.history[0], outcome.history[outcome.best_epoch - 1]
    assert last["validation_bound"] < first["validation_bound"]


def test_history_has_every_term_of_each_epoch_and_the_reason_is_told():
    _, outcome = learnt(epochs=3)
    assert [entry["epoch"] for entry in outcome.history] == [1, 2, 3]
    for part in ("train", "validation"):
        assert {f"{part}_{term}" for term in ("loss", "bound", "reconstruction", "kl")} <= set(outcome.history[0])
    assert outcome.reason == "all epochs were run"


def test_the_model_ends_with_the_weights_of_its_best_epoch():
    model, outcome = learnt(epochs=30, rate=0.1)
    best = min(entry["validation_bound"] for entry in outcome.history)
    assert evaluate(model, rows(100, 1))["bound"] == pytest.approx(best, abs=1e-3)
    assert not model.training


def test_the_same_seed_gives_the_same_weights():
    one, two, other = (learnt(2, seed)[0].state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_training_draws_nothing_from_the_global_state():
    before = torch.random.get_rng_state()
    learnt(1)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_judging_the_same_weights_twice_gives_the_same_figures():
    model, _ = learnt(1)
    assert evaluate(model, rows(100, 1)) == evaluate(model, rows(100, 1))


def test_a_loss_that_is_no_number_stops_with_advice():
    params = TrainingParams(batch_size=50, learning_rate=0.5, epochs=5)
    with pytest.raises(TrainingError, match="step 4.*lower learning_rate"):
        train(Falling(breaks_after=3), rows(400, 0), rows(100, 1), params, torch.Generator().manual_seed(0))


def test_epochs_are_an_upper_limit():
    """The loss falls for ever, so only the limit stops it."""
    params = TrainingParams(batch_size=400, epochs=7)
    outcome = train(Falling(), rows(400, 0), rows(100, 1), params, torch.Generator().manual_seed(0))
    assert len(outcome.history) == outcome.best_epoch == 7


def test_an_epoch_of_a_large_table_is_a_part_of_it_and_another_one_each_time(monkeypatch):
    monkeypatch.setattr("DataFoundry.training.loop.MOST_ROWS_AN_EPOCH", 100)
    seen = []

    class Watching(Falling):
        def losses(self, codes, labels, generator):
            if self.training:
                seen.append(codes[:, 0])
            return super().losses(codes, labels, generator)

    numbered = Rows(torch.arange(400)[:, None].expand(400, 2), torch.zeros(400, dtype=torch.int64))
    params = TrainingParams(batch_size=50, learning_rate=0.01, epochs=3)
    train(Watching(), numbered, rows(100, 1), params, torch.Generator().manual_seed(0))
    assert [len(each) for each in seen] == [50] * 6
    assert 200 < len(torch.unique(torch.cat(seen))) < 300


def test_the_default_training_sees_as_many_rows_of_any_large_table():
    epochs = {rows: default_training_params("tabular_cvae", rows)["epochs"] for rows in (32_561, 50_000, 10**6)}
    assert epochs == {32_561: 14, 50_000: 9, 10**6: 9}
