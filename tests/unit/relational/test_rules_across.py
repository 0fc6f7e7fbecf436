"""Numbers of a parent that follow from its children."""

import numpy as np
import pandas as pd

from DataFoundry.relational.relation import Relation
from DataFoundry.relational.rules import Across, discover_across
from DataFoundry.schema.discovery import discover_in

LINK = Relation("orders", ("id",), "items", ("order_id",))


def _tables() -> dict[str, pd.DataFrame]:
    r = np.random.default_rng(0)
    items = pd.DataFrame({"order_id": np.sort(r.integers(1, 101, 400)), "price": np.round(r.gamma(2, 10, 400), 2)})
    orders = pd.DataFrame({"id": np.arange(1, 101), "size": r.normal(0, 1, 100).round(3)})
    orders["total"] = orders["id"].map(items.groupby("order_id")["price"].sum()).fillna(0).round(2)
    orders["lines"] = orders["id"].map(items.groupby("order_id").size()).fillna(0).astype(int)
    return {"orders": orders, "items": items}


def test_sums_and_counts_are_found_and_nothing_else():
    tables = _tables()
    found = discover_across(tables, {name: discover_in(frame) for name, frame in tables.items()}, [LINK])
    assert {(each.kind, each.column, each.of) for each in found} == {("sum", "total", "price"), ("count", "lines", "")}
    assert all(Across.from_dict(each.as_dict()) == each for each in found)
    tables["orders"].loc[3, "total"] += 0.02
    found = discover_across(tables, {name: discover_in(frame) for name, frame in tables.items()}, [LINK])
    assert {each.column for each in found} == {"lines"}


def test_broken_rows_are_named():
    parents, children = pd.DataFrame({"sum": [3.0, 5.0, 9.0]}), pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    rule = Across("sum", "r", "p", "sum", "c", "x", 0)
    assert rule.broken(parents, children, np.array([0, 0, 1])).tolist() == [False, True, False]
