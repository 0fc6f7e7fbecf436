"""How much more often a row is real than drawn: what a generator gets wrong, and by how much.

A classifier between real and drawn rows gives the ratio of their densities (Sugiyama et al. 2012, Density Ratio
Estimation in Machine Learning); rows drawn and kept in that proportion are nearer to real ones (Azadi et al. 2019,
Discriminator Rejection Sampling, arXiv 1810.06758).
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, softplus

from DataFoundry.preprocessing.spans import Span

_WIDTHS = (128, 64)
_EPOCHS = 6
_MOST_ROWS = 32_768  # of an epoch
_BATCH = 512  # at most; a small table is learnt in more steps
_LEARNING_RATE = 3e-3
_WEIGHT_DECAY = 1e-3
_HELD_OUT = 0.1


class DensityRatio(nn.Module):
    """log p(row, label | real) - log p(row, label | drawn); zero until it is fitted."""

    def __init__(self, spans: Sequence[Span], num_labels: int, generator: torch.Generator | None) -> None:
        super().__init__()
        tokens = spans[-1].stop
        self._labels = max(num_labels, 1)
        self.starts: Tensor
        self.register_buffer("starts", torch.tensor([span.start for span in spans]), persistent=False)
        self._tokens = tokens
        self.pairs = nn.Parameter(torch.zeros(tokens * self._labels, 1))  # of a token and the label
        self.inputs = nn.Parameter(torch.empty(tokens + self._labels, _WIDTHS[0]))
        self.hidden = nn.Linear(*_WIDTHS)
        self.output = nn.Linear(_WIDTHS[1], 1)
        nn.init.normal_(self.inputs, std=0.1, generator=generator)
        nn.init.uniform_(self.hidden.weight, -1, 1, generator=generator)
        self.hidden.weight.data /= math.sqrt(_WIDTHS[0])
        for zero in (self.hidden.bias, self.output.weight, self.output.bias):
            nn.init.zeros_(zero)

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        """(n,) log ratios of rows (n, d) with labels (n,)."""
        places = codes + self.starts
        # By `embedding`, since gradients of plain indexing add up in an order that differs from run to run.
        linear = embedding(places * self._labels + labels[:, None], self.pairs).sum(dim=(1, 2))
        summed = embedding(torch.cat([places, labels[:, None] + self._tokens], dim=1), self.inputs).sum(dim=1)
        return linear + self.output(torch.relu(self.hidden(torch.relu(summed)))).squeeze(1)

    def fit(
        self,
        codes: Tensor,
        labels: Tensor,
        drawn: Callable[[int], tuple[Tensor, Tensor]],
        generator: torch.Generator,
    ) -> None:
        """Learn from real rows (n, d) with labels (n,) and from drawn ones; the best of the held-out losses counts.

        Parameters
        ----------
        drawn
            Gives so many new rows and their labels.
        """
        rows = min(len(codes), _MOST_ROWS)
        held = max(1, round(rows * _HELD_OUT))
        order = torch.randperm(len(codes), generator=generator, device=codes.device)
        kept, learning = order[:held], order[held:]
        batch = min(_BATCH, max(32, rows // 32))
        judged = [(codes[kept], labels[kept]), drawn(held)]
        optimizer = torch.optim.AdamW(self.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
        steps = _EPOCHS * math.ceil(min(rows, len(learning)) / batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
        best = {name: value.clone() for name, value in self.state_dict().items()}  # zero: no row is preferred
        least = 2 * math.log(2)
        for _ in range(_EPOCHS):
            mixed = learning[torch.randperm(len(learning), generator=generator, device=codes.device)][:rows]
            others, other_labels = drawn(len(mixed))
            for start in range(0, len(mixed), batch):
                real, part = mixed[start : start + batch], slice(start, start + batch)
                loss = self._loss((codes[real], labels[real]), (others[part], other_labels[part]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            with torch.no_grad():
                found = float(self._loss(*judged))
            if found < least:
                least, best = found, {name: value.clone() for name, value in self.state_dict().items()}
        self.load_state_dict(best)

    def _loss(self, real: tuple[Tensor, Tensor], drawn: tuple[Tensor, Tensor]) -> Tensor:
        return softplus(-self(*real)).mean() + softplus(self(*drawn)).mean()
