"""Rows drawn in chunks of a fixed size, each from (seed, chunk number) alone.

So the same seed gives the same table, however many rows are asked for at once and in whichever process a chunk is
drawn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from DataFoundry.models.bundle import Bundle
from DataFoundry.preprocessing.transformer import TableTransformer

CHUNK_ROWS = 4096


def sample_chunks(
    bundle: Bundle, rows: int, classes: np.ndarray, seed: int, conditions: Mapping[str, Any] | None = None
) -> Iterator[pd.DataFrame]:
    """`rows` synthetic rows, features and then the label, in frames of at most `CHUNK_ROWS` rows.

    Parameters
    ----------
    classes
        (k,) share of each class of the label; the numbers of rows follow it as closely as whole rows can, in each
        chunk and in all. Ignored for a model without a condition.
    conditions
        What the features must be, see `preprocessing.columns.wanted`. With several classes, labels then come as often
        as they do among such rows.

    Raises
    ------
    RequestError
        If no training row meets a condition.
    """
    transformer, wanted = bundle.transformer.restrict(conditions or {})
    plan = _Plan(bundle, transformer, {place: torch.from_numpy(share).float() for place, share in wanted.items()})
    shares = np.cumsum(classes) / np.sum(classes)
    return (
        plan.chunk(start, min(start + CHUNK_ROWS, rows), shares, np.random.SeedSequence([seed, number]))
        for number, start in enumerate(range(0, rows, CHUNK_ROWS))
    )


@dataclass(frozen=True)
class _Plan:
    bundle: Bundle
    transformer: TableTransformer
    wanted: dict[int, torch.Tensor]

    def chunk(self, start: int, stop: int, shares: np.ndarray, sequence: np.random.SeedSequence) -> pd.DataFrame:
        """Rows `start` to `stop`; `shares` (k,) are cumulative."""
        rng = np.random.default_rng(sequence)
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        # Rows of class k so far are those below stop * shares[k], less those before the chunk: exact in the sum.
        ends = np.round(stop * shares).astype(np.int64) - np.round(start * shares).astype(np.int64)
        classes = np.repeat(np.arange(len(shares)), np.diff(ends, prepend=0))
        rng.shuffle(classes)
        labels = torch.from_numpy(classes)
        if self.wanted:
            codes, labels = self.bundle.model.sample_given(labels, self.wanted, generator)
        else:
            codes = self.bundle.model.sample(labels, generator)
        frame = self.transformer.decode(codes.numpy(), rng)
        if self.bundle.labels is not None:
            frame[self.bundle.labels.name] = self.bundle.labels.decode(labels.numpy())
        return frame
