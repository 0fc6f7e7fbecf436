"""Rows drawn in chunks of a fixed size, each from (seed, chunk number) alone.

So the same seed gives the same table, however many rows are asked for at once and in whichever process a chunk is
drawn.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from DataFoundry.blocks import in_order
from DataFoundry.derivation.conditions import rows_that_meet, translated
from DataFoundry.derivation.promises import rows_that_break
from DataFoundry.errors import ImpossibleError, RequestError
from DataFoundry.models.bundle import Bundle
from DataFoundry.preprocessing.transformer import TableTransformer

CHUNK_ROWS = 4096
_MOST_REDRAWS = 10  # of rows that break a rule
_MOST_DRAWS = 100  # of as many rows as are asked for


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
    _refuse_made(bundle, conditions or {})
    asked, later = translated(conditions or {}, bundle.derivation)
    transformer, wanted = bundle.transformer.restrict(asked)
    tokens = {place: torch.from_numpy(share).float() for place, share in wanted.items()}
    shares = np.cumsum(classes) / np.sum(classes)
    plan = _Plan(replace(bundle, detector=None), transformer, tokens, later, seed, rows, shares)
    return in_order(plan, range(-(-rows // CHUNK_ROWS)))


def _refuse_made(bundle: Bundle, conditions: Mapping[str, Any]) -> None:
    made = [name for name in conditions if name in bundle.made.columns]
    if made:
        raise RequestError(
            f"conditions: the values of {made[0]!r} are made anew for each row, so nothing can be asked of them; leave "
            "the condition out.",
            column=made[0],
        )


@dataclass(frozen=True)
class _Plan:
    """Makes chunks by their numbers; `shares` (k,) are cumulative."""

    bundle: Bundle
    transformer: TableTransformer
    wanted: dict[int, torch.Tensor]
    later: dict[str, Any]
    seed: int
    rows: int
    shares: np.ndarray

    def __call__(self, number: int) -> pd.DataFrame:
        """The rows of one chunk."""
        start, shares = number * CHUNK_ROWS, self.shares
        stop = min(start + CHUNK_ROWS, self.rows)
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, number]))
        generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
        # Rows of class k so far are those below stop * shares[k], less those before the chunk: exact in the sum.
        ends = np.round(stop * shares).astype(np.int64) - np.round(start * shares).astype(np.int64)
        classes = np.repeat(np.arange(len(shares)), np.diff(ends, prepend=0))
        rng.shuffle(classes)
        labels = torch.from_numpy(classes)
        frame = self._meeting(labels, rng, generator) if self.later else self._kept(labels, rng, generator)
        named = [] if self.bundle.labels is None else [self.bundle.labels.name]
        return self.bundle.made.make(frame, start, self.seed)[[*self.bundle.derivation.columns, *named]]

    def _whole(self, labels: torch.Tensor, rng: np.random.Generator, generator: torch.Generator) -> pd.DataFrame:
        """Rows with all that follows from what was drawn."""
        bundle = self.bundle
        if self.wanted:
            codes, labels = bundle.model.sample_given(labels, self.wanted, generator)
        else:
            codes = bundle.model.sample(labels, generator)
        frame = self.transformer.decode(codes.numpy(), rng)
        if bundle.labels is not None:
            frame[bundle.labels.name] = bundle.labels.decode(labels.numpy())
        return bundle.derivation.restore(frame)

    def _kept(self, labels: torch.Tensor, rng: np.random.Generator, generator: torch.Generator) -> pd.DataFrame:
        """Whole rows; those that break a rule which is not kept by construction are drawn again, a few times."""
        frame = self._whole(labels, rng, generator)
        for _ in range(_MOST_REDRAWS):
            wrong = np.flatnonzero(rows_that_break(frame, self.bundle.derivation))
            if not len(wrong):
                break
            again = self._whole(labels[wrong], rng, generator).set_axis(wrong)
            frame = pd.concat([frame.drop(index=wrong), again]).sort_index()
        return frame

    def _meeting(self, labels: torch.Tensor, rng: np.random.Generator, generator: torch.Generator) -> pd.DataFrame:
        """As many rows that meet the conditions on what follows; others are drawn in vain."""
        kept: list[pd.DataFrame] = []
        for _ in range(_MOST_DRAWS):
            frame = self._kept(labels, rng, generator)
            kept.append(frame[rows_that_meet(frame, self.later, self.bundle.derivation)])
            if sum(map(len, kept)) >= len(labels):
                return pd.concat(kept, ignore_index=True).iloc[: len(labels)]
        raise ImpossibleError("Rows that meet these conditions are too rare for this model; ask for fewer conditions.")
