"""Entities that are unlike all others by the rows that hang on them, and none where all are alike."""

import numpy as np
import pandas as pd
import pytest

from DataFoundry.relational.odd_entities import odd_entities
from DataFoundry.relational.relation import Relation
from DataFoundry.schema.discovery import discover_in
from examples.make_shop import shop

LINKS = [
    Relation("customers", ("customer_id",), "orders", ("customer_id",)),
    Relation("orders", ("order_id",), "items", ("order_id",)),
]


def _found(frames):
    schemas = {name: discover_in(frame) for name, frame in frames.items()}
    return {name: each for name, each in odd_entities(frames, schemas, LINKS).items() if each}


def _more_orders(frames, place, many, days):
    """One customer with so many more orders, so many days apart."""
    customer = frames["customers"]["customer_id"].iloc[place]
    first = frames["orders"].head(1)
    more = pd.concat([first] * many, ignore_index=True).assign(customer_id=customer)
    more["order_id"] = 900_000 + np.arange(many)
    more["ordered"] = (pd.Timestamp("2021-01-01") + pd.to_timedelta(days * np.arange(many), "D")).strftime("%Y-%m-%d")
    return {**frames, "orders": pd.concat([frames["orders"], more], ignore_index=True)}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_entity_of_a_usual_table_is_odd(seed):
    assert _found(shop(600, seed)) == {}


def test_entities_with_far_more_rows_or_far_longer_gaps_are_found():
    frames = _more_orders(shop(600, 0), place=7, many=80, days=3)
    told = _found(frames)
    assert {name: [each.row for each in cells] for name, cells in told.items()} == {"customers": [7]}
    finding = told["customers"][0]
    assert (finding.column, finding.kind) == ("customer_id", "outlier")
    assert "the number of its orders: 8" in finding.why and "of 98 in 100" in finding.why
    told = _found(_more_orders(shop(600, 1), place=9, many=4, days=12000))
    assert [each.row for each in told["customers"]] == [9]
    assert "the days between its orders" in told["customers"][0].why


def test_a_table_whose_rows_name_a_list_of_things_has_entities():
    frames = _more_orders(shop(600, 0), place=7, many=80, days=3)
    frames["countries"] = pd.DataFrame({"country": ["DE", "AT", "CH", "FR"], "tax": [19, 20, 8, 21]})
    links = [*LINKS, Relation("countries", ("country",), "customers", ("country",))]
    schemas = {name: discover_in(frame) for name, frame in frames.items()}
    assert [each.row for each in odd_entities(frames, schemas, links)["customers"]] == [7]
