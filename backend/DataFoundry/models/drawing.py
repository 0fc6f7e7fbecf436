"""Drawing rows from an autoregressive decoder, column by column, each hidden unit computed once."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from DataFoundry.models.autoregressive import AutoregressiveDecoder, joined
from DataFoundry.models.layers import Linear
from DataFoundry.models.mixtures import COMPONENTS, FEATURES, features

_FEW_ROWS = 10.0
_MANY_ROWS = 20.0  # expected, and none seen: by chance once in 5e8 times
_NEVER = -1e9
_TURNS = 3
_TINY = 1e-9


def draw_rows(
    decoder: AutoregressiveDecoder, context: Tensor, labels: Tensor, balance: Tensor, generator: torch.Generator
) -> Tensor:
    """Codes (n, d) for contexts (n, c) and labels (n,); `balance` (k, T) is added to the logits of each label."""
    drawing = Drawing(decoder, context)
    codes = []
    for place, span in enumerate(decoder.spans):
        logits = drawing.logits(place) + balance[:, span.start : span.stop][labels]
        codes.append(drawing.settle(place, draw(torch.softmax(logits, dim=1), generator), generator))
    return torch.stack(codes, dim=1)


def draw_given(
    decoder: AutoregressiveDecoder,
    context: Tensor,
    labels: Tensor,
    balance: Tensor,
    wanted: Mapping[int, Tensor],
    rows: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Codes (rows, d) that meet conditions, and their labels (rows,), from more contexts (n, c) than rows.

    `wanted` gives for a column's place (width,) the share of each token that meets its condition. A column with a
    condition is drawn from these tokens alone, and rows are then redrawn as often as their earlier columns made the
    condition likely (sequential importance resampling, Gordon, Salmond and Smith 1993): no row is rejected, and the
    more contexts there are, the nearer the rows are to the model's own among those that meet the conditions.
    """
    drawing = Drawing(decoder, context)
    codes = torch.zeros(len(context), len(decoder.spans), dtype=torch.float64, device=context.device)
    last = max(wanted)
    for place, span in enumerate(decoder.spans):
        shares = torch.softmax(drawing.logits(place) + balance[:, span.start : span.stop][labels], dim=1)
        if place in wanted:
            shares = shares * wanted[place].to(shares.device) + _TINY**3 * (wanted[place] > 0).to(shares.device)
            weights = shares.sum(dim=1)
            kept = _redrawn(weights, rows if place == last else len(weights), generator)
            drawing.take(kept)
            codes, labels, shares = codes[kept], labels[kept], shares[kept]
        codes[:, place] = drawing.settle(place, draw(shares, generator), generator)
    return codes, labels


