"""Mixtures of logistics over the normal scores of ordered columns: conditional precision finer than a level.

A number's normal score is where its rank would stand in a normal distribution. A level, be it one value or a bin, is an
interval of scores, and its probability is the mixture's mass there times what the tokens' own logits say (PixelCNN++,
Salimans et al. 2017, arXiv 1701.05517, eq. 2). Within a bin the mixture's density tells where the number lies.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from DataFoundry.preprocessing.spans import ORDERED, Span

COMPONENTS = 5
FEATURES = 9  # of a score, as an input: itself, and sines and cosines of four frequencies
_FREQUENCIES = (1.0, 2.0, 4.0, 8.0)
_FAR = 1e4
_LEAST_SCALE = 2e-3
_FIRST_SCALE = 0.25
_FLOOR = 1e-3  # weight of the column's own distribution, beside the mixture, so that nothing is impossible


def is_scored(span: Span) -> bool:
    """Whether a column's levels have normal scores: it is ordered and has at least three."""
    return span.kind == ORDERED and len(span.points) >= 3


class Scores(nn.Module):
    """Normal scores of the codes of all scored columns, and the mixtures over them.

    Attributes
    ----------
    columns
        (s,) places of the scored columns.
    skipped
        How many of them, the first, are given and never drawn: mixtures are those of the others.
    """

    columns: Tensor
    lows: Tensor
    masses: Tensor
    bins: Tensor
    edges: Tensor

    def __init__(self, spans: Sequence[Span], given: int = 0) -> None:
        super().__init__()
        scored = [place for place, span in enumerate(spans) if is_scored(span)]
        self.skipped = sum(place < given for place in scored)
        self.slot = {place: slot for slot, place in enumerate(scored)}
        self.levels = [len(spans[place].points) for place in scored]
        widest = max((spans[place].width for place in scored), default=1)
        shares = torch.zeros(len(scored), widest, dtype=torch.float64)
        bins = torch.zeros(len(scored), widest, dtype=torch.bool)
        for slot, place in enumerate(scored):
            span, levels = spans[place], self.levels[slot]
            counts = torch.tensor(span.counts[:levels], dtype=torch.float64)
            shares[slot, :levels] = counts / counts.sum().clamp(min=1)
            bins[slot, list(span.bins)] = True
        ends = shares.cumsum(dim=1)
        self._least = 0.25 / max((sum(span.counts) for span in spans), default=1)
        inner = torch.special.ndtri(ends.clamp(self._least, 1 - self._least))
        edges = functional.pad(torch.where(ends > 1 - 1e-9, torch.full_like(ends, _FAR), inner), (1, 0), value=-_FAR)
        self.register_buffer("columns", torch.tensor(scored, dtype=torch.int64), persistent=False)
        self.register_buffer("lows", (ends - shares), persistent=False)
        self.register_buffer("masses", shares, persistent=False)
        self.register_buffer("bins", bins, persistent=False)
        self.register_buffer("edges", edges.float(), persistent=False)  # (s, widest + 1)

    def __len__(self) -> int:
        return len(self.levels)

    def of(self, tokens: Tensor, within: Tensor, slots: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Scores (n, s) of tokens (n, s) and the places within their levels; and whether they have one (not missing).

        `slots` (s,) names the scored columns, all by default.
        """
        slots = torch.arange(len(self), device=tokens.device) if slots is None else slots
        levels = torch.tensor(self.levels, device=tokens.device, dtype=torch.int64)[slots]
        known = tokens < levels
        level = torch.minimum(tokens, levels - 1)
        rank = self.lows[slots, level] + within.double() * self.masses[slots, level]
        score = torch.special.ndtri(rank.clamp(self._least, 1 - self._least)).float()
        return torch.where(known, score, torch.zeros_like(score)), known

    def log_masses(self, mixture: Tensor) -> list[Tensor]:
        """Of each scored column (n, levels) the log probability of its levels under mixtures (n, s, 3, k)."""
        drawn = slice(self.skipped, None)
        masses = torch.log(_masses(mixture, self.edges[drawn], self.masses[drawn]))  # (n, s, widest)
        return [each[:, :levels] for each, levels in zip(masses.unbind(dim=1), self.levels[drawn], strict=True)]

    def log_masses_at(self, slot: int, mixture: Tensor) -> Tensor:
        """(n, levels) the same for one column and its mixtures (n, 3, k)."""
        levels = self.levels[slot]
        return torch.log(
            _masses(mixture[:, None], self.edges[slot : slot + 1, : levels + 1], self.masses[slot : slot + 1, :levels])[
                :, 0
            ]
        )

    def log_density(self, mixture: Tensor, scores: Tensor) -> Tensor:
        """(n, s) log density of scores (n, s) under mixtures (n, s, 3, k)."""
        weights, means, scales = _parts(mixture)
        where = (scores[..., None] - means) / scales
        density = (weights * torch.sigmoid(where) * torch.sigmoid(-where) / scales).sum(dim=-1)
        return torch.log((1 - _FLOOR) * density + _FLOOR * _normal_density(scores))

    def cell_gain(self, mixture: Tensor, tokens: Tensor, within: Tensor) -> Tensor:
        """(n, s) log density of the place within its level, 0 for values that are levels by themselves."""
        slots = torch.arange(self.skipped, len(self), device=tokens.device)
        tokens, within = tokens[:, self.skipped :], within[:, self.skipped :]
        scores, known = self.of(tokens, within, slots)
        level = torch.minimum(tokens, torch.tensor(self.levels[self.skipped :], device=tokens.device) - 1)
        share = self.masses[slots, level].float()
        weights, means, scales = _parts(mixture)
        low, high = (self.edges[slots, each][..., None] for each in (level, level + 1))
        mass = (weights * (torch.sigmoid((high - means) / scales) - torch.sigmoid((low - means) / scales))).sum(dim=-1)
        mass = torch.log((1 - _FLOOR) * mass.clamp(min=0) + _FLOOR * share)
        # A place u has the score Phi^-1(low + u * share), so that dz = share / phi(z) du.
        stretch = torch.log(share) - torch.log(_normal_density(scores))
        gain = self.log_density(mixture, scores) - mass + stretch
        return torch.where(known & self.bins[slots, level], gain, torch.zeros_like(gain))

    def draw(self, slot: int, mixture: Tensor, tokens: Tensor, generator: torch.Generator) -> Tensor:
        """(n,) places within the levels of drawn tokens (n,) of one column, from mixtures (n, 3, k)."""
        chance = torch.rand(2, len(tokens), generator=generator, device=tokens.device, dtype=torch.float64)
        level = tokens.clamp(max=self.levels[slot] - 1)
        weights, means, scales = (each.double() for each in _parts(mixture[:, None]))
        weights, means, scales = weights[:, 0], means[:, 0], scales[:, 0]
        low, high = self.edges[slot].double()[level, None], self.edges[slot].double()[level + 1, None]
        below, until = torch.sigmoid((low - means) / scales), torch.sigmoid((high - means) / scales)
        own = _FLOOR * self.masses[slot, level][:, None]
        mass = torch.cat([(1 - _FLOOR) * weights * (until - below).clamp(min=0), own], dim=1).cumsum(dim=1)
        part = torch.searchsorted(mass, chance[:1].T * mass[:, -1:] * (1 - 1e-9), right=True)  # (n, 1)
        chosen = part.clamp(max=means.shape[1] - 1)
        start, stop = below.gather(1, chosen), until.gather(1, chosen)
        at = torch.logit(start + chance[1:].T * (stop - start), eps=1e-12)
        rank = torch.special.ndtr(means.gather(1, chosen) + scales.gather(1, chosen) * at)[:, 0]
        place = (rank - self.lows[slot, level]) / self.masses[slot, level].clamp(min=1e-12)
        place = torch.where(part[:, 0] < means.shape[1], place, chance[1]).clamp(0, 1 - 1e-6)
        wide = self.bins[slot, level] & (tokens < self.levels[slot])
        return torch.where(wide, place, torch.full_like(place, 0.5))


def features(scores: Tensor, known: Tensor) -> Tensor:
    """(n, s, f) what a network is told of scores (n, s); zeros where the value is missing."""
    angles = scores[..., None] * torch.tensor(_FREQUENCIES, device=scores.device)
    told = torch.cat([scores[..., None], torch.sin(angles), torch.cos(angles)], dim=-1)
    return told * known[..., None]


def first_mixture() -> Tensor:
    """(3, k) weights, means and scales of a mixture near a normal distribution."""
    ranks = (torch.arange(COMPONENTS) + 0.5) / COMPONENTS
    scales = torch.full((COMPONENTS,), math.log(_FIRST_SCALE))
    return torch.stack([torch.zeros(COMPONENTS), torch.special.ndtri(ranks), scales])


def _masses(mixture: Tensor, edges: Tensor, masses: Tensor) -> Tensor:
    """(n, s, e) probabilities of intervals between edges (s, e + 1)."""
    weights, means, scales = _parts(mixture)
    sharp = 1 / scales
    below = torch.sigmoid(edges[None, :, None, :] * sharp[..., None] - (means * sharp)[..., None])  # (n, s, k, e + 1)
    below = (weights[..., None] * below).sum(dim=2)  # (n, s, e + 1)
    masses = masses.float().clamp(min=1e-12)  # also where a column has fewer levels than the widest
    return (1 - _FLOOR) * (below[..., 1:] - below[..., :-1]).clamp(min=0) + _FLOOR * masses


def _parts(mixture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, means and scales (n, s, k) of mixtures (n, s, 3, k)."""
    logits, means, log_scales = mixture.unbind(dim=-2)
    return torch.softmax(logits, dim=-1), means, log_scales.clamp(-8, 3).exp() + _LEAST_SCALE


def _normal_density(scores: Tensor) -> Tensor:
    return torch.exp(-(scores**2) / 2) / math.sqrt(2 * math.pi)
