"""p(label | row): how probable is each label, from which follows how wrong the given one looks.

Numbers enter as their places between quantiles (piecewise linear encoding, Gorishniy et al. 2022, arXiv 2203.05556):
a small network then sees thresholds as boosted trees do.
"""

import copy
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from DataFoundry.anomaly.cells import Encoded

_BINS = 32
_HIDDEN = (64, 32)
_DROP = 0.2
_BATCH = 512
_RATE = 3e-3
_DECAY = 1e-4
_EPOCHS = 8
_STEPS = (200, 600)  # at least and at most, whatever the rows
_VALIDATION = 0.1
_LOOKS = 10


class LabelHead(nn.Module):
    """A network from cells to log probabilities of k labels.

    Parameters
    ----------
    edges
        (p, bins + 1) ascending quantiles of each number.
    widths
        (q,) tokens of each category.
    """

    def __init__(self, edges: Tensor, widths: list[int], classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.edges, self.widths, self.classes = edges.float(), list(widths), classes
        self.starts = torch.tensor(np.cumsum([0, *widths])[:-1], dtype=torch.int64)
        numbers = len(edges) * (edges.shape[1] + 1)  # places between edges, the value itself, and absence
        cells = max(len(edges) + len(widths), 1)
        self.number_in = _drawn((numbers, _HIDDEN[0]), cells, generator)
        self.token_in = _drawn((sum(widths), _HIDDEN[0]), cells, generator)
        self.bias_in = nn.Parameter(torch.zeros(_HIDDEN[0]))
        self.middle = _drawn((_HIDDEN[0], _HIDDEN[1]), _HIDDEN[0], generator)
        self.middle_bias = nn.Parameter(torch.zeros(_HIDDEN[1]))
        self.out = _drawn((_HIDDEN[1], classes), _HIDDEN[1], generator)
        self.out_bias = nn.Parameter(torch.zeros(classes))

    def forward(self, numbers: Tensor, codes: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Log probabilities (n, k) from `places` and codes; a generator turns dropout on."""
        values = numbers @ self.number_in + self.bias_in
        if self.widths:
            values = values + functional.embedding_bag(codes + self.starts, self.token_in, mode="sum")
        values = _dropped(functional.silu(values), generator)
        values = _dropped(functional.silu(values @ self.middle + self.middle_bias), generator)
        return functional.log_softmax(values @ self.out + self.out_bias, dim=1)

    def places(self, encoded: Encoded) -> Tensor:
        """(n, p * (bins + 2)) numbers as this network reads them."""
        values = torch.from_numpy(encoded.numbers).to(self.edges.dtype)
        low, high = self.edges[:, :-1], self.edges[:, 1:]
        between = ((values[:, :, None] - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)
        absent = torch.from_numpy(encoded.absent).to(values.dtype)[:, :, None]
        parts = torch.cat([between * (1 - absent), values[:, :, None].clamp(-5, 5), absent], dim=2)
        return parts.flatten(start_dim=1)

    @torch.inference_mode()
    def log_probabilities(self, encoded: Encoded) -> np.ndarray:
        """(n, k), each row by itself."""
        return self(self.places(encoded), torch.from_numpy(encoded.codes)).numpy()

    def state(self) -> dict[str, Any]:
        """As plain data and tensors."""
        weights = {name: tensor.detach().float() for name, tensor in self.state_dict().items()}
        return {"edges": self.edges.float(), "widths": self.widths, "classes": self.classes, "weights": weights}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "LabelHead":
        """What `state()` describes."""
        weights = state["weights"]
        if (len(weights["token_in"]), len(weights["out_bias"])) != (sum(state["widths"]), state["classes"]):
            raise ValueError("its labels or tokens are not those of its weights")  # before memory is taken for them
        head = cls(state["edges"], state["widths"], state["classes"], torch.Generator())
        head.load_state_dict(weights)
        return head.precise()

    def precise(self) -> "LabelHead":
        """In double precision, so that a row's result does not depend on the rows beside it."""
        self.edges = self.edges.double()
        return self.double().eval()


def fit_label_head(
    encoded: Encoded, widths: list[int], classes: np.ndarray, num_classes: int, generator: torch.Generator
) -> LabelHead:
    """Train on rows with labels (n,) in 0..k-1; the weights are those of the best look at rows held back.

    Held-back rows stop it before it learns wrong labels by heart.
    """
    edges = np.quantile(encoded.numbers, np.linspace(0, 1, _BINS + 1), axis=0).T.reshape(
        encoded.numbers.shape[1], _BINS + 1
    )
    head = LabelHead(torch.from_numpy(edges), widths, num_classes, generator)
    numbers, codes, truth = head.places(encoded), torch.from_numpy(encoded.codes), torch.from_numpy(classes)
    order = torch.randperm(len(truth), generator=generator)
    held = order[: max(1, int(len(order) * _VALIDATION))]
    rows = order[len(held) :] if len(order) > 1 else order
    steps = int(np.clip(_EPOCHS * len(rows) / _BATCH, *_STEPS))
    optimizer = torch.optim.AdamW(head.parameters(), _RATE, weight_decay=_DECAY)
    best, weights = math.inf, copy.deepcopy(head.state_dict())
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:  # one cycle: up for a tenth, then down like a cosine
            group["lr"] = _RATE * min(1.0, 10 * step / steps) * 0.5 * (1 + math.cos(math.pi * step / steps))
        chosen = rows[torch.randint(len(rows), (min(_BATCH, len(rows)),), generator=generator)]
        loss = functional.nll_loss(head(numbers[chosen], codes[chosen], generator), truth[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % max(1, steps // _LOOKS) == 0:
            with torch.no_grad():
                judged = float(functional.nll_loss(head(numbers[held], codes[held]), truth[held]))
            if judged < best:
                best, weights = judged, copy.deepcopy(head.state_dict())
    head.load_state_dict(weights)
    return head.precise()


def surprise(log_probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """(n,) nats by which the given label is less probable than the best other one; NaN where none is given (-1)."""
    given = np.where(classes >= 0, classes, 0)
    rows = np.arange(len(classes))
    others = log_probabilities.copy()
    others[rows, given] = -np.inf
    apart = others.max(axis=1, initial=-np.inf) - log_probabilities[rows, given]
    return np.where(classes >= 0, apart, np.nan)


def _drawn(shape: tuple[int, int], fan: int, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter((torch.rand(shape, generator=generator) * 2 - 1) / math.sqrt(fan))


def _dropped(values: Tensor, generator: torch.Generator | None) -> Tensor:
    if generator is None:
        return values
    return values * (torch.rand(values.shape, generator=generator) >= _DROP) / (1 - _DROP)
