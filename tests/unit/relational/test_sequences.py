"""A single table of sequences: entities keep what is theirs, rows follow one another in time."""

from pathlib import Path

import numpy as np
import pandas as pd

from DataFoundry.preprocessing.spans import CATEGORY, ORDERED, Span
from DataFoundry.relational.bundle import load_related
from DataFoundry.relational.matching import match, match_own, without_repeats
from DataFoundry.relational.order import order_of
from DataFoundry.relational.relation import Relation
from examples.make_sequences import sequences


def test_a_table_of_sequences_is_one_table_again(synthesized):
    real = sequences(120, longest=20)
    said = {"visits": {"sequence_key": "patient", "sequence_index": "day"}}
    fake, made, answer = synthesized({"visits": real}, said=said)
    assert set(fake) == {"visits"} == set(answer["output_paths"])
    visits = fake["visits"]
    assert list(visits.columns) == list(real.columns)
    assert (visits.groupby("patient")["site"].nunique() == 1).all()
    days = pd.to_datetime(visits["day"])
    assert (days.groupby(visits["patient"]).diff().dropna() >= pd.Timedelta(0)).all()
    assert abs(visits["patient"].nunique() - 120) <= 1 and abs(len(visits) - len(real)) <= 0.02 * len(real)
    assert made["config"]["sequences"]["visits"]["columns"] == ["site"]


def test_second_parents_are_those_that_fit():
    spans = [Span(0, 3, CATEGORY, (), (5, 5, 5)), Span(3, 3, ORDERED, ((0.2, 0.0), (0.6, 1.0)), (5, 5, 0), (0, 1))]
    wanted = np.array([[0, 0.1], [0, 1.9], [1, 0.5], [2, 0.5]])
    offered = np.array([[1, 0.4], [0, 1.8], [0, 0.2], [1, 1.9], [1, 0.0]])
    found = match(wanted, offered, spans, np.random.default_rng(0))
    assert found[:3].tolist() == [2, 1, 0] and found[3] in (3, 4)


def test_own_parents_make_no_circle_and_repeats_are_exchanged():
    spans = [Span(0, 3, CATEGORY, (), (5, 5, 0))]
    r = np.random.default_rng(0)
    codes = r.integers(0, 2, (50, 1)).astype(float)
    rows = np.arange(5, 50)
    above = np.full(50, -1)
    above[rows] = match_own(codes, codes, r.integers(0, 3, 50), rows, spans, r)
    for row in range(50):
        at, steps = row, 0
        while above[at] >= 0:
            at, steps = above[at], steps + 1
            assert steps < 50
    chosen = without_repeats(np.array([7, 7, 8, 9, 6, 5]), np.array([0, 0, 1, 1, 2, 2]), r)
    assert len({(0, c) for c in chosen[:2]}) == 2 and sorted(chosen) == [5, 6, 7, 7, 8, 9]


def test_parents_in_a_circle_are_made_in_some_order():
    one, other = Relation("a", ("id",), "b", ("a",)), Relation("b", ("id",), "a", ("b",))
    counts = {each.name: np.array([0, 1, 2]) for each in (one, other)}
    order = order_of(["a", "b"], [one, other], [], counts)
    assert sorted(order.tables) == ["a", "b"]
    primary = [place.primary for place in order.places.values() if place.primary]
    assert len(primary) == 1 and sum(len(place.second) for place in order.places.values()) == 1


def test_the_row_before_is_where_the_network_is_told_that_it_is(synthesized):
    """What a row is balanced by must be the state of the row before, and no other column of its context."""
    real = sequences(60, longest=12)
    _, made, _ = synthesized({"visits": real}, said={"visits": {"sequence_key": "patient", "sequence_index": "day"}})
    config = made["config"]
    related = load_related(Path(config["output_model_path"]), Path(config["preprocessor_path"]))
    model, (column, place) = related.tables["visits"], next(iter(related.before("visits").items()))
    assert list(model.columns.transformer.state()["kinds"])[column] == "state" and len(related.before("visits")) == 1
    r = np.random.default_rng(0)
    rows = np.stack([r.integers(0, span.width, 6) for span in related.row_spans("visits")], axis=1).astype(float)
    course = model.teller.start(6)
    for _ in range(2):
        model.teller.add(course, np.arange(6), rows)
    history = model.teller.history(course, np.full(6, 9))
    begins = len(related.context_spans("visits")) - history.shape[1]
    assert history[:, place - begins].tolist() == rows[:, column].tolist()
    assert model.network.before == related.before("visits") and model.network.get_buffer(f"after_{column}").abs().sum()
