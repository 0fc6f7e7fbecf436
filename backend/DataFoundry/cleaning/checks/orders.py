"""Dates that come before others in nearly all rows, and not in this one: a contract that ends before it begins."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from DataFoundry.cleaning.finding import Mark
from DataFoundry.cleaning.likely_orders import LikelyOrder, likely_orders
from DataFoundry.schema.table_schema import Rule
from DataFoundry.schema.view import TableView

_SURE = 0.75  # no rule, and either of the two dates may be wrong


def learn(view: TableView, rules: Sequence[Rule]) -> dict[str, Any]:
    """The orders that hold in nearly all rows."""
    return {"orders": [asdict(order) for order in likely_orders(view, rules)]}


def look(state: dict[str, Any], view: TableView) -> Iterator[Mark]:
    """Rows that break one: of the two columns the one is blamed that breaks more of them, or else the second."""
    orders = [LikelyOrder(**each) for each in state["orders"]]
    orders = [order for order in orders if {order.first, order.second} <= set(view.columns)]
    broken = [order.breaks(view) for order in orders]
    votes = {name: np.zeros(len(view), dtype=int) for order in orders for name in (order.first, order.second)}
    for order, rows in zip(orders, broken, strict=True):
        votes[order.first] += rows
        votes[order.second] += rows
    for order, against in zip(orders, broken, strict=True):
        earlier = votes[order.first] > votes[order.second]
        for name, other, blamed in (
            (order.second, order.first, against & ~earlier),
            (order.first, order.second, against & earlier),
        ):
            rows = np.flatnonzero(blamed)
            if len(rows):
                nothing, sure = np.full(len(rows), None, dtype=object), np.full(len(rows), _SURE)
                yield Mark("rule", name, rows, sure, nothing, _teller(order, view, rows), (other,))


def _teller(order: LikelyOrder, view: TableView, rows: np.ndarray) -> Callable[[int], str]:
    def why(place: int) -> str:
        values = ", ".join(f"{name} {view.frame[name].iloc[rows[place]]}" for name in (order.first, order.second))
        return f"{order.sentence[:-1]}; here {values}."

    return why
