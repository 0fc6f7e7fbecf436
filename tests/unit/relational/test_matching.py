"""Second parents: each place once, near what a row wants, and in time that grows with the rows."""

import numpy as np

from DataFoundry.preprocessing.spans import ORDERED, Span
from DataFoundry.relational import matching


def _ordered(start: int, levels: int) -> Span:
    points = tuple((place / levels, float(place)) for place in range(levels))
    return Span(start, levels + 1, ORDERED, points, (*[1] * levels, 0))


def test_rows_get_places_that_are_near_in_each_of_their_numbers():
    r = np.random.default_rng(0)
    spans = [_ordered(0, 1000), _ordered(1001, 1000)]
    offered = r.integers(0, 1000, (5000, 2)).astype(float)
    wanted = np.clip(offered[r.permutation(5000)] + r.normal(0, 10, (5000, 2)), 0, 999).round()
    found = matching.match(wanted, offered, spans, r)
    assert sorted(found) == list(range(5000))
    far = np.abs(wanted - offered[found]).mean(axis=0) / 1000
    assert far.max() < 0.06  # cut along the first number only, the second was .12 away


def test_many_rows_are_matched_in_cells_of_few(monkeypatch):
    sizes = []
    exact = matching.linear_sum_assignment

    def noted(distance):
        sizes.append(max(distance.shape))
        return exact(distance)

    monkeypatch.setattr(matching, "linear_sum_assignment", noted)
    r = np.random.default_rng(0)
    spans = [_ordered(0, 100)]
    wanted, offered = (r.integers(0, 100, (32_000, 1)).astype(float) for _ in range(2))
    found = matching.match(wanted, offered, spans, r)
    assert (found >= 0).all() and sum(sizes) == 32_000
    assert max(sizes) <= 100  # the time of each cell grows with the third power of its rows
    assert np.abs(wanted - offered[found]).mean() < 1
