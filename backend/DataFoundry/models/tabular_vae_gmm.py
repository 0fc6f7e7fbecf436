"""`tabular_vae_gmm`: the latent's prior is a mixture of Gaussians, learnt together with the networks.

After VaDE (Jiang et al. 2017, arXiv 1611.05148), with the KL term as a one-sample estimate, since a mixture has none in
closed form.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from DataFoundry.config import ModelParams
from DataFoundry.models.variational import VariationalModel, gaussian_log_density
from DataFoundry.preprocessing.spans import Span


class TabularVAEGMM(VariationalModel):
    """Rows fall into groups, which the mixture's components describe; their weights depend on the label."""

    most_capacity = 2.0  # enough to tell the groups apart

    def __init__(
        self, spans: Sequence[Span], num_labels: int, params: ModelParams, generator: torch.Generator | None
    ) -> None:
        super().__init__(spans, num_labels, params, generator)
        self.prior.requires_grad_(True)

    def divergence(self, mean: Tensor, log_variance: Tensor, latents: Tensor, labels: Tensor) -> Tensor:
        """(n,) log q(z | x, y) - log p(z | y) at the sampled latents: KL to the mixture in expectation.

        The mixture stands still here: it learns from `prior_terms` alone, whichever way the KL term is being pulled.
        """
        still = {name: value.detach() for name, value in self.prior.named_parameters()}
        prior = torch.func.functional_call(self.prior, still, (latents, labels))
        return gaussian_log_density(latents, mean, log_variance) - prior

    def prior_terms(self, latents: Tensor, labels: Tensor) -> dict[str, Tensor]:
        return {"prior": -self.prior(latents, labels).mean()}

    def fit_prior(self, latents: Tensor, labels: Tensor, generator: torch.Generator) -> None:
        """Nothing: the mixture was learnt with the networks."""
