"""What every model type answers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from DataFoundry.config import ModelParams
from DataFoundry.errors import ImpossibleError
from DataFoundry.preprocessing.spans import Span

_MOST_DRAWS = 500  # of as many rows as are asked for


class GenerativeModel(nn.Module, ABC):
    """A model of rows of tokens given a label.

    Attributes
    ----------
    spans
        One for each column, in the order of the table.
    num_labels
        Classes of the label, 0 for a model without a condition.
    """

    spans: tuple[Span, ...]
    num_labels: int

    def __init__(
        self, spans: Sequence[Span], num_labels: int, params: ModelParams, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.spans = tuple(spans)
        self.num_labels = num_labels
        self.params = params

    @abstractmethod
    def losses(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Each loss term of a batch, mean over its rows in nats: `loss` is to be minimised, `bound` to be compared.

        codes (n, d) float64 (see `preprocessing.transformer`), labels (n,) int64 (zeros without a condition). In
        training mode the generator also draws dropout.
        """

    @abstractmethod
    def sample(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        """Codes (n, d) of new rows with these labels (n,)."""

    def sample_given(
        self, labels: Tensor, wanted: Mapping[int, Tensor], generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Codes (n, d) of rows that meet conditions, and their labels (n,).

        Labels are those given where they are all one; else they are as often as the conditions make them. `wanted`
        gives for a column's place (width,) the share of each token that meets its condition. Unless a type knows
        better, rows are drawn and those that do not meet the conditions are left.

        Raises
        ------
        ImpossibleError
            If rows that meet them are too rare to be found.
        """
        codes, kept = [], 0
        for _ in range(_MOST_DRAWS):
            drawn = self.sample(labels, generator)
            chance = torch.ones(len(drawn))
            for place, shares in wanted.items():
                chance = chance * shares.to(chance.dtype)[drawn[:, place].long()]
            meets = torch.rand(len(drawn), generator=generator) < chance
            codes.append((drawn[meets], labels[meets]))
            kept += int(meets.sum())
            if kept >= len(labels):
                break
        else:
            raise ImpossibleError(
                "Rows that meet these conditions are too rare for this model; ask for fewer conditions."
            )
        return torch.cat([one for one, _ in codes])[: len(labels)], torch.cat([one for _, one in codes])[: len(labels)]

    @abstractmethod
    def cell_nll(self, codes: Tensor, labels: Tensor) -> Tensor:
        """(n, d) -log probability of each cell in nats, deterministic, each row by itself.

        Raises
        ------
        UnsupportedModelError
            If the model type has no likelihood.
        """

    @abstractmethod
    def likely_codes(self, codes: Tensor, labels: Tensor) -> Tensor:
        """(n, d) the most likely token of each cell given the rest of what the model conditions it on."""

    def finish(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> None:  # noqa: B027
        """What is learnt after the training loop, from training rows (n, d); nothing unless a type says otherwise."""

    def extra_state(self) -> dict[str, Any]:
        """Plain data beside the weights that the model needs to be rebuilt; empty unless a type says otherwise."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Take back what `extra_state` gave, before the weights are loaded."""
