"""What every model type promises; it walks the registry, so a new type is tested before its author writes a test."""

import numpy as np
import pandas as pd
import pytest
import torch

from DataFoundry.config import ModelParams, TrainingConfig, TrainingParams
from DataFoundry.errors import ConfigError, UnsupportedModelError
from DataFoundry.models.bundle import load_bundle, save_bundle
from DataFoundry.models.registry import MODELS, build_model, model_type
from DataFoundry.models.sampling import sample_chunks
from DataFoundry.training.fitting import fit

TYPES = list(MODELS)
LIKELY = [name for name, each in MODELS.items() if each.likelihood]


def table(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size.round(2)),
            "count": rng.poisson(3, rows),
            "color": np.where(size > 0, "red", rng.choice(["blue", "green"], rows)),
            "maybe": rng.choice(np.array(["x", "y", None], dtype=object), rows),
            "flag": rng.random(rows) < 0.5,
            "constant": 7,
            "empty": np.full(rows, np.nan),
            "label": np.select([size > 0.5, size > -0.5], ["high", "middle"], "low"),
        }
    )


def config(name, conditional=True, **training):
    shape = {"latent_dim": 4, "encoder_hidden_layers": (16,), "decoder_hidden_layers": (32, 32)}
    params = ModelParams(**shape, condition_cols=("label",) if conditional else ())
    settings = TrainingParams(**{"batch_size": 100, "epochs": 2, "seed": 3, **training})
    return TrainingConfig(
        data_path="x",
        output_model_path="x",
        preprocessor_path="x",
        model_type=name,
        model_params=params,
        training_params=settings,
    )


@pytest.fixture(scope="module", params=TYPES)
def trained(request):
    done = fit(table(), config(request.param))
    return done.bundle(request.param)


def drawn(bundle, rows=300, seed=1, share=None):
    classes = np.ones(3) if share is None else np.array(share, dtype=float)
    return pd.concat(sample_chunks(bundle, rows, classes, seed), ignore_index=True)


def rows_of(bundle, frame):
    return torch.from_numpy(bundle.transformer.encode(frame)), torch.from_numpy(bundle.labels.encode(frame["label"]))


def test_rows_look_like_the_training_table(trained):
    real, new = table(), drawn(trained)
    assert list(new.columns) == list(real.columns)
    assert new.dtypes.equals(real.dtypes)
    assert len(new) == 300
    for name in real.columns:
        if real[name].dtype.kind in "if" and real[name].notna().any():
            assert new[name].dropna().between(real[name].min(), real[name].max()).all()
        elif real[name].dtype == object:
            assert set(new[name].dropna()) <= set(real[name].dropna())
    assert (new["size"].dropna() == new["size"].dropna().round(2)).all()
    assert new["size"].isna().any() and new["empty"].isna().all() and (new["constant"] == 7).all()


def test_labels_are_exactly_those_asked_for(trained):
    assert drawn(trained, 90)["label"].value_counts().to_dict() == {"high": 30, "middle": 30, "low": 30}
    assert set(drawn(trained, 50, share=[0, 1, 0])["label"]) == {trained.labels.values[1]}


def test_rows_are_drawn_and_not_the_most_likely_ones(trained):
    assert drawn(trained, share=[0, 0, 1])["color"].nunique() > 1
    assert drawn(trained)["count"].nunique() > 2


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(trained):
    pd.testing.assert_frame_equal(drawn(trained), drawn(trained))
    assert not drawn(trained).equals(drawn(trained, seed=2))


def test_files_give_the_same_rows(trained, root):
    save_bundle(trained, root / "model.pth", root / "preprocessor.joblib")
    torch.load(root / "model.pth", weights_only=True)
    again = load_bundle(config(trained.model_type), root / "model.pth", root / "preprocessor.joblib")
    pd.testing.assert_frame_equal(drawn(again), drawn(trained))


@pytest.mark.parametrize("name", TYPES)
def test_a_seed_makes_training_equal_to_the_bit_and_no_seed_makes_it_new(name):
    one, two, other = (fit(table(150), config(name, epochs=1, seed=seed)).model.state_dict() for seed in (5, 5, None))
    assert all(torch.equal(one[key], two[key]) for key in one)
    assert not all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", TYPES)
