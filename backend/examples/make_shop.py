"""Make a small shop's database, drawn from chance alone: customers, their orders, the items of these, and products.

    python backend/examples/make_shop.py backend/output_data/shop

writes four csv files. Customers of the trade order more and more often than others, an order's total is the sum of its
items, no order is older than its customer's account, and the time to the next order hangs on how the last one was paid.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

_PRODUCTS = [
    ("Notebook", "paper", 2.5),
    ("Fountain pen", "writing", 24.0),
    ("Ink", "writing", 6.9),
    ("Pencil", "writing", 1.2),
    ("Envelopes", "paper", 4.4),
    ("Desk lamp", "furniture", 49.0),
    ("Chair", "furniture", 129.0),
    ("Printer paper", "paper", 8.9),
    ("Marker", "writing", 3.1),
    ("Shelf", "furniture", 79.0),
]
_TRADE_BUYS = np.array([6, 1, 2, 6, 5, 2, 3, 9, 4, 2]) / 40
_OTHERS_BUY = np.array([6, 4, 5, 4, 2, 3, 1, 2, 4, 1]) / 32


def shop(customers: int = 1000, seed: int = 0) -> dict[str, pd.DataFrame]:
    """The four tables: `products`, `customers`, `orders`, `items`."""
    r = np.random.default_rng(seed)
    products = pd.DataFrame(_PRODUCTS, columns=["name", "section", "price"])
    products.insert(0, "product_id", [f"P-{100 + place}" for place in range(len(products))])
    trade = r.random(customers) < 0.3
    since = pd.Timestamp("2019-01-01") + pd.to_timedelta(np.sort(r.integers(0, 1000, customers)), "D")
    people = pd.DataFrame(
        {
            "customer_id": 1000 + np.arange(customers),
            "kind": np.where(trade, "trade", "private"),
            "country": np.where(r.random(customers) < 0.6, "DE", r.choice(["AT", "CH", "FR"], customers)),
            "since": since.strftime("%Y-%m-%d"),
        }
    )
    orders = _orders(r, people, trade)
    items = _items(r, orders, dict(zip(people["customer_id"], trade, strict=True)), products)
    sums = items["amount"].groupby(items["order_id"]).sum().round(2)
    orders["total"] = orders["order_id"].map(sums)
    return {"products": products, "customers": people, "orders": orders, "items": items}


def _orders(r: np.random.Generator, people: pd.DataFrame, trade: np.ndarray) -> pd.DataFrame:
    """From none to many of each customer, in the order of time."""
    rows = []
    for customer, since, often in zip(people["customer_id"], people["since"], trade, strict=True):
        at = pd.Timestamp(since) + pd.Timedelta(int(r.integers(0, 60)), "D")
        paid = r.choice(["card", "invoice"])
        for _ in range(r.poisson(6 if often else 2)):
            rows.append((customer, at, paid, r.choice(["web", "phone"], p=[0.8, 0.2])))
            at += pd.Timedelta(int(1 + r.geometric(1 / 30 if paid == "invoice" else 1 / 120)), "D")
            paid = paid if r.random() < 0.8 else ("invoice" if paid == "card" else "card")
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered", "paid_by", "channel"])
    orders = orders.sort_values("ordered", kind="stable", ignore_index=True)
    orders.insert(0, "order_id", 50_000 + np.arange(len(orders)))
    orders["ordered"] = orders["ordered"].dt.strftime("%Y-%m-%d")
    return orders


def _items(
    r: np.random.Generator, orders: pd.DataFrame, trade: dict[int, bool], products: pd.DataFrame
) -> pd.DataFrame:
    """At least one of each order, none twice."""
    rows = []
    for order, customer in zip(orders["order_id"], orders["customer_id"], strict=True):
        often = trade[customer]
        many = min(int(r.geometric(0.5 if often else 0.7)), 5)
        chosen = r.choice(len(products), many, replace=False, p=_TRADE_BUYS if often else _OTHERS_BUY)
        for line, place in enumerate(chosen, 1):
            quantity = int(r.geometric(0.2 if often else 0.6))
            rows.append((order, line, products["product_id"][place], quantity, products["price"][place]))
    items = pd.DataFrame(rows, columns=["order_id", "line", "product_id", "quantity", "price"])
    return items.assign(amount=(items["quantity"] * items["price"]).round(2))


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "shop")
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in shop().items():
        table.to_csv(folder / f"{name}.csv", index=False)
        print(f"{folder / name}.csv: {len(table)} rows")