def _redrawn(weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count,) rows in random order, each nearly as often as its weight says: one from each stratum (Kitagawa 1996)."""
    ends = weights.double().cumsum(dim=0)
    within = torch.rand(count, generator=generator, device=weights.device, dtype=torch.float64)
    marks = (torch.arange(count, device=weights.device) + within) / count * ends[-1]
    chosen = torch.searchsorted(ends, marks, right=True).clamp(max=len(weights) - 1)
    return chosen[torch.randperm(count, generator=generator, device=weights.device)]


def find_balance(
    decoder: AutoregressiveDecoder, context: Tensor, labels: Tensor, counts: Tensor, generator: torch.Generator
) -> Tensor:
    """(k, T) what to add to the logits of each label so that drawn columns have the frequencies of real ones.

    Small errors of the early columns would add up in the later ones. So rows are drawn for contexts (n, c) with labels
    (n,), and at each column, the earlier ones being in balance, the frequencies `counts` (k, T) of real rows are fitted
    as in iterative proportional fitting (Deming and Stephan 1940), with the probabilities' means in place of drawn
    counts.
    """
    drawing = Drawing(decoder, context)
    parts = []
    for place, span in enumerate(decoder.spans):
        logits = drawing.logits(place)
        shift = balanced_shifts(logits, labels, counts[:, span.start : span.stop])
        parts.append(shift)
        drawing.settle(place, draw(torch.softmax(logits + shift[labels], dim=1), generator), generator)
    return torch.cat(parts, dim=1)


def balanced_shifts(logits: Tensor, labels: Tensor, counts: Tensor, turns: int = _TURNS) -> Tensor:
    """(k, width) what to add to logits (n, width) of one column by label (n,), for frequencies `counts` (k, width).

    What no row of a label has, though many would by chance, it never gets.
    """
    known = functional.one_hot(labels, len(counts)).to(logits.dtype)  # (n, k)
    drawn = known.sum(dim=0)[:, None].clamp(min=1)  # (k, 1)
    shift = torch.where(_impossible(counts), _NEVER, 0.0)
    aim = _aim(counts, known.T @ torch.softmax(logits + shift[labels], dim=1) / drawn)
    for _ in range(turns):
        mean = known.T @ torch.softmax(logits + shift[labels], dim=1) / drawn
        shift += torch.log((aim + _TINY) / (mean + _TINY))
    return shift


def balanced_shift(logits: Tensor, counts: Tensor) -> Tensor:
    """(width,) what to add to logits (n, width) of one column so that it has the frequencies `counts` (width,)."""
    shift = torch.zeros_like(logits[0])
    aim = _aim(counts[None], torch.softmax(logits, dim=1).mean(dim=0, keepdim=True))[0]
    for _ in range(_TURNS):
        mean = torch.softmax(logits + shift, dim=1).mean(dim=0)
        shift += torch.log((aim + _TINY) / (mean + _TINY))
    return shift


def _impossible(counts: Tensor) -> Tensor:
    """(k, width) bool: tokens that no row of a label has, though many would if the label told nothing of them."""
    expected = counts.sum(dim=1, keepdim=True) * counts.sum(dim=0) / counts.sum().clamp(min=1)
    return (counts == 0) & (expected >= _MANY_ROWS)


def _aim(counts: Tensor, shares: Tensor) -> Tensor:
    """(k, width) shares to fit: real ones, but the model's own where few rows are expected and counts are chance."""
    rows = counts.sum(dim=1, keepdim=True)
    expected = shares * rows
    trust = expected / (expected + _FEW_ROWS)
    aim = trust * counts + (1 - trust) * expected
    return torch.where(rows > 0, aim / aim.sum(dim=1, keepdim=True).clamp(min=_TINY), shares)


