"""Layers that draw their weights and noise from a generator that is passed in."""

import math
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional

from DataFoundry.preprocessing.spans import ORDERED, Span, total_width

_WAVES = 8
_FEW_LEVELS = 12  # each of which may have a vector of its own wherever it is only an input


def normal(shape: tuple[int, ...], scale: float, generator: torch.Generator | None) -> Tensor:
    """Normal values times `scale`; only room for them without a generator, for weights that are about to be loaded."""
    return torch.empty(shape) if generator is None else torch.randn(shape, generator=generator) * scale


class Linear(nn.Module):
    """A dense layer, optionally with a mask (outputs, inputs) of 0 and 1 on its weights."""

    mask: Tensor | None

    def __init__(
        self, inputs: int, outputs: int, generator: torch.Generator | None, mask: Tensor | None = None
    ) -> None:
        super().__init__()
        # Sorted masks let about half of the inputs through.
        seen = max(1.0, inputs if mask is None else inputs / 2)
        self.weight = nn.Parameter(normal((outputs, inputs), 1 / math.sqrt(seen), generator))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("mask", mask, persistent=False)

    def effective(self) -> Tensor:
        """(outputs, inputs) the weights that count."""
        return self.weight if self.mask is None else self.weight * self.mask

    def forward(self, values: Tensor) -> Tensor:
        return functional.linear(values, self.effective(), self.bias)


def smooth_basis(span: Span) -> Tensor | None:
    """(width, waves + 3) smooth functions of an ordered column's levels, or None for one without order.

    A network's weight for a level is a free part plus a smooth one, so that what is learnt about a level speaks for its
    neighbours as well. The functions are cosines of the rank and powers of the value; the token "missing" has zeros.
    """
    if span.kind != ORDERED or len(span.points) < 3:
        return None
    rank, value = torch.tensor(span.points, dtype=torch.float32).T
    waves = [torch.cos(math.pi * k * rank) for k in range(1, _WAVES + 1)]
    basis = torch.stack([*waves, value, value**2 / 4, torch.sign(value) * torch.log1p(value.abs())], dim=1)
    return functional.pad(basis, (0, 0, 0, span.width - len(span.points)))


class TokenWeights(nn.Module):
    """One vector for each token of a table: (total width, size), free parts plus smooth parts for ordered columns.

    Of the first `given` columns, which are never drawn, numbers of many levels have smooth parts alone: with a free
    vector for each level of each a network knows the parent again, and learns its rows by heart.
    """

    bases: Tensor
    padded: Tensor
    ordered: Tensor
    places: Tensor

    def __init__(
        self, spans: Sequence[Span], size: int, scale: float, generator: torch.Generator | None, given: int = 0
    ) -> None:
        super().__init__()
        places = _with_free_part(spans, given)
        self.width = total_width(spans)
        self.free = nn.Parameter(normal((len(places), size), scale, generator))
        self.register_buffer("places", torch.tensor(places, dtype=torch.int64), persistent=False)
        bases = [smooth_basis(span) for span in spans]
        known = [basis for basis in bases if basis is not None]
        functions = known[0].shape[1] if known else 1
        self.smooth = nn.Parameter(normal((len(known), functions, size), scale / math.sqrt(functions), generator))
        # One product for all columns, each padded to the widest: hundreds of small ones cost more than they compute.
        widest = max((len(basis) for basis in known), default=0)
        padding = [functional.pad(basis, (0, 0, 0, widest - len(basis))) for basis in known]
        self.register_buffer("bases", torch.stack(padding) if known else torch.zeros(0, 0, 1), persistent=False)
        padded = [widest * place + row for place, basis in enumerate(known) for row in range(len(basis))]
        starts = list(accumulate((span.width for span in spans), initial=0))[: len(spans)]
        ordered = [
            start + row
            for start, basis in zip(starts, bases, strict=True)
            if basis is not None
            for row in range(len(basis))
        ]
        self.register_buffer("padded", torch.tensor(padded, dtype=torch.int64), persistent=False)
        self.register_buffer("ordered", torch.tensor(ordered, dtype=torch.int64), persistent=False)

    def forward(self) -> Tensor:
        free: Tensor = self.free
        if len(free) < self.width:
            free = free.new_zeros(self.width, free.shape[1]).index_copy(0, self.places, free)
        if not len(self.ordered):
            return free
        # No place comes twice, so the gradients of these selections are the same whatever the order of their sums.
        smooth = torch.bmm(self.bases, self.smooth).flatten(0, 1).index_select(0, self.padded)
        return free + smooth if len(smooth) == len(free) else free.index_add(0, self.ordered, smooth)


def _with_free_part(spans: Sequence[Span], given: int) -> list[int]:
    """The tokens, counted through all spans, with a free vector: all but the levels of given numbers that have many."""
    found: list[int] = []
    start = 0
    for place, span in enumerate(spans):
        levels = len(span.points) if place < given and span.kind == ORDERED else 0
        found += range(start + (levels if levels > _FEW_LEVELS else 0), start + span.width)
        start += span.width
    return found


class EmbeddedTokenWeights(TokenWeights):
    """As `TokenWeights`, with each category an embedding of few dimensions that a projection widens.

    Weights grow with categories times the embedding's size instead of categories times `size` (Guo and Berkhahn 2016,
    arXiv 1604.06737). Numbers keep their own vectors.
    """

    def __init__(
        self, spans: Sequence[Span], size: int, scale: float, generator: torch.Generator | None, given: int = 0
    ) -> None:
        ordered = [span for span in spans if span.kind == ORDERED]
        super().__init__(ordered, size, scale, generator, sum(span.kind == ORDERED for span in spans[:given]))
        self._kinds = [(span.kind, span.width) for span in spans]
        self.embeddings, self.projections = nn.ParameterList(), nn.ParameterList()
        for span in spans:
            if span.kind != ORDERED:
                depth = embedding_size(span.width)
                self.embeddings.append(nn.Parameter(normal((span.width, depth), 1.0, generator)))
                self.projections.append(nn.Parameter(normal((depth, size), scale / math.sqrt(depth), generator)))

    def forward(self) -> Tensor:
        numbers = iter(super().forward().split([width for kind, width in self._kinds if kind == ORDERED]))
        categories = iter([one @ other for one, other in zip(self.embeddings, self.projections, strict=True)])
        return torch.cat([next(numbers if kind == ORDERED else categories) for kind, _ in self._kinds])


def embedding_size(width: int) -> int:
    """Dimensions for a column of `width` categories: the rule of TabularARGN, 3 * width ** 0.25, from 8 to 32."""
    return min(width, max(8, min(32, round(3 * width**0.25))))


def dropout(values: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """`values` with a share of `rate` (to 1/256) set to zero and the rest scaled up; unchanged without a generator."""
    if generator is None or rate <= 0:
        return values
    # One random byte a unit, eight to a draw: several times faster than `bernoulli_`.
    draws = torch.empty(-(-values.numel() // 8), dtype=torch.int64, device=values.device).random_(
        -(2**63), None, generator=generator
    )
    kept = draws.view(torch.uint8)[: values.numel()].view(values.shape) >= round(rate * 256)
    return values * (kept * (1 / (1 - round(rate * 256) / 256)))
