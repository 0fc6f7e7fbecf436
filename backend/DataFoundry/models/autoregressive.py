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

from DataFoundry.models.layers import Linear, TokenWeights, dropout
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
    """

    tokens: TokenWeights
    heads: TokenWeights
    owner: Tensor
    members: Tensor
    starts: Tensor
    never: Tensor
    input_mask: Tensor
    head_mask: Tensor

    def __init__(
        self,
        spans: Sequence[Span],
        context: int,
        hidden: Sequence[int],
        weights: type[TokenWeights],
        drop: float,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.spans = tuple(spans)
        self.drop = drop
        degrees = [[unit * len(spans) // width for unit in range(width)] for width in hidden]
        # seen[layer][place]: how many units of the layer may look at columns before `place` only
        self.seen = [[bisect_right(each, place) for place in range(-1, len(spans))] for each in degrees]
        layers = [torch.tensor(each) for each in degrees]
        owner = torch.tensor([place for place, span in enumerate(spans) for _ in range(span.width)])  # (T,)
        scale = (2 / (len(spans) + context)) ** 0.5
        self.tokens = weights(spans, hidden[0], scale, generator)
        self.context = Linear(context, hidden[0], generator)
        self.layers = nn.ModuleList(
            Linear(inputs, outputs, generator, (above[:, None] >= below[None, :]).float())
            for inputs, outputs, below, above in zip(hidden, hidden[1:], layers, layers[1:], strict=False)
        )
        self.heads = weights(spans, hidden[-1], 0.5 / hidden[-1] ** 0.5, generator)
        self.bias = nn.Parameter(torch.cat([_log_frequencies(span) for span in spans]))
        self.register_buffer("input_mask", (layers[0][None, :] > owner[:, None]).float(), persistent=False)
        self.register_buffer("head_mask", (owner[:, None] >= layers[-1][None, :]).float(), persistent=False)
        self.register_buffer("owner", owner, persistent=False)
        self.register_buffer("members", functional.one_hot(owner, len(spans)).T.float(), persistent=False)
        self.register_buffer("starts", torch.tensor([span.start for span in spans]), persistent=False)
        self.register_buffer("never", _never(spans), persistent=False)

    def forward(self, codes: Tensor, context: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (n, T) of all tokens, from codes (n, d) and context (n, c); a generator turns dropout on."""
        values = functional.embedding_bag(codes + self.starts, self.tokens() * self.input_mask, mode="sum")
        values = functional.relu(values + self.context(context))  # (n, h)
        for layer in self.layers:
            values = dropout(values, self.drop, generator)
            values = joined(values, functional.relu(layer(values)))
        values = dropout(values, self.drop, generator)
        return functional.linear(values, self.heads() * self.head_mask, self.bias)

    def cell_nll(self, logits: Tensor, codes: Tensor) -> Tensor:
        """(n, d) -log p of each cell, in nats."""
        # Of all columns at once: a softmax for each would cost a table of a hundred columns most of its time.
        owner = self.owner.expand(len(logits), -1)
        with torch.no_grad():
            greatest = logits.new_full((len(logits), len(self.spans)), -torch.inf).scatter_reduce(
                1, owner, logits, "amax"
            )
        sums = functional.linear(torch.exp(logits - greatest.index_select(1, self.owner)), self.members)
        return torch.log(sums) + greatest - logits.gather(1, codes + self.starts)


def joined(below: Tensor, above: Tensor) -> Tensor:
    """A layer's output with its input added where the widths allow (He et al. 2016)."""
    return below + above if below.shape == above.shape else above


def _log_frequencies(span: Span) -> Tensor:
    counts = torch.tensor(span.counts, dtype=torch.float32) + 0.1
    return torch.log(counts / counts.sum())


def _never(spans: Sequence[Span]) -> Tensor:
    counts = torch.cat([torch.tensor(span.counts) for span in spans])
    return torch.where(counts > 0, 0.0, _NEVER)
