import pytest
import torch

from DataFoundry.config import ModelParams, TrainingConfig, TrainingParams
from DataFoundry.errors import ArtifactError, IncompatibleArtifactError
from DataFoundry.models.bundle import load_bundle, save_bundle
from DataFoundry.training.fitting import fit


def config(**changes):
    params = ModelParams(
        latent_dim=2, encoder_hidden_layers=(8,), decoder_hidden_layers=(8,), condition_cols=("label",)
    )
    base = {"data_path": "x", "output_model_path": "x", "preprocessor_path": "x", "model_type": "tabular_cvae"}
    training = TrainingParams(epochs=1, seed=1)
    return TrainingConfig(**{**base, "model_params": params, "training_params": training, **changes})


@pytest.fixture(scope="module")
def table(adult):
    return adult.head(200)[["age", "sex", "income"]].rename(columns={"income": "label"})


@pytest.fixture
def files(table, root):
    done = fit(table, config())
    save_bundle(
        done.bundle("tabular_cvae"),
        root / "m.pth",
        root / "p.joblib",
    )
    return root / "m.pth", root / "p.joblib"


def test_files_of_one_training_fit_together(files):
    bundle = load_bundle(config(), *files)
    assert bundle.transformer.columns == ["age", "sex"]
    assert bundle.labels.values == ["<=50K", ">50K"]
    assert not bundle.model.training


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"model_type": "mixed_data_cvae"}, "model_type 'mixed_data_cvae'"),
        (
            {"model_params": ModelParams(latent_dim=3, encoder_hidden_layers=(8,), decoder_hidden_layers=(8,))},
            "latent_dim = 3",
        ),
    ],
)
def test_a_configuration_edited_after_training_is_told(files, changes, word):
    with pytest.raises(IncompatibleArtifactError, match=word):
        load_bundle(config(**changes), *files)


def test_a_preprocessor_of_another_training_is_told(files, table, root):
    done = fit(table.assign(age=table["age"] + 1), config())
    save_bundle(
        done.bundle("tabular_cvae"),
        root / "m2.pth",
        root / "p2.joblib",
    )
    with pytest.raises(IncompatibleArtifactError, match="different trainings"):
        load_bundle(config(), files[0], root / "p2.joblib")


def damaged(path, change):
    payload = torch.load(path, weights_only=True)
    change(payload)
    torch.save(payload, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload["weights"].update({"decoder.bias": torch.zeros(3)}),
        lambda payload: payload["weights"].pop("decoder.bias"),
        lambda payload: payload["model_params"].update(latent_dim=1024),
        lambda payload: payload.update(spans=payload["spans"][:1]),
        lambda payload: payload.update(num_labels=3),
        lambda payload: payload.update(format=99),
        lambda payload: payload.pop("weights"),
        lambda payload: payload.update(spans="nonsense"),
        lambda payload: payload["spans"][0].update(width=10**12),
        lambda payload: payload.update(model_type="os.system"),
        lambda payload: payload.update(num_labels=10**12),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(files, change):
    damaged(files[0], change)
    with pytest.raises(ArtifactError):
        load_bundle(config(), *files)
