"""`tabular_ctgan`: the generator of CTGAN (Xu et al. 2019, arXiv 1907.00503) as the `ctgan` package trains it.

The package (Business Source Licence 1.1) is imported only here and in `training.adversarial`, when this type is used.
Of it only the network is kept, as plain tensors; sampling is ours, since the package's own keeps batch statistics, sets
the condition of the wrong column and draws from the global random state. Of several rows drawn those are taken that are
likelier among real rows (`density_ratio`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from DataFoundry.config import ModelParams
from DataFoundry.errors import TrainingError, UnsupportedModelError
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.density_ratio import DensityRatio
from DataFoundry.models.drawing import anywhere
from DataFoundry.preprocessing.spans import ORDERED, Span

_SPREADS = 4.0  # the package scales a number by so many standard deviations of its mode
_CANDIDATES = 8  # drawn for each row, once it is known which ones are like real rows
_MOST_ROUNDS = 100  # of drawing as many rows as are asked for


@dataclass(frozen=True)
class Part:
    """One column of the GAN's own table.

    Attributes
    ----------
    role
        "number" and "category" for the value of column `column`, "missing" for whether it is missing, "label".
    modes
        For a number (mean, standard deviation) of each mode, in the units of `Span.points`.
    tokens
        For the others, the token or class of each place.
    """

    role: str
    column: int
    modes: tuple[tuple[float, float], ...] = ()
    tokens: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Outputs of the generator for this part."""
        return 1 + len(self.modes) if self.role == "number" else len(self.tokens)


def as_number(span: Span) -> bool:
    """Whether the GAN takes a column as a number: it is ordered and has more than two levels."""
    return span.kind == ORDERED and len(span.points) > 2


