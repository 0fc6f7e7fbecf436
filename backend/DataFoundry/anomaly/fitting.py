"""Fit the density of rows, robust to the odd ones among them."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from DataFoundry.anomaly.network import Density, Inputs

STEPS = 500
_BATCH = 256
_RATE = 1e-3
_TRIM = 0.2  # of each batch, the oddest rows do not teach
_WARM = 0.25  # of the steps, before it is known which are odd
_HIDE = 0.1
_LARGEST_GRADIENT = 10.0


def fit_density(
    model: Density,
    inputs: Inputs,
    may_lack: Tensor,
    generator: torch.Generator,
    steps: int = STEPS,
    own_rows: Sequence[Tensor] = (),
) -> None:
    """Minimise the mean negative evidence bound of the rows, the oddest fifth of each batch left out.

    Every member learns from the same batches of all rows, or with `own_rows` from batches of the rows that it is given.

    Dirt in the training table would otherwise be learnt like all else; after a quarter of the steps the rows that the
    model finds oddest are no longer learnt from (trimmed likelihood, Hadi and Luceno 1997).
    """
    optimizer = torch.optim.Adam(model.parameters(), _RATE, fused=True)
    batches = _batches(len(inputs.codes), own_rows, generator)
    for step in range(steps):
        chosen = next(batches)
        loss = _loss(model, inputs.take(chosen), may_lack, generator, trim=_TRIM if step > steps * _WARM else 0.0)
        optimizer.zero_grad()
        loss.backward()
        _clip(model)
        optimizer.step()


def _batches(rows: int, own_rows: Sequence[Tensor], generator: torch.Generator) -> Iterator[Tensor]:
    """Row numbers, shuffled anew when all were given: (b,), or (m, b) where each member has its own rows."""
    fewest = min(map(len, own_rows), default=rows)
    while True:
        if own_rows:
            orders = [each[torch.randperm(len(each), generator=generator)][:fewest] for each in own_rows]
            order = torch.stack(orders)
        else:
            order = torch.randperm(rows, generator=generator)
        for place in range(0, max(fewest - _BATCH, 0) + 1, _BATCH):
            yield order[..., place : place + _BATCH]


def _loss(model: Density, batch: Inputs, may_lack: Tensor, generator: torch.Generator, trim: float) -> Tensor:
    """Mean negative evidence bound of a batch, summed over members; the share `trim` of rows teaches no numbers."""
    shape = batch.codes.shape[:-1]
    hidden = torch.rand(*shape, model.numbers + len(model.widths), generator=generator) < _HIDE
    half = torch.rand(*shape, 1, generator=generator) < 0.5
    mean, log_variance = model.encode(batch, hidden & half)
    noise = torch.randn(mean.shape, generator=generator)
    nll = model.cell_nll(batch, mean + noise * torch.exp(log_variance / 2), may_lack)
    numbers, categories = nll[..., : model.numbers].sum(dim=-1), nll[..., model.numbers :].sum(dim=-1)  # (m, n)
    divergence = model.divergence(mean, log_variance)
    kept = max(1, int(numbers.shape[1] * (1 - trim)))
    numbers = numbers.gather(1, (numbers + divergence).topk(kept, dim=1, largest=False).indices)
    return (numbers.mean(dim=1) + (categories + divergence).mean(dim=1)).sum()


def _clip(model: Density) -> None:
    """Bound each member's gradient by itself."""
    squares = sum((each.grad**2).sum(dim=(1, 2)) for each in model.parameters() if each.grad is not None)
    factor = (_LARGEST_GRADIENT / (squares**0.5 + 1e-6)).clamp(max=1.0)[:, None, None]
    for each in model.parameters():
        if each.grad is not None:
            each.grad.mul_(factor)
