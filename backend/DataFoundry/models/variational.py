"""The conditional variational autoencoder (Sohn, Lee and Yan 2015) that three model types share.

q(z | x, y) is a diagonal Gaussian; p(x | z, y) is autoregressive over columns. Such a decoder can do without z, so that
the KL term would vanish; it is held at a capacity instead (Burgess et al. 2018, arXiv 1804.03599, eq. 8).
"""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from DataFoundry.config import ModelParams
from DataFoundry.models.autoregressive import AutoregressiveDecoder
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.drawing import draw_given, draw_rows, find_balance
from DataFoundry.models.layers import Linear, TokenWeights, dropout
from DataFoundry.models.priors import MixturePrior
from DataFoundry.preprocessing.spans import Span, total_width

_DROPOUT = 0.1  # of a large table; smaller ones are learnt by heart sooner
_MOST_DROPOUT = 0.4
_LARGE_TABLE = 30_000  # rows
_CAPACITY_SHARE = 0.1  # at most so much of what its columns tell one by one
_PULL = 1.0
_COMPONENTS = 32
_MOST_ROWS_TO_FINISH = 40_000
_CANDIDATES = 16  # drawn for each row that must meet conditions
_ROWS_GIVEN_AT_ONCE = 512
_LOG_VARIANCE_RANGE = (-8.0, 4.0)