def anywhere(tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Codes (n, d) float64: each token with a place within its level, every place as likely as another."""
    return tokens + torch.rand(tokens.shape, generator=generator, device=tokens.device, dtype=torch.float64)


def draw(shares: Tensor, generator: torch.Generator) -> Tensor:
    """(n,) tokens of shares (n, width) by inverting the distribution function."""
    return _inverted(shares, torch.rand(len(shares), 1, generator=generator, device=shares.device))


def draw_evenly(shares: Tensor, generator: torch.Generator) -> Tensor:
    """(n,) tokens of shares (n, width), the rows' chances being one from each of n equal parts, in random order.

    Each row gets each token as likely as by `draw`, and all together come nearer to the frequencies that they are to
    have (stratified sampling, Cochran 1977, chapter 5): a small table has less that is chance alone.
    """
    rows = len(shares)
    places = torch.randperm(rows, generator=generator, device=shares.device)
    within = torch.rand(rows, generator=generator, device=shares.device, dtype=torch.float64)
    return _inverted(shares, ((places + within) / max(rows, 1))[:, None].to(shares.dtype))


def _inverted(shares: Tensor, chance: Tensor) -> Tensor:
    """(n,) the tokens at which the shares (n, width) below reach chances (n, 1)."""
    shares = shares.cumsum(dim=1)
    # The factor keeps a chance next to 1 off the tokens of no chance at the end.
    return torch.searchsorted(shares, chance * shares[:, -1:] * (1 - 1e-6), right=True).squeeze(1)


class Drawing:
    """The hidden units of a batch of rows, each computed when the columns that it sees have been drawn."""

    def __init__(self, decoder: AutoregressiveDecoder, context: Tensor, given: Tensor | None = None) -> None:
        """`given` are the codes (n, g) of the columns that are never drawn."""
        self._decoder = decoder
        self._tokens = decoder.tokens() * decoder.input_mask  # (T, h)
        self._heads = decoder.heads() * decoder.head_mask
        layers = cast(list[Linear], list(decoder.layers))
        self._weights = [(layer.effective(), layer.bias) for layer in layers]
        self._first = decoder.context(context)  # (n, h) before the activation
        self._hidden = [self._first.new_empty(len(context), each[-1]) for each in decoder.seen]
        self._told = self._first.new_zeros(len(context), len(decoder.scores), FEATURES)
        self._mixture = self._first.new_zeros(len(context), 3, COMPONENTS)  # of the column that is being drawn
        if given is not None and given.shape[1]:
            self._begin(given)

    def _begin(self, codes: Tensor) -> None:
        """Tell the units of all columns that are given at once."""
        decoder, tokens, slots = self._decoder, codes.long(), self._decoder.scores.skipped
        width = codes.shape[1]
        self._first = self._first + functional.embedding_bag(tokens + decoder.starts[:width], self._tokens, mode="sum")
        if slots:
            places = decoder.scores.columns[:slots]
            scored, within = tokens[:, places], (codes - tokens)[:, places]
            which = torch.arange(slots, device=codes.device)
            self._told[:, :slots] = features(*decoder.scores.of(scored, within, which))
            self._first = self._first + self._told[:, :slots].flatten(1) @ decoder.inputs[:slots].flatten(0, 1)

    def logits(self, place: int) -> Tensor:
        """(n, width) of the column at `place`, once all columns before it are put; tokens never seen have no chance."""
        decoder = self._decoder
        new = slice(decoder.seen[0][place], decoder.seen[0][place + 1])
        self._hidden[0][:, new] = functional.relu(self._first[:, new])
        for depth in range(1, len(self._hidden)):
            self._grow(depth, place)
        span, seen = decoder.spans[place], decoder.seen[-1][place + 1]
        own = slice(span.start - decoder.offset, span.stop - decoder.offset)
        heads = self._heads[own, :seen]
        bias = decoder.bias[own] + decoder.never[own]
        logits = torch.addmm(bias, self._hidden[-1][:, :seen], heads.T)
        if place in decoder.scores.slot:
            self._mixture = decoder.mixture_at(place, self._hidden[-1][:, :seen], self._told)
            masses = decoder.scores.log_masses_at(decoder.scores.slot[place], self._mixture)
            logits[:, : masses.shape[1]] += masses
        return logits

    def take(self, rows: Tensor) -> None:
        """Go on with these rows, in this order, some more than once."""
        self._first = self._first[rows]
        self._hidden = [each[rows] for each in self._hidden]
        self._told, self._mixture = self._told[rows], self._mixture[rows]

    def settle(self, place: int, tokens: Tensor, generator: torch.Generator) -> Tensor:
        """(n,) codes: draw where within the drawn tokens (n,) values lie, and tell the units that see the column."""
        return self.tell(place, self.within(place, tokens, generator))

    def within(self, place: int, tokens: Tensor, generator: torch.Generator) -> Tensor:
        """(n,) codes of drawn tokens (n,), with a place within each level where it has such."""
        slot = self._decoder.scores.slot.get(place)
        if slot is None:
            return tokens.double()
        return tokens + self._decoder.scores.draw(slot, self._mixture, tokens, generator)

    def tell(self, place: int, codes: Tensor) -> Tensor:
        """(n,) the same codes, once the units that see the column are told of them."""
        slot = self._decoder.scores.slot.get(place)
        tokens = codes.long()
        self._put(place, tokens)
        if slot is None:
            return codes
        within = codes - tokens
        slots = torch.tensor([slot], device=tokens.device)
        self._told[:, slot] = features(*self._decoder.scores.of(tokens[:, None], within[:, None], slots))[:, 0]
        later = self._decoder.seen[0][place + 1]
        self._first[:, later:] += self._told[:, slot] @ self._decoder.inputs[slot, :, later:]
        return codes

    def _put(self, place: int, codes: Tensor) -> None:
        later = self._decoder.seen[0][place + 1]
        if later < self._first.shape[1]:
            span = self._decoder.spans[place]
            self._first[:, later:] += self._tokens[span.start : span.stop, later:][codes]

    def _grow(self, depth: int, place: int) -> None:
        """Compute the units of one layer that the column at `place` is the first to use."""
        decoder, below, above = self._decoder, self._hidden[depth - 1], self._hidden[depth]
        new = slice(decoder.seen[depth][place], decoder.seen[depth][place + 1])
        seen = decoder.seen[depth - 1][place + 1]
        weights, bias = self._weights[depth - 1]
        values = functional.relu(torch.addmm(bias[new], below[:, :seen], weights[new, :seen].T))
        above[:, new] = joined(below[:, new], values) if below.shape == above.shape else values
