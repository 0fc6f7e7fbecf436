"""What latents are drawn from: a mixture of Gaussians whose weights depend on the label."""

import math

import torch
from torch import Tensor, nn

from DataFoundry.models.layers import normal

_LEAST_VARIANCE = 1e-4


class MixturePrior(nn.Module):
    """p(z | y) = sum_k w[y, k] N(z; mean_k, diag variance_k).

    Parameters
    ----------
    labels
        Number of classes, 1 for a model without a condition.
    """

    def __init__(self, components: int, latent: int, labels: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(labels, components))
        self.means = nn.Parameter(normal((components, latent), 1.0, generator))
        self.log_variances = nn.Parameter(torch.zeros(components, latent))

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        """(n,) log p(z | y) of latents (n, l)."""
        weights = torch.log_softmax(self.logits, dim=1)[labels]  # (n, k)
        return torch.logsumexp(weights + self._components(latents), dim=1)

    def sample(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        """Latents (n, l) for labels (n,)."""
        chosen = torch.multinomial(torch.softmax(self.logits, dim=1)[labels], 1, generator=generator).squeeze(1)
        noise = torch.randn(len(labels), self.means.shape[1], generator=generator, device=labels.device)
        return self.means[chosen] + noise * torch.exp(self.log_variances[chosen] / 2)

    @torch.no_grad()
    def fit(self, latents: Tensor, labels: Tensor, generator: torch.Generator, rounds: int = 40) -> None:
        """Expectation maximisation on latents (n, l) of rows with these labels (Dempster, Laird and Rubin 1977)."""
        count = len(self.means)
        self.means.copy_(latents[torch.randint(len(latents), (count,), generator=generator, device=latents.device)])
        self.log_variances.copy_(latents.var(dim=0, unbiased=False).clamp(min=_LEAST_VARIANCE).log().expand(count, -1))
        self.logits.zero_()
        known = nn.functional.one_hot(labels, len(self.logits)).float()  # (n, y)
        for _ in range(rounds):
            weights = torch.log_softmax(self.logits, dim=1)[labels]
            share = torch.softmax(weights + self._components(latents), dim=1)  # (n, k)
            mass = share.sum(dim=0)[:, None] + 1e-6
            self.means.copy_(share.T @ latents / mass)
            variance = share.T @ latents**2 / mass - self.means**2
            self.log_variances.copy_(variance.clamp(min=_LEAST_VARIANCE).log())
            self.logits.copy_(torch.log(known.T @ share + 1e-3))

    def _components(self, latents: Tensor) -> Tensor:
        """(n, k) log N(z; mean_k, variance_k), without forming (n, k, l)."""
        precision = torch.exp(-self.log_variances)
        square = (
            latents**2 @ precision.T - 2 * latents @ (self.means * precision).T + (self.means**2 * precision).sum(dim=1)
        )
        return -0.5 * (square + self.log_variances.sum(dim=1) + latents.shape[1] * math.log(2 * math.pi))
