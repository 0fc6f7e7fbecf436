"""The model types. A new one is a file in this folder and a line here; schemas, errors and tests read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from DataFoundry.config import ModelParams
from DataFoundry.errors import ConfigError

if TYPE_CHECKING:  # a server that only checks requests reads the names here, and is not to wait for torch
    import torch

    from DataFoundry.models.base import GenerativeModel
    from DataFoundry.preprocessing.spans import Span


@dataclass(frozen=True)
class ModelType:
    """One line of the registry.

    Attributes
    ----------
    module, name
        Where its class is; imported when it is used, since one type needs a package of another licence.
    summary, when
        What it is, and when to choose it.
    likelihood
        Whether it can say how likely a row is, which anomaly detection needs.
    adversarial
        Whether it is trained against a critic instead of by the loop.
    """

    module: str
    name: str
    summary: str
    when: str
    likelihood: bool = True
    adversarial: bool = False

    def load(self) -> "type[GenerativeModel]":
        """The class."""
        return getattr(import_module(f"DataFoundry.models.{self.module}"), self.name)


MODELS: dict[str, ModelType] = {
    "tabular_cvae": ModelType(
        "tabular_cvae",
        "TabularCVAE",
        "Conditional variational autoencoder whose decoder draws column by column.",
        "Recommended for most tables.",
    ),
    "mixed_data_cvae": ModelType(
        "mixed_data_cvae",
        "MixedDataCVAE",
        "The same with learnt embeddings of the categories.",
        "Columns of many categories beside numbers: fewer weights, smaller files.",
    ),
    "tabular_vae_gmm": ModelType(
        "tabular_vae_gmm",
        "TabularVAEGMM",
        "The same with a mixture of Gaussians as prior, learnt together with the networks.",
        "Rows that fall into groups which one wants to find in the latent space.",
    ),
    "tabular_ctgan": ModelType(
        "tabular_ctgan",
        "TabularCTGAN",
        "Conditional tabular GAN on the `ctgan` package (Business Source Licence).",
        "Comparison with published CTGAN results; slower and less faithful than the others here.",
        likelihood=False,
        adversarial=True,
    ),
}


def model_type(name: str) -> ModelType:
    """The registry's line for a name.

    Raises
    ------
    ConfigError
        With the names that there are.
    """
    try:
        return MODELS[name]
    except KeyError:
        raise ConfigError(
            f"model_type {name!r} is not known; choose one of {', '.join(MODELS)}.", key="model_type"
        ) from None


def build_model(
    name: str, spans: "Sequence[Span]", num_labels: int, params: ModelParams, generator: "torch.Generator | None"
) -> "GenerativeModel":
    """A new model of a type; without a generator its weights are not drawn, and are to be loaded."""
    return model_type(name).load()(spans, num_labels, params, generator)