def test_a_table_without_a_label_can_be_learnt(name):
    done = fit(table(150).drop(columns="label"), config(name, conditional=False, epochs=1))
    new = drawn(done.bundle(name), 40, share=[1])
    assert "label" not in new and len(new) == 40


@pytest.mark.parametrize("name", TYPES)
def test_twenty_rows_are_enough(name):
    done = fit(table(20), config(name, epochs=2))
    assert len(drawn(done.bundle(name), 25, share=done.labels.counts)) == 25


@pytest.mark.parametrize("name", LIKELY)
def test_each_loss_term_counts_and_moves_the_weights(name):
    done = fit(table(), config(name, epochs=1))
    codes, labels = rows_of(done.bundle(name), table())
    generator = torch.Generator().manual_seed(0)
    fresh = build_model(name, done.transformer.spans(), 3, config(name).model_params, generator).train()
    terms = fresh.losses(codes, labels, generator)
    assert {"loss", "bound", "reconstruction", "kl"} <= set(terms)
    assert terms["kl"].item() > 0
    for term, value in terms.items():
        fresh.zero_grad()
        value.backward(retain_graph=True)
        moved = sum(each.grad.abs().sum().item() for each in fresh.parameters() if each.grad is not None)
        assert moved > 0, term


@pytest.mark.parametrize("name", LIKELY)
def test_the_latent_is_used(name):
    """After training the KL term is near its capacity, and another latent gives other rows."""
    done = fit(table(2000), config(name, epochs=12, learning_rate=0.01))
    assert done.outcome.history[-1]["validation_kl"] > 0.5 * done.model.capacity > 0.1
    context = torch.cat([torch.randn(1, 4), torch.eye(3)[:1]], dim=1)
    codes = torch.from_numpy(done.transformer.encode(table(1)))
    with torch.no_grad():
        one, other = (
            done.model.decoder(codes, context)[0],
            done.model.decoder(codes, context * torch.tensor([-1.0] * 4 + [1] * 3))[0],
        )
    assert (one - other).abs().max() > 0.05


@pytest.mark.parametrize("name", LIKELY)
def test_training_makes_rows_more_likely(name):
    before = fit(table(2000), config(name, epochs=1, learning_rate=1e-6))
    after = fit(table(2000), config(name, epochs=10, learning_rate=0.01))
    new = table(500, seed=9)
    costs = []
    for done in (before, after):
        codes, labels = rows_of(done.bundle(name), new)
        costs.append(done.model.cell_nll(codes, labels).sum(dim=1).mean().item())
    assert costs[1] < costs[0] - 0.5


def test_the_likelihood_of_a_row_is_its_own(trained):
    codes, labels = rows_of(trained, table())
    if not model_type(trained.model_type).likelihood:
        with pytest.raises(UnsupportedModelError, match="tabular_cvae"):
            trained.model.cell_nll(codes, labels)
        with pytest.raises(UnsupportedModelError):
            trained.model.likely_codes(codes, labels)
        return
    cells = trained.model.cell_nll(codes, labels)
    assert cells.shape == codes.shape and torch.isfinite(cells).all() and (cells >= 0).all()
    assert cells.sum(dim=1).std() > 0.01
    assert torch.allclose(trained.model.cell_nll(codes[5:6], labels[5:6]), cells[5:6], atol=1e-5)
    odd = table().head(3).assign(color="never seen", size=None)
    assert torch.isfinite(trained.model.cell_nll(*rows_of(trained, odd))).all()
    likely = trained.model.likely_codes(codes, labels)
    assert trained.transformer.typical(likely.numpy())["constant"].eq(7).all()


def test_an_unknown_type_is_told_the_known_ones():
    with pytest.raises(ConfigError, match="tabular_cvae"):
        model_type("tabular_vae")


def test_the_registry_explains_each_type():
    for name, each in MODELS.items():
        assert each.summary.endswith(".") and each.when.endswith("."), name
