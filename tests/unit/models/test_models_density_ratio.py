"""The ratio of densities is found, and rows chosen by it come as often as real ones."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.contract.test_models import config, fit, table

from DataFoundry.models.density_ratio import DensityRatio
from DataFoundry.models.sampling import sample_chunks
from DataFoundry.preprocessing.spans import CATEGORY, Span

SPANS = [Span(0, 2, CATEGORY, (), (1, 1)), Span(2, 2, CATEGORY, (), (1, 1))]
REAL, DRAWN = [0.8, 0.2], [0.5, 0.5]


def rows(shares, number, generator):
    """The second column repeats the first where the label is 1, else it is chance."""
    labels = torch.randint(2, (number,), generator=generator)
    first = torch.multinomial(torch.tensor(shares), number, replacement=True, generator=generator)
    second = torch.where(labels == 1, first, torch.randint(2, (number,), generator=generator))
    return torch.stack([first, second], dim=1), labels


def test_the_log_ratio_of_known_shares_is_found():
    generator = torch.Generator().manual_seed(0)
    ratio = DensityRatio(SPANS, 2, generator)
    assert ratio(*rows(REAL, 50, generator)).eq(0).all()  # before it is fitted, no row is preferred
    codes, labels = rows(REAL, 20_000, generator)
    ratio.fit(codes, labels, lambda number: rows(DRAWN, number, generator), generator)
    asked = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    with torch.no_grad():
        found = ratio(asked, torch.zeros(4, dtype=torch.int64))
    expected = np.log([1.6, 1.6, 0.4, 0.4])
    assert found.numpy() == pytest.approx(expected, abs=0.15)


def test_nothing_is_preferred_where_rows_are_drawn_as_real_ones():
    generator = torch.Generator().manual_seed(0)
    ratio = DensityRatio(SPANS, 2, generator)
    codes, labels = rows(REAL, 5_000, generator)
    ratio.fit(codes, labels, lambda number: rows(REAL, number, generator), generator)
    with torch.no_grad():
        assert ratio(codes, labels).abs().max() < 0.3


def test_ctgan_draws_rows_nearer_to_real_ones_once_it_knows_the_ratio():
    frame = table(2000)
    done = fit(frame, config("tabular_ctgan", epochs=3))
    shares = []
    for candidates in (1, 8):
        done.model._candidates = candidates
        bundle = done.bundle("tabular_ctgan")
        new = pd.concat(sample_chunks(bundle, 2000, np.ones(3), 0))
        shares.append(new["color"][new["label"] == "high"].eq("red").mean())
    assert (frame["color"][frame["label"] == "high"] == "red").all()
    assert shares[1] > shares[0] + 0.1
