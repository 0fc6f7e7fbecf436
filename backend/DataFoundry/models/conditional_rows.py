"""Rows of a table given what is known of them before: p(row | context) without a latent.

The context (the parent's columns, the rows before) is the first columns of what the decoder sees; each of its units
sees all of it, and nothing of it is drawn.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from DataFoundry.config import ModelParams
from DataFoundry.errors import UnsupportedModelError
from DataFoundry.models.autoregressive import AutoregressiveDecoder
from DataFoundry.models.base import GenerativeModel
from DataFoundry.models.drawing import Drawing, balanced_shift, balanced_shifts, draw, draw_evenly
from DataFoundry.models.layers import TokenWeights
from DataFoundry.models.variational import dropout_rate
from DataFoundry.preprocessing.spans import Span, total_width

_MOST_ROWS_TO_FINISH = 40_000
_NEVER = -1e9
_TURNS = 10  # of fitting what follows what
_TINY = 1e-6


class ConditionalRows(GenerativeModel):
    """An autoregressive decoder of a row's columns, `spans[given:]`, after the `given` columns of its context.

    Parameters
    ----------
    before
        For categories that rows following one another have, by their place among the columns that are drawn: the place
        in the context where the row before tells its own. They are balanced by it.
    alike
        Share of the rows that count as learnt from independently: those of one parent are like one another.
    beside
        For categories the column of the same row, drawn before, that tells most of them; both are counted from the
        first that is drawn. They are balanced by it, too: a network that learns from few rows learns little of it.
    absent
        For columns that are drawn places among all columns and tokens: with these they have their last token.
    """

    balance: Tensor

    def __init__(
        self,
        spans: Sequence[Span],
        given: int,
        params: ModelParams,
        generator: torch.Generator | None,
        before: Mapping[int, int] | None = None,
        alike: float = 1.0,
        absent: Mapping[int, Sequence[tuple[int, Sequence[int]]]] | None = None,
        beside: Mapping[int, int] | None = None,
    ) -> None:
        super().__init__(spans, 0, params, generator)
        self.given = given
        self.before = dict(before or {})
        self.absent = dict(absent or {})
        self.beside = dict(beside or {})
        rows = round(alike * max((sum(span.counts) for span in spans[given:]), default=0))
        hidden = params.decoder_hidden_layers
        self.decoder = AutoregressiveDecoder(spans, 0, hidden, TokenWeights, dropout_rate(rows), generator, given)
        self.register_buffer("balance", torch.zeros(total_width(spans[given:])))
        for column, place in self.before.items():
            self.register_buffer(_after(column), torch.zeros(spans[place].width, spans[given + column].width))
        for column, other in self.beside.items():
            self.register_buffer(_beside(column), torch.zeros(spans[given + other].width, spans[given + column].width))

    def losses(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        loss = self.decoder.cell_nll(codes, _nothing(codes), generator if self.training else None).sum(dim=1).mean()
        return {"loss": loss, "bound": loss}

    @torch.no_grad()
    def finish(self, codes: Tensor, labels: Tensor, generator: torch.Generator) -> None:
        """Balance what is drawn after real contexts: each column as often as in real rows, and categories of rows that
        follow one another after each other as often, too."""
        rows = torch.randperm(len(codes), generator=generator, device=codes.device)[:_MOST_ROWS_TO_FINISH]
        codes = codes[rows]
        drawing = Drawing(self.decoder, _nothing(codes), codes[:, : self.given])
        parts: list[Tensor] = []
        rows_so_far: list[Tensor] = []
        for place, span in list(enumerate(self.spans))[self.given :]:
            column, real, logits = place - self.given, codes[:, place].long(), drawing.logits(place)
            # Rows of which one token is known are balanced by nothing.
            free = ~self._absent(column, codes, rows_so_far)
            told = ~self._absent(column, codes, list(codes[:, self.given :].T))
            if column in self.beside:
                other = self.beside[column]
                told_by = (rows_so_far[other].long(), codes[:, self.given + other].long())
                logits = logits + self._balanced_by(_beside(column), logits, told_by, real, (free, told))
            if column in self.before:
                earlier = codes[:, self.before[column]].long()
                logits = logits + self._balanced_by(_after(column), logits, (earlier, earlier), real, (free, told))
            logits = self._where_absent(column, logits, codes, rows_so_far)
            counts = torch.bincount(real[told], minlength=span.width).to(self.balance.dtype)
            parts.append(self._balance(column, logits[free], counts))
            tokens = draw(torch.softmax(logits + parts[-1], dim=1), generator)
            rows_so_far.append(drawing.settle(place, tokens, generator))
        if parts:
            self.balance.copy_(torch.cat(parts))

    def _balance(self, column: int, logits: Tensor, counts: Tensor) -> Tensor:
        """(width,) what to add to logits (n, width) for frequencies (width,); of a column that may be absent its last
        token first, since few rows tell each of the others."""
        shift = torch.zeros_like(counts)
        if not len(logits):
            return shift
        if column in self.absent:
            aim = torch.logit(counts[-1] / counts.sum().clamp(min=1), eps=_TINY)
            for _ in range(_TURNS):
                shift[-1] += aim - torch.logit(torch.softmax(logits + shift, dim=1)[:, -1].mean(), eps=_TINY)
        return shift + balanced_shift(logits + shift, counts)

    def _absent(self, column: int, context: Tensor, drawn: Sequence[Tensor]) -> Tensor:
        """(n,) bool: the rows in which a column has its last token, by what they are drawn after and what is drawn."""
        rows = torch.zeros(len(context), dtype=torch.bool, device=context.device)
        for place, tokens in self.absent.get(column, ()):
            known = context[:, place] if place < self.given else drawn[place - self.given]
            rows |= torch.isin(known.long(), torch.tensor(tokens, device=known.device))
        return rows

    def _where_absent(self, column: int, logits: Tensor, context: Tensor, drawn: Sequence[Tensor]) -> Tensor:
        """(n, width) the logits of a column with the last token alone in rows where it has to be."""
        if column not in self.absent:
            return logits
        last = torch.arange(logits.shape[1], device=logits.device) == logits.shape[1] - 1
        return torch.where(self._absent(column, context, drawn)[:, None] & ~last, _NEVER, logits)

    def _balanced_by(
        self, name: str, logits: Tensor, told_by: tuple[Tensor, Tensor], real: Tensor, rows: tuple[Tensor, Tensor]
    ) -> Tensor:
        """(n, width) what is added to a column's logits (n, width) by what tells of it, learnt from real rows.

        `told_by` is what tells (n,), as drawn and in real rows, and `rows` (n,) which of each count; `name` is the
        buffer that keeps what is learnt.
        """
        shifts, (drawn, there), (free, told) = self.get_buffer(name), told_by, rows
        pairs = torch.bincount(there[told] * logits.shape[1] + real[told], minlength=shifts.numel()).view_as(shifts)
        shifts.copy_(balanced_shifts(logits[free], drawn[free], pairs.to(shifts.dtype), _TURNS))
        return shifts[drawn]

    @torch.no_grad()
    def draw(
        self,
        context: Tensor,
        generator: torch.Generator,
        fixed: Tensor | None = None,
        banned: Mapping[int, Tensor] | None = None,
        agreed: Callable[[int, Tensor, Sequence[Tensor]], Tensor] | None = None,
    ) -> Tensor:
        """Codes (n, d) of rows after contexts (n, g).

        Parameters
        ----------
        fixed
            (n, d) codes that are known, NaN where they are to be drawn.
        banned
            For a column, counted from the first that is drawn, (width,) or (n, width) bool: tokens it must not have.
        agreed
            From a column, its drawn tokens (n,) and the codes before it, what it has in their place.
        """
        drawing = Drawing(self.decoder, _nothing(context), context)
        codes: list[Tensor] = []
        for place, span in list(enumerate(self.spans))[self.given :]:
            own = slice(span.start - self.decoder.offset, span.stop - self.decoder.offset)
            column = place - self.given
            logits = self._where_absent(column, drawing.logits(place), context, codes) + self.balance[own]
            if column in self.beside:
                logits = logits + self.get_buffer(_beside(column))[codes[self.beside[column]].long()]
            if column in self.before:
                logits = logits + self.get_buffer(_after(column))[context[:, self.before[column]].long()]
            if banned and column in banned:
                logits = logits + torch.where(banned[column], _NEVER, 0.0)
            known = torch.isnan(fixed[:, column]) if fixed is not None else None
            tokens = draw_evenly(torch.softmax(logits, dim=1), generator)
            if agreed is not None:
                tokens = agreed(column, tokens, codes)
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


def _after(column: int) -> str:
    """The name of what is added to a column's logits by the row before."""
    return f"after_{column}"


def _beside(column: int) -> str:
    """The name of what is added to a column's logits by another one of the same row."""
    return f"beside_{column}"


def _nothing(codes: Tensor) -> Tensor:
    """(n, 0): the context is among the columns."""
    return torch.zeros(len(codes), 0, device=codes.device)
