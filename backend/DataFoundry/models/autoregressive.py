"""A decoder that draws a row column by column: p(x | context) = prod_j p(x_j | x_<j, context).

Masked layers (MADE, Germain et al. 2015, arXiv 1502.03509) give all factors in one pass. Hidden units are sorted by
degree: a unit of degree m sees the columns at positions < m, so sampling computes each unit once, when its inputs are
drawn.
"""

from bisect import bisect_right
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from DataFoundry.models.layers import Linear, TokenWeights, dropout, normal
from DataFoundry.models.mixtures import COMPONENTS, FEATURES, Scores, features, first_mixture, is_scored
from DataFoundry.preprocessing.spans import Span

_NEVER = -1e9


class AutoregressiveDecoder(nn.Module):
    """p(x | context) over tokens.

    Parameters
    ----------
    spans
        The columns in the order in which they are drawn, `start`s consecutive.
    context
        Width of the context vector (latent and label).
    hidden
        Widths of the masked layers.
    weights
        How tokens become vectors: `TokenWeights` or `EmbeddedTokenWeights`.
    given
        So many columns, the first, are never drawn: every unit sees them, and only the others have probabilities.
    """

    tokens: TokenWeights
    heads: TokenWeights
    owner: Tensor
    members: Tensor
    starts: Tensor
    never: Tensor
    input_mask: Tensor
    head_mask: Tensor
    score_mask: Tensor
    shape_mask: Tensor
    direct_mask: Tensor

    def __init__(
        self,
        spans: Sequence[Span],
        context: int,
        hidden: Sequence[int],
        weights: type[TokenWeights],
        drop: float,
        generator: torch.Generator | None,
        given: int = 0,
    ) -> None:
        super().__init__()
        self.spans = tuple(spans)
        self.given = given
        self.drop = drop
        drawn = self.spans[given:]
        degrees = [[given + unit * len(drawn) // width for unit in range(width)] for width in hidden]
        # seen[layer][place]: how many units of the layer may look at columns before `place` only
        self.seen = [[bisect_right(each, place) for place in range(-1, len(spans))] for each in degrees]
        layers = [torch.tensor(each) for each in degrees]
        owner = torch.tensor([place for place, span in enumerate(spans) for _ in range(span.width)])  # (T,)
        scale = (2 / (len(spans) + context)) ** 0.5
        self.tokens = weights(spans, hidden[0], scale, generator, given)
        self.context = Linear(context, hidden[0], generator)
        self.layers = nn.ModuleList(
            Linear(inputs, outputs, generator, (above[:, None] >= below[None, :]).float())
            for inputs, outputs, below, above in zip(hidden, hidden[1:], layers, layers[1:], strict=False)
        )
        self.heads = weights(drawn, hidden[-1], 0.5 / hidden[-1] ** 0.5, generator)
        self.bias = nn.Parameter(torch.cat([_first_bias(span) for span in drawn]))
        self.scores = Scores(spans, given)
        columns = self.scores.columns
        of_drawn = columns[self.scores.skipped :]
        self.inputs = nn.Parameter(normal((len(columns), FEATURES, hidden[0]), 0.3 * scale, generator))
        sizes = (len(of_drawn), 3 * COMPONENTS)
        self.shapes = nn.Parameter(normal((*sizes, hidden[-1]), 0.1 / hidden[-1] ** 0.5, generator))
        self.direct = nn.Parameter(torch.zeros(*sizes, len(columns), FEATURES))
        self.first = nn.Parameter(first_mixture().flatten().expand(sizes).clone())
        self.register_buffer("input_mask", (layers[0][None, :] > owner[:, None]).float(), persistent=False)
        self.offset = sum(span.width for span in spans[:given])
        rows = owner[self.offset :]
        self.register_buffer("head_mask", (rows[:, None] >= layers[-1][None, :]).float(), persistent=False)
        self.register_buffer("score_mask", (layers[0][None, :] > columns[:, None]).float(), persistent=False)
        self.register_buffer("shape_mask", (of_drawn[:, None] >= layers[-1][None, :]).float(), persistent=False)
        self.register_buffer("direct_mask", (of_drawn[:, None] > columns[None, :]).float(), persistent=False)
        self.register_buffer("owner", rows - given, persistent=False)
        self.register_buffer("members", functional.one_hot(rows - given, len(drawn)).T.float(), persistent=False)
        self.register_buffer("starts", torch.tensor([span.start for span in spans]), persistent=False)
        self.register_buffer("never", _never(drawn), persistent=False)

    def forward(
        self, codes: Tensor, context: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits (n, T) of all tokens that are drawn and (n, d) log density of the codes within their levels.

        From codes of all columns, those given first, and context (n, c); a generator turns dropout on.
        """
        tokens = codes.long()
        values = functional.embedding_bag(tokens + self.starts, self.tokens() * self.input_mask, mode="sum")
        values = values + self.context(context)
        scored, within = tokens[:, self.scores.columns], (codes - tokens)[:, self.scores.columns]
        told = features(*self.scores.of(scored, within))  # (n, s, f)
        if len(self.scores):
            values = values + told.flatten(1) @ (self.inputs * self.score_mask[:, None]).flatten(0, 1)
        values = functional.relu(values)  # (n, h)
        for layer in self.layers:
            values = dropout(values, self.drop, generator)
            values = joined(values, functional.relu(layer(values)))
        values = dropout(values, self.drop, generator)
        logits = functional.linear(values, self.heads() * self.head_mask, self.bias)
        gains = torch.zeros(len(codes), len(self.spans) - self.given, device=codes.device)
        if not len(self.first):
            return logits, gains
        mixture = self._mixtures(values, told)
        logits = logits + self._in_place(self.scores.log_masses(mixture))
        places = self.scores.columns[self.scores.skipped :] - self.given
        return logits, gains.index_copy(1, places, self.scores.cell_gain(mixture, scored, within))

    def _in_place(self, masses: Sequence[Tensor]) -> Tensor:
        """(n, T) zeros with what each scored column's levels are given."""
        parts: list[Tensor] = []
        for place, span in enumerate(self.spans[self.given :], self.given):
            slot = self.scores.slot.get(place)
            levels = 0 if slot is None else self.scores.levels[slot]
            if slot is not None:
                parts.append(masses[slot - self.scores.skipped])
            parts.append(masses[0].new_zeros(len(masses[0]), span.width - levels))
        return torch.cat(parts, dim=1)

    def _mixtures(self, values: Tensor, told: Tensor) -> Tensor:
        """(n, s, 3, k) from the last layer's units (n, h) and the features of all scores (n, s, f)."""
        deep = values @ (self.shapes * self.shape_mask[:, None]).flatten(0, 1).T
        direct = told.flatten(1) @ (self.direct * self.direct_mask[:, None, :, None]).flatten(2).flatten(0, 1).T
        return (deep + direct + self.first.flatten()).view(len(values), len(self.first), 3, COMPONENTS)

    def mixture_at(self, place: int, values: Tensor, told: Tensor) -> Tensor:
        """(n, 3, k) of the scored column at `place`, from the units that it sees and the features of earlier scores."""
        slot = self.scores.slot[place]
        own = slot - self.scores.skipped
        deep = values @ (self.shapes[own] * self.shape_mask[own])[:, : values.shape[1]].T
        direct = told[:, :slot].flatten(1) @ self.direct[own, :, :slot].flatten(1).T
        return (deep + direct + self.first[own]).view(len(values), 3, COMPONENTS)

    def cell_nll(self, codes: Tensor, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """(n, d) -log p of each cell, in nats: of its token, and of the place within it against an even spread."""
        logits, gains = self(codes, context, generator)
        # Of all columns at once: a softmax for each would cost a table of a hundred columns most of its time.
        owner = self.owner.expand(len(logits), -1)
        with torch.no_grad():
            greatest = logits.new_full((len(logits), len(self.members)), -torch.inf).scatter_reduce(
                1, owner, logits, "amax"
            )
        sums = functional.linear(torch.exp(logits - greatest.index_select(1, self.owner)), self.members)
        chosen = (codes.long() + self.starts)[:, self.given :] - self.offset
        return torch.log(sums) + greatest - logits.gather(1, chosen) - gains


def joined(below: Tensor, above: Tensor) -> Tensor:
    """A layer's output with its input added where the widths allow (He et al. 2016)."""
    return below + above if below.shape == above.shape else above


def _first_bias(span: Span) -> Tensor:
    """Log frequencies, of a scored column without what the masses of its levels say already."""
    counts = torch.tensor(span.counts, dtype=torch.float32) + 0.1
    if is_scored(span):
        counts[: len(span.points)] = counts[: len(span.points)].sum()
    return torch.log(counts / (torch.tensor(span.counts, dtype=torch.float32) + 0.1).sum())


def _never(spans: Sequence[Span]) -> Tensor:
    counts = torch.cat([torch.tensor(span.counts) for span in spans])
    return torch.where(counts > 0, 0.0, _NEVER)