class Encoder(nn.Module):
    """Mean and log variance of q(z | x, y)."""

    starts: Tensor

    def __init__(
        self,
        spans: Sequence[Span],
        labels: int,
        hidden: Sequence[int],
        latent: int,
        weights: type[TokenWeights],
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.tokens = weights(spans, hidden[0], (2 / (len(spans) + labels)) ** 0.5, generator)
        self.label = Linear(labels, hidden[0], generator)
        self.layers = nn.ModuleList(Linear(a, b, generator) for a, b in zip(hidden, hidden[1:], strict=False))
        self.head = Linear(hidden[-1], 2 * latent, generator)
        self.register_buffer("starts", torch.tensor([span.start for span in spans]), persistent=False)

    def forward(self, codes: Tensor, label: Tensor, generator: torch.Generator | None) -> tuple[Tensor, Tensor]:
        """Two (n, l) from codes (n, d) and one-hot labels (n, y)."""
        values = functional.embedding_bag(codes.long() + self.starts, self.tokens(), mode="sum") + self.label(label)
        values = dropout(functional.relu(values), _DROPOUT, generator)
        for layer in self.layers:
            values = functional.relu(layer(values))
        mean, log_variance = self.head(values).chunk(2, dim=1)
        return mean, log_variance.clamp(*_LOG_VARIANCE_RANGE)


class VariationalModel(GenerativeModel):
    """Encoder, latent, autoregressive decoder.

    Without a generator the weights are left as they come, to be loaded.
    """

    token_weights: type[TokenWeights] = TokenWeights
    # Nats of a row that go through the latent: it costs precision, since what is drawn for it is never quite what the
    # decoder was trained with.
    most_capacity = 0.3
    balance: Tensor
    decoder: AutoregressiveDecoder

    def __init__(
        self, spans: Sequence[Span], num_labels: int, params: ModelParams, generator: torch.Generator | None
    ) -> None:
        super().__init__(spans, num_labels, params, generator)
        latent, kind = params.latent_dim, self.token_weights
        self.encoder = Encoder(spans, num_labels, params.encoder_hidden_layers, latent, kind, generator)
        context, hidden = latent + num_labels, params.decoder_hidden_layers
        drop = dropout_rate(max((sum(span.counts) for span in spans), default=0))
        self.decoder = AutoregressiveDecoder(spans, context, hidden, kind, drop, generator)
        self.capacity = min(self.most_capacity, _CAPACITY_SHARE * sum(entropy(span.counts) for span in spans))
        self.prior = MixturePrior(_COMPONENTS, params.latent_dim, max(num_labels, 1), generator)
        self.prior.requires_grad_(False)
        self.register_buffer("balance", torch.zeros(max(num_labels, 1), total_width(spans)))

    def losses(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        noise = generator if self.training else None
        label = self._one_hot(labels)
        mean, log_variance = self.encoder(codes, label, noise)
        latents = _drawn(mean, log_variance, generator)
        reconstruction = self.decoder.cell_nll(codes, torch.cat([latents, label], dim=1), noise).sum(dim=1).mean()
        divergence = self.divergence(mean, log_variance, latents, labels).mean()
        extra = self.prior_terms(latents.detach(), labels)
        loss = reconstruction + _PULL * (divergence - self.capacity).abs() + sum(extra.values())
        bound = reconstruction + divergence
        return {"loss": loss, "bound": bound, "reconstruction": reconstruction, "kl": divergence, **extra}

    def divergence(self, mean: Tensor, log_variance: Tensor, latents: Tensor, labels: Tensor) -> Tensor:
        """(n,) KL(q(z | x, y) || N(0, I)), in closed form (Kingma and Welling 2014, appendix B)."""
        return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)

    def prior_terms(self, latents: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Loss terms by which a prior learns from latents (n, l) that it must not move; none for a fixed prior."""
        return {}

    @torch.no_grad()
    def finish(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> None:
        """Fit the prior to the latents of real rows, which are not quite N(0, I), and balance what is drawn."""
        counts = self._counts(codes.long(), labels)
        rows = torch.randperm(len(codes), generator=generator, device=codes.device)[:_MOST_ROWS_TO_FINISH]
        codes, labels = codes[rows], labels[rows]
        mean, log_variance = self.encoder(codes, self._one_hot(labels), None)
        self.fit_prior(_drawn(mean, log_variance, generator), labels, generator)
        context = torch.cat([self.prior.sample(labels, generator), self._one_hot(labels)], dim=1)
        self.balance.copy_(find_balance(self.decoder, context, labels, counts, generator))

    def _counts(self, codes: Tensor, labels: Tensor) -> Tensor:
        """(k, T) rows of each label with each token."""
        classes, width = self.balance.shape
        places = labels[:, None] * width + codes + self.decoder.starts
        return torch.bincount(places.flatten(), minlength=classes * width).view(classes, width).to(self.balance.dtype)

    def fit_prior(self, latents: Tensor, labels: Tensor, generator: torch.Generator) -> None:
        """Fit the prior to latents (n, l) of real rows."""
        self.prior.fit(latents, labels, generator)

    @torch.no_grad()
    def sample(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        context = torch.cat([self.prior.sample(labels, generator), self._one_hot(labels)], dim=1)
        return draw_rows(self.decoder, context, labels, self.balance, generator)

    @torch.no_grad()
    def sample_given(
        self, labels: Tensor, wanted: Mapping[int, Tensor], generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        parts = []
        for part in labels.split(_ROWS_GIVEN_AT_ONCE):
            many = part.repeat(_CANDIDATES)
            context = torch.cat([self.prior.sample(many, generator), self._one_hot(many)], dim=1)
            parts.append(draw_given(self.decoder, context, many, self.balance, wanted, len(part), generator))
        return torch.cat([codes for codes, _ in parts]), torch.cat([drawn for _, drawn in parts])

    @torch.no_grad()
    def cell_nll(self, codes: Tensor, labels: Tensor) -> Tensor:
        return self.decoder.cell_nll(codes, self._context(codes, labels))

    @torch.no_grad()
    def likely_codes(self, codes: Tensor, labels: Tensor) -> Tensor:
        logits = self.decoder(codes, self._context(codes, labels))[0] + self.decoder.never
        return torch.stack([logits[:, span.start : span.stop].argmax(dim=1) for span in self.spans], dim=1)

    def _context(self, codes: Tensor, labels: Tensor) -> Tensor:
        """(n, l + y) the mean of the latent, and the label."""
        label = self._one_hot(labels)
        mean, _ = self.encoder(codes, label, None)
        return torch.cat([mean, label], dim=1)

    def _one_hot(self, labels: Tensor) -> Tensor:
        """(n, y) float; (n, 0) without a condition."""
        if self.num_labels == 0:
            return torch.zeros(len(labels), 0, device=labels.device)
        return functional.one_hot(labels, self.num_labels).float()


def dropout_rate(rows: int) -> float:
    """Share of the decoder's units that are left out in training on a table of so many rows."""
    return min(_MOST_DROPOUT, max(_DROPOUT, _DROPOUT * (_LARGE_TABLE / max(rows, 1)) ** 2))


def entropy(counts: Sequence[int]) -> float:
    """Nats of a column whose tokens have these counts."""
    total = sum(counts)
    return -sum(count / total * math.log(count / total) for count in counts if count)


def _drawn(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """One latent for each row from N(mean, exp(log_variance)), differentiable in both."""
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return mean + noise * torch.exp(log_variance / 2)


def gaussian_log_density(values: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """(n,) log N(values; mean, diag exp(log_variance)) of (n, l)."""
    square = (values - mean) ** 2 * torch.exp(-log_variance)
    return -0.5 * (square + log_variance + math.log(2 * math.pi)).sum(dim=1)