class TabularCTGAN(GenerativeModel):
    """A generator of rows; it has no likelihood."""

    def __init__(
        self, spans: Sequence[Span], num_labels: int, params: ModelParams, generator: torch.Generator | None
    ) -> None:
        super().__init__(spans, num_labels, params, generator)
        self.parts: tuple[Part, ...] = ()
        self.network: nn.Module | None = None
        self.ratio = DensityRatio(spans, num_labels, generator)
        self._candidates = 1

    def take(self, parts: Sequence[Part]) -> None:
        """Build the network for these parts; its weights are to be loaded."""
        from ctgan.synthesizers.ctgan import Generator

        self.parts = tuple(parts)
        width = sum(part.width for part in self.parts)
        inputs = self.params.latent_dim + sum(part.width for part in self.parts if part.role != "number")
        self.network = Generator(inputs, self.params.decoder_hidden_layers, width)

    def trained_network(self) -> nn.Module:
        """The generator; TrainingError before there is one."""
        if self.network is None:
            raise TrainingError("The model has not been trained yet.")
        return self.network

    def losses(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        raise UnsupportedModelError("tabular_ctgan is trained by the ctgan package, not by this loop.")

    @torch.no_grad()
    def sample(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        """Codes (n, d) of new rows with these labels (n,).

        Within a level every place is as likely as another.
        """
        return anywhere(self.tokens(labels, generator), generator)

    @torch.no_grad()
    def tokens(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        """Tokens (n, d) of new rows with these labels (n,).

        A generator told the label learns to repeat it before it learns what goes with it. So rows are drawn under
        conditions on other columns, as in training, and come with a label of their own. Of those with the right one
        the likeliest to be real are taken, by chance in that proportion (sampling, importance resampling).
        """
        codes, drawn = self._pool(labels, generator)
        # The n greatest of log weight + Gumbel noise are n draws by weight, none twice (Kool et al. 2019, 1903.06059).
        keys = self._log_ratios(codes, drawn) - torch.log(-torch.log(torch.rand(len(drawn), generator=generator)))
        result = torch.empty(len(labels), len(self.spans), dtype=torch.int64)
        for label, number in enumerate(torch.bincount(labels).tolist()):
            have = torch.nonzero(drawn == label).squeeze(1)
            taken = have[torch.topk(keys[have], number).indices]
            result[labels == label] = codes[taken[torch.randperm(number, generator=generator)]]
        return result

    def finish(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> None:
        """Learn which of the rows drawn are like real ones."""
        seed = int(torch.randint(2**31 - 1, (1,), generator=generator, device=codes.device))
        self.cpu().eval()
        codes, labels, draws = codes.cpu().long(), labels.cpu(), torch.Generator().manual_seed(seed)

        @torch.no_grad()
        def free(rows: int) -> tuple[Tensor, Tensor]:
            return self._round(labels[torch.randint(len(labels), (rows,), generator=draws)], draws, free=True)

        self.ratio.fit(codes, labels, free, draws)
        self._candidates = _CANDIDATES

    def cell_nll(self, codes: Tensor, labels: Tensor) -> Tensor:
        raise _no_likelihood()

    def likely_codes(self, codes: Tensor, labels: Tensor) -> Tensor:
        raise _no_likelihood()

    def extra_state(self) -> dict[str, Any]:
        return {
            "candidates": self._candidates,
            "parts": [
                {
                    "role": part.role,
                    "column": part.column,
                    "modes": [list(mode) for mode in part.modes],
                    "tokens": list(part.tokens),
                }
                for part in self.parts
            ],
        }

    def load_extra_state(self, state: dict[str, Any]) -> None:
        self._candidates = min(max(int(state["candidates"]), 1), _CANDIDATES)
        self.take(
            [
                Part(
                    str(one["role"]),
                    int(one["column"]),
                    tuple((float(a), float(b)) for a, b in one["modes"]),
                    tuple(map(int, one["tokens"])),
                )
                for one in state["parts"]
            ]
        )

    def _pool(self, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Codes (m, d) and labels (m,) of rows to choose from: of each label at least as many as are wanted."""
        wanted = torch.bincount(labels, minlength=max(self.num_labels, 1))
        lacking = wanted * self._candidates
        pool: list[tuple[Tensor, Tensor]] = []
        for _ in range(_MOST_ROUNDS):
            codes, drawn = self._round(labels, generator, free=True)
            useful = lacking[drawn] > 0
            pool.append((codes[useful], drawn[useful]))
            lacking = lacking - torch.bincount(drawn, minlength=len(lacking))
            if bool((lacking <= 0).all()):
                break
        least = lacking - wanted * (self._candidates - 1)
        for label, number in enumerate(least.clamp(min=0).tolist()):
            if number:  # the generator hardly ever draws this label: it is told to
                told = torch.full((number,), label)
                pool.append((self._round(told, generator, free=False)[0], told))
        return torch.cat([codes for codes, _ in pool]), torch.cat([drawn for _, drawn in pool])

    def _log_ratios(self, codes: Tensor, labels: Tensor) -> Tensor:
        if self._candidates == 1:
            return torch.zeros(len(codes))
        return torch.cat([self.ratio(*part) for part in zip(codes.split(8192), labels.split(8192), strict=True)])

    def _round(self, labels: Tensor, generator: torch.Generator, free: bool) -> tuple[Tensor, Tensor]:
        """Codes (n, d) and the labels (n,) that the network gave them.

        `free` rows are not told their label, unless nothing else can be the condition.
        """
        noise = torch.randn(len(labels), self.params.latent_dim, generator=generator)
        outputs = self.trained_network()(
            torch.cat([noise, self._condition(labels, generator, free)], dim=1)
        )  # (n, width)
        codes = torch.zeros(len(labels), len(self.spans), dtype=torch.int64)
        drawn, absent = labels.clone(), []
        for part, values in zip(self.parts, outputs.split([part.width for part in self.parts], dim=1), strict=True):
            if part.role == "number":
                codes[:, part.column] = _nearest(_number(values, part, generator), self.spans[part.column])
                continue
            tokens = torch.tensor(part.tokens)[_draw(values, generator)]
            if part.role == "label":
                drawn = tokens
            elif part.role == "missing":
                absent.append((part.column, tokens == 1))
            else:
                codes[:, part.column] = tokens
        for column, missing in absent:
            codes[missing, column] = self.spans[column].width - 1
        return codes, drawn

    def _condition(self, labels: Tensor, generator: torch.Generator, free: bool) -> Tensor:
        """(n, c) the place of one category of one column set, as often as training had it, or that of the label."""
        parts = [part for part in self.parts if part.role != "number"]
        features = [part for part in parts if part.role != "label"]
        condition = torch.zeros(len(labels), sum(part.width for part in parts))
        if not parts:
            return condition
        starts = torch.tensor([sum(one.width for one in parts[:place]) for place in range(len(parts))])
        if features and (free or not self.num_labels):
            chosen = self._any_category(features, starts, len(labels), generator)
        else:
            places = {value: place for place, value in enumerate(parts[-1].tokens)}
            chosen = starts[-1] + torch.tensor([places[int(label)] for label in labels])
        return condition.scatter_(1, chosen[:, None], 1.0)

    def _any_category(self, parts: list[Part], starts: Tensor, rows: int, generator: torch.Generator) -> Tensor:
        column = torch.randint(len(parts), (rows,), generator=generator)
        chosen = torch.zeros(rows, dtype=torch.int64)
        for place, part in enumerate(parts):
            here = torch.nonzero(column == place).squeeze(1)
            if len(here):
                shares = torch.tensor(_frequencies(part, self.spans[part.column]))
                chosen[here] = starts[place] + torch.multinomial(
                    shares, len(here), replacement=True, generator=generator
                )
        return chosen


def _frequencies(part: Part, span: Span) -> list[float]:
    if part.role == "missing":
        share = span.counts[-1] / sum(span.counts)
        return [share if token else 1 - share for token in part.tokens]
    return [float(span.counts[token]) for token in part.tokens]


def _draw(logits: Tensor, generator: torch.Generator) -> Tensor:
    return torch.multinomial(torch.softmax(logits, dim=1), 1, generator=generator).squeeze(1)


def _number(values: Tensor, part: Part, generator: torch.Generator) -> Tensor:
    """(n,) the number: a place (tanh) within a mode that is drawn."""
    modes = torch.tensor(part.modes)[_draw(values[:, 1:], generator)]  # (n, 2)
    return torch.tanh(values[:, 0]) * _SPREADS * modes[:, 1] + modes[:, 0]


def _nearest(numbers: Tensor, span: Span) -> Tensor:
    """(n,) the level whose value is nearest."""
    levels = torch.tensor([value for _, value in span.points])
    right = torch.searchsorted(levels, numbers).clamp(max=len(levels) - 1)
    left = (right - 1).clamp(min=0)
    return torch.where((numbers - levels[left]).abs() <= (levels[right] - numbers).abs(), left, right)


def _no_likelihood() -> UnsupportedModelError:
    return UnsupportedModelError(
        "tabular_ctgan is a GAN: it cannot say how likely a row is; choose tabular_cvae, mixed_data_cvae or "
        "tabular_vae_gmm."
    )
