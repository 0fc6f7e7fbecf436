"""Rows of a table given what is known of them before: p(row | context) without a latent.

The context (the parent's columns, the rows before) is the first columns of what the decoder sees; each of its units
sees all of it, and nothing of it is drawn.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from DataFoundry.config import ModelParams
from DataFoundry.errors import UnsupportedModelError
from DataFoundry.models.autoregressive import AutoregressiveDecoder
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.drawing import Drawing, balanced_shift, draw
from DataFoundry.models.layers import TokenWeights
from DataFoundry.models.variational import dropout_rate
from DataFoundry.preprocessing.spans import Span, total_width

_MOST_ROWS_TO_FINISH = 40_000
_NEVER = -1e9


class ConditionalRows(GenerativeModel):
    """An autoregressive decoder of a row's columns, `spans[given:]`, after the `given` columns of its context."""

    balance: Tensor

    def __init__(
        self, spans: Sequence[Span], given: int, params: ModelParams, generator: torch.Generator | None
    ) -> None:
        super().__init__(spans, 0, params, generator)
        self.given = given
        rows = max((sum(span.counts) for span in spans[given:]), default=0)
        hidden = params.decoder_hidden_layers
        self.decoder = AutoregressiveDecoder(spans, 0, hidden, TokenWeights, dropout_rate(rows), generator, given)
        self.register_buffer("balance", torch.zeros(total_width(spans[given:])))

    def losses(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        loss = self.decoder.cell_nll(codes, _nothing(codes), generator if self.training else None).sum(dim=1).mean()
        return {"loss": loss, "bound": loss}

    @torch.no_grad()
    def finish(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> None:
        """Balance what is drawn after real contexts: each column as often as in real rows."""
        rows = torch.randperm(len(codes), generator=generator, device=codes.device)[:_MOST_ROWS_TO_FINISH]
        codes = codes[rows]
        drawing = Drawing(self.decoder, _nothing(codes), codes[:, : self.given])
        parts = []
        for place, span in list(enumerate(self.spans))[self.given :]:
            counts = torch.bincount(codes[:, place].long(), minlength=span.width).to(self.balance.dtype)
            logits = drawing.logits(place)
            shift = balanced_shift(logits, counts)
            parts.append(shift)
            drawing.settle(place, draw(torch.softmax(logits + shift, dim=1), generator), generator)
        if parts:
            self.balance.copy_(torch.cat(parts))

    @torch.no_grad()
    def draw(
        self,
        context: Tensor,
        generator: torch.Generator,
        fixed: Tensor | None = None,
        banned: Mapping[int, Tensor] | None = None,
    ) -> Tensor:
        """Codes (n, d) of rows after contexts (n, g).

        Parameters
        ----------
        fixed
            (n, d) codes that are known, NaN where they are to be drawn.
        banned
            For a column, counted from the first that is drawn, (width,) or (n, width) bool: tokens it must not have.
        """
        drawing = Drawing(self.decoder, _nothing(context), context)
        codes = []
        for place, span in list(enumerate(self.spans))[self.given :]:
            own = slice(span.start - self.decoder.offset, span.stop - self.decoder.offset)
            column = place - self.given
            logits = drawing.logits(place) + self.balance[own]
            if banned and column in banned:
                logits = logits + torch.where(banned[column], _NEVER, 0.0)
            known = torch.isnan(fixed[:, column]) if fixed is not None else None
            tokens = draw(torch.softmax(logits, dim=1), generator)
            if fixed is None or known is None or bool(known.all()):
                codes.append(drawing.settle(place, tokens, generator))
                continue
            within = drawing.within(place, tokens, generator)
            codes.append(drawing.tell(place, torch.where(known, within, fixed[:, column])))
        return torch.stack(codes, dim=1) if codes else torch.zeros(len(context), 0, dtype=torch.float64)

    def sample(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        if self.given:
            raise UnsupportedModelError("This model draws rows after a context; none was given.")
        return self.draw(torch.zeros(len(labels), 0, dtype=torch.float64), generator)

    @torch.no_grad()
    def cell_nll(self, codes: Tensor, labels: Tensor) -> Tensor:
        return self.decoder.cell_nll(codes, _nothing(codes))

    @torch.no_grad()
    def likely_codes(self, codes: Tensor, labels: Tensor) -> Tensor:
        logits = self.decoder(codes, _nothing(codes))[0] + self.decoder.never
        starts = [span.start - self.decoder.offset for span in self.spans[self.given :]]
        widths = [span.width for span in self.spans[self.given :]]
        parts = [logits[:, at : at + width].argmax(dim=1) for at, width in zip(starts, widths, strict=True)]
        return torch.stack(parts, dim=1)


def _nothing(codes: Tensor) -> Tensor:
    """(n, 0): the context is among the columns."""
    return torch.zeros(len(codes), 0, device=codes.device)
