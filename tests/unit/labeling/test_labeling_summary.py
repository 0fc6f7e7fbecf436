"""Votes counted: patterns, overlaps and conflicts, by hand, against Snorkel, and added up."""

import dataclasses

import numpy as np
import pytest
from snorkel.labeling import LFAnalysis

from DataFoundry.labeling.aggregation.vote_summary import VoteSummary, patterns_of

VOTES = np.array([[1, 1, -1], [0, 1, -1], [-1, -1, -1], [0, 1, 0]], dtype=np.int8)


def summary(votes, cardinality=2):
    return VoteSummary.of(patterns_of(votes), cardinality)


def equal(one, other):
    return all(
        np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b
        for a, b in zip(dataclasses.astuple(one), dataclasses.astuple(other), strict=True)
    )


def random_votes(rows, functions, seed, top=2):
    return np.random.default_rng(seed).integers(-1, top, (rows, functions)).astype(np.int8)


def test_counts_by_hand():
    found = summary(VOTES)
    assert (found.rows, found.covered, found.conflicted) == (4, 3, 2)
    assert found.overlaps.tolist() == [3, 3, 1]
    assert found.conflicts.tolist() == [2, 2, 1]
    assert found.votes_by_class.tolist() == [[2, 1], [0, 3], [1, 0]]
    assert found.disagreements().tolist() == [[0, 2, 0], [2, 0, 1], [0, 1, 0]]
    assert found.joint_votes().tolist() == [[3, 3, 1], [3, 3, 1], [1, 1, 1]]
    assert found.patterns == {row.tobytes(): 1 for row in VOTES}


@pytest.mark.parametrize(("functions", "top"), [(3, 2), (12, 3), (50, 2)])
def test_counts_equal_snorkels_analysis(functions, top):
    votes = random_votes(500, functions, seed=functions, top=top)
    found = summary(votes, top)
    theirs = LFAnalysis(votes.astype(int))
    assert found.overlaps / found.rows == pytest.approx(theirs.lf_overlaps())
    assert found.conflicts / found.rows == pytest.approx(theirs.lf_conflicts())
    assert found.votes_by_class.sum(axis=1) / found.rows == pytest.approx(theirs.lf_coverages())
    assert found.covered / found.rows == pytest.approx(theirs.label_coverage())
    assert found.conflicted / found.rows == pytest.approx(theirs.label_conflict())


@pytest.mark.parametrize("functions", [1, 4, 60])
def test_patterns_give_the_matrix_back(functions):
    votes = random_votes(300, functions, seed=1)
    found = patterns_of(votes)
    assert np.array_equal(found.votes[found.places], votes)
    assert np.array_equal(np.bincount(found.places), found.counts)
    assert len({row.tobytes() for row in found.votes}) == len(found.votes)


@pytest.mark.parametrize("cut", [0, 1, 120, 300])
def test_the_summaries_of_two_parts_add_up_to_that_of_the_whole(cut):
    votes = random_votes(300, 7, seed=2, top=3)
    assert equal(summary(votes[:cut], 3) + summary(votes[cut:], 3), summary(votes, 3))


def test_parts_of_different_cardinality_add_up():
    votes = random_votes(300, 5, seed=3, top=4)
    low = np.minimum(votes[:100], 1)
    assert equal(summary(low, 2) + summary(votes, 4), summary(np.concatenate([low, votes]), 4))


def test_many_patterns_are_counted_in_pieces(monkeypatch):
    votes = random_votes(300, 7, seed=5)
    whole = summary(votes)
    monkeypatch.setattr("DataFoundry.labeling.aggregation.vote_summary._CELLS_AT_ONCE", 100)
    assert equal(summary(votes), whole)


def test_what_the_votes_do_not_show_adds_up_too():
    one = summary(VOTES).noting(np.array([1, 0, 2]), np.array([0, 1, 0]))
    both = one + one
    assert (both.nones.tolist(), both.faults.tolist()) == ([2, 0, 4], [0, 2, 0])


def test_beyond_the_bound_half_of_the_rows_are_forgotten_each_time(monkeypatch):
    monkeypatch.setattr("DataFoundry.labeling.aggregation.vote_summary.MAX_PATTERNS", 300)
    often = np.repeat(random_votes(1, 7, seed=5), 4000, axis=0)
    votes = np.concatenate([random_votes(4000, 7, seed=4), often])
    found = summary(votes)
    assert found.covered == (votes >= 0).any(axis=1).sum()
    assert 0 < len(found.patterns) <= 300
    assert found.halvings > 1
    assert sum(found.patterns.values()) * 2**found.halvings == pytest.approx(8000, rel=0.15)
    assert found.patterns[often[0].tobytes()] * 2**found.halvings == pytest.approx(4000, rel=0.05)
    for both in (summary(votes[:3000]) + summary(votes[3000:]), summary(votes[3000:]) + summary(votes[:3000])):
        assert sum(both.patterns.values()) * 2**both.halvings == pytest.approx(8000, rel=0.15)
