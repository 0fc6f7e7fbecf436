"""The density of a row: small variational autoencoders side by side, whose decoders give each cell its likelihood.

A number has a Gaussian with a mean and a variance of its own, a category a softmax, a missing number a Bernoulli: so
that all cells are on one scale, nats (a fixed variance would make it a squared error, which isolation forests beat).
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from DataFoundry.anomaly.cells import Encoded

MEMBERS = 4
HIDDEN = 64
_LATENT = (2, 8)
_LOG_VARIANCE = (-6.0, 3.0)  # of a cell: else the likelihood of a nearly constant column grows without bound
_LATENT_LOG_VARIANCE = (-10.0, 10.0)
_LEAST_LOGIT = -80.0  # below the greatest of a row; e to it is still a float32
_WILD_SPREAD = 10.0
_HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class Inputs:
    """Cells as the network reads them, of one dtype; with one dimension more before them, each member has its own rows.

    Attributes
    ----------
    numbers
        (n, p), 0 where missing or hidden.
    absent
        (n, p) 1 where missing.
    codes
        (n, q) tokens.
    """

    def __init__(self, cells: Encoded, dtype: torch.dtype) -> None:
        self.numbers = torch.from_numpy(cells.numbers).to(dtype)
        self.absent = torch.from_numpy(cells.absent).to(dtype)
        self.codes = torch.from_numpy(cells.codes)

    def take(self, rows: Tensor) -> "Inputs":
        """Some rows."""
        chosen = object.__new__(Inputs)
        chosen.numbers, chosen.absent, chosen.codes = self.numbers[rows], self.absent[rows], self.codes[rows]
        return chosen


class Density(nn.Module):
    """`MEMBERS` variational autoencoders whose weights lie side by side, (members, inputs, outputs).

    Parameters
    ----------
    numbers
        p, count of number columns.
    widths
        (q,) tokens of each category column.
    """

    def __init__(self, numbers: int, widths: list[int], generator: torch.Generator, members: int = MEMBERS) -> None:
        super().__init__()
        self.numbers = numbers
        self.widths = list(widths)
        self.members = members
        cells = numbers + len(widths)
        self.latent = int(np.clip(cells // 3, *_LATENT))
        tokens = sum(widths) + len(widths)  # each category has a token "hidden" more on the way in
        self.starts = torch.tensor(np.cumsum([0, *(width + 1 for width in widths)])[:-1], dtype=torch.int64)

        self.logit_starts = self.starts - torch.arange(len(widths))
        column = torch.repeat_interleave(torch.arange(len(widths)), torch.tensor(self.widths, dtype=torch.int64))
        self.column_of = (column[:, None] == torch.arange(len(widths))).float()  # (T, q)

        def weight(inputs: int, outputs: int, fan: int | None = None) -> nn.Parameter:
            bound = 1 / math.sqrt(fan or max(inputs, 1))
            return nn.Parameter((torch.rand(members, inputs, outputs, generator=generator) * 2 - 1) * bound)

        self.number_in = weight(2 * numbers, HIDDEN, max(cells, 1))
        self.token_in = weight(tokens, HIDDEN, max(cells, 1))
        self.bias_in = weight(1, HIDDEN, max(cells, 1))
        self.encoder = _Layers([(HIDDEN, HIDDEN), (HIDDEN, 2 * self.latent)], weight)
        self.decoder = _Layers([(self.latent, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 3 * numbers + sum(widths))], weight)

    def encode(self, inputs: Inputs, hidden: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latent, (m, n, l) each; cells that `hidden` (n, p + q) marks are not seen."""
        p, codes = self.numbers, inputs.codes
        numbers, absent = inputs.numbers, inputs.absent
        if hidden is not None:
            numbers = numbers.masked_fill(hidden[..., :p], 0.0)
            absent = absent.masked_fill(hidden[..., :p], 1.0)
            codes = torch.where(hidden[..., p:], torch.tensor(self.widths, dtype=torch.int64), codes)
        first = torch.cat([numbers, absent], dim=-1) @ self.number_in + self.bias_in  # (m, n, h)
        if self.widths:
            first = first + self._tokens_in(codes + self.starts)
        mean, log_variance = self.encoder(functional.silu(first)).chunk(2, dim=-1)
        return mean, log_variance.clamp(*_LATENT_LOG_VARIANCE)

    def _tokens_in(self, places: Tensor) -> Tensor:
        """(m, n, h) what the tokens add to the first layer: one lookup for all members, with the same rows or not."""
        below = torch.arange(self.members)[:, None, None] * self.token_in.shape[1]
        places = places + below  # (m, n, q) into the tokens of all members, one after another
        found = functional.embedding_bag(places.flatten(0, 1), self.token_in.flatten(0, 1), mode="sum")
        return found.unflatten(0, places.shape[:2])

    def decode(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Means, log variances and logits of absence of numbers, (m, n, p) each, and logits of all tokens (m, n, T)."""
        p = self.numbers
        mean, log_variance, absence, logits = self.decoder(latents).split([p, p, p, sum(self.widths)], dim=-1)
        return mean, log_variance.clamp(*_LOG_VARIANCE), absence, logits

    def cell_nll(self, inputs: Inputs, latents: Tensor, may_lack: Tensor, wild: float = 0.0) -> Tensor:
        """(m, n, p + q) nats of each cell given latents (m, n, l).

        `may_lack` (p,) 0 or 1 says which numbers were missing in training: the others have no likelihood of absence.
        `wild` is the share of cells taken to be outliers from a wide Gaussian: with it one cell costs only so much, and
        a value of which training taught too little does not outweigh all else (Eduardo et al. 2020, arXiv 1907.06671).
        """
        mean, log_variance, absence, logits = self.decode(latents)
        square = (inputs.numbers - mean) ** 2 * torch.exp(-log_variance)
        density = 0.5 * (square + log_variance) + _HALF_LOG_TAU
        if wild > 0:
            anything = 0.5 * (inputs.numbers / _WILD_SPREAD) ** 2 + math.log(_WILD_SPREAD) + _HALF_LOG_TAU
            density = -torch.logaddexp(math.log(1 - wild) - density, math.log(wild) - anything.expand_as(density))
        lacking = functional.softplus(torch.where(inputs.absent > 0, -absence, absence)) * may_lack
        numbers = torch.where(inputs.absent > 0, 0.0, density) + lacking
        return torch.cat([numbers, self._softmax_nll(logits, inputs.codes)], dim=-1) if self.widths else numbers

    def _softmax_nll(self, logits: Tensor, codes: Tensor) -> Tensor:
        """(m, n, q) nats of the tokens `codes` (.., n, q), of logits (m, n, T) whose columns stand one after another.

        All columns at once: with many of them a softmax for each costs more than all else in a step.
        """
        logits = logits - logits.detach().amax(dim=-1, keepdim=True)
        sums = logits.clamp(min=_LEAST_LOGIT).exp() @ self.column_of.to(logits.dtype)
        places = (codes + self.logit_starts).expand(self.members, -1, -1)
        return sums.log() - logits.gather(-1, places)

    @staticmethod
    def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
        """(m, n) KL(q(z | x) || N(0, I)) (Kingma and Welling 2014, appendix B)."""
        return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=-1)

    def member(self, place: int) -> "Density":
        """One of the members alone."""
        alone = Density(self.numbers, self.widths, torch.Generator(), members=1)
        alone.load_state_dict({name: tensor[place : place + 1] for name, tensor in self.state_dict().items()})
        return alone

    def weights(self) -> dict[str, Any]:
        """As plain tensors."""
        return {name: tensor.detach().float() for name, tensor in self.state_dict().items()}


class _Layers(nn.Module):
    """Dense layers with SiLU between them, all members at once."""

    def __init__(self, sizes: list[tuple[int, int]], weight: Any) -> None:
        super().__init__()
        self.weights = nn.ParameterList(weight(inputs, outputs) for inputs, outputs in sizes)
        self.biases = nn.ParameterList(weight(1, outputs, inputs) for inputs, outputs in sizes)

    def forward(self, values: Tensor) -> Tensor:
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, functional.silu(values) if number else values, weight)
        return values
