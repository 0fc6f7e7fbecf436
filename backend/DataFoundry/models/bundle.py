"""A trained model and its preprocessor as two files, and back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import torch

from DataFoundry.config import ModelParams, TrainingConfig
from DataFoundry.derivation.plan import Derivation
from DataFoundry.errors import ArtifactError, DataFoundryError, IncompatibleArtifactError, first_line
from DataFoundry.making.columns import Made
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.registry import MODELS, build_model
from DataFoundry.preprocessing.labels import LabelCodec
from DataFoundry.preprocessing.spans import Span
from DataFoundry.preprocessing.transformer import TableTransformer
from DataFoundry.storage.artifacts import load_model, load_preprocessor, save_model, save_preprocessor

_FORMAT = 2
RETRAIN = "train again with /api/training/train-model, or name the files of one training"


@dataclass(frozen=True)
class Bundle:
    """What generation and anomaly detection work with.

    Attributes
    ----------
    model
        In evaluation mode, on the CPU.
    transformer
        The columns that the model draws to codes and back.
    derivation
        What follows from them.
    made
        What is made anew.
    labels
        The classes of the label; None for a model without a condition.
    model_type
        Its name in the registry.
    detector
        What `anomaly.detector` learnt beside the model, as plain data; None for a type without a likelihood.
    """

    model: GenerativeModel
    transformer: TableTransformer
    derivation: Derivation
    made: Made
    labels: LabelCodec | None
    model_type: str
    detector: dict[str, Any] | None = None


def save_bundle(bundle: Bundle, model_path: Path, preprocessor_path: Path) -> None:
    """Write both files; each names the other by a fingerprint, so that files of two trainings are not mixed up."""
    prepared = {
        "format": _FORMAT,
        "transformer": bundle.transformer.state(),
        "derivation": bundle.derivation.as_dict(),
        "made": bundle.made.as_dict(),
        "label": bundle.labels.state() if bundle.labels else None,
    }
    fingerprint = joblib.hash(prepared)
    save_preprocessor(preprocessor_path, {**prepared, "fingerprint": fingerprint})
    save_model(
        model_path,
        {
            "format": _FORMAT,
            "fingerprint": fingerprint,
            "model_type": bundle.model_type,
            "model_params": bundle.model.params.model_dump(mode="json"),
            "num_labels": bundle.model.num_labels,
            "spans": [span.state() for span in bundle.model.spans],
            "extra": bundle.model.extra_state(),
            "detector": bundle.detector,
            "weights": dict(bundle.model.state_dict()),
        },
    )


def load_bundle(config: TrainingConfig, model_path: Path, preprocessor_path: Path) -> Bundle:
    """Read both files, and hold them against each other and the configuration.

    Raises
    ------
    ArtifactError, UntrustedArtifactError
        If a file is damaged or is not ours.
    IncompatibleArtifactError
        If they do not belong together; the message says which and in what.
    """
    payload, prepared = load_model(model_path), load_preprocessor(preprocessor_path)
    with damage_told(model_path, preprocessor_path):
        return _bundle(payload, prepared, config)


@contextmanager
def damage_told(model_path: Path, preprocessor_path: Path) -> Iterator[None]:
    """Whatever breaks on the content of the two files in the block, a hand-made one too, is damage: ArtifactError."""
    try:
        yield
    except DataFoundryError:
        raise
    except Exception as error:
        raise ArtifactError(
            f"{model_path.name} or {preprocessor_path.name} is damaged ({first_line(error, 120)}); {RETRAIN}."
        ) from None


def _bundle(payload: dict[str, Any], prepared: dict[str, Any], config: TrainingConfig) -> Bundle:
    for name, content in (("model", payload), ("preprocessor", prepared)):
        if content.get("format") != _FORMAT:
            raise IncompatibleArtifactError(f"The {name} file is of another version or not a {name}; {RETRAIN}.")
    _agree(payload, prepared, config)
    transformer = TableTransformer.from_state(prepared["transformer"])
    derivation = Derivation.from_dict(prepared["derivation"])
    made = Made.from_dict(prepared["made"])
    labels = LabelCodec.from_state(prepared["label"]) if prepared["label"] is not None else None
    model = _rebuilt(payload)
    if list(model.spans) != transformer.spans() or model.num_labels != (len(labels.values) if labels else 0):
        raise IncompatibleArtifactError(f"The model's columns are not those of the preprocessor; {RETRAIN}.")
    return Bundle(model, transformer, derivation, made, labels, payload["model_type"], payload.get("detector"))


def _agree(payload: dict[str, Any], prepared: dict[str, Any], config: TrainingConfig) -> None:
    if payload["model_type"] not in MODELS:
        raise IncompatibleArtifactError(f"The model's type {payload['model_type']!r} is not known here; {RETRAIN}.")
    if payload["model_type"] != config.model_type:
        raise IncompatibleArtifactError(
            f"config.json says model_type {config.model_type!r}, but the model is a "
            f"{payload['model_type']!r}; {RETRAIN}.",
            key="model_type",
        )
    asked = config.model_params.model_dump(mode="json")
    for key in ("latent_dim", "encoder_hidden_layers", "decoder_hidden_layers", "condition_cols"):
        if payload["model_params"].get(key) != asked[key]:
            raise IncompatibleArtifactError(
                f"config.json says {key} = {asked[key]}, but the model has {payload['model_params'].get(key)}; "
                "set it back, or train again with /api/training/train-model.",
                key=f"model_params.{key}",
            )
    if payload["fingerprint"] != prepared["fingerprint"]:
        raise IncompatibleArtifactError(f"The model and the preprocessor come from different trainings; {RETRAIN}.")


def _rebuilt(payload: dict[str, Any]) -> GenerativeModel:
    """The model with its weights. Shapes are compared before any memory is taken for them."""
    params = ModelParams.model_validate_json(json.dumps(payload["model_params"]))
    spans = [Span.from_state(state) for state in payload["spans"]]
    arguments = (payload["model_type"], spans, int(payload["num_labels"]), params, None)
    with torch.device("meta"):
        planned = build_model(*arguments)
        planned.load_extra_state(payload["extra"])
    shapes = {name: tuple(value.shape) for name, value in planned.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in payload["weights"].items()}
    if shapes != found:
        odd = sorted(name for name in shapes.keys() | found.keys() if shapes.get(name) != found.get(name))[0]
        raise IncompatibleArtifactError(f"The model's weights do not fit its description (at {odd!r}); {RETRAIN}.")
    model = build_model(*arguments)
    model.load_extra_state(payload["extra"])
    model.load_state_dict(payload["weights"])
    return model.eval()
