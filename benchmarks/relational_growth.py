"""What related tables of many rows cost: `python benchmarks/relational_growth.py [--orders N] [--stores] [--quick]`.

A database of customers and, ten times as many, orders: dates that follow one another in gaps that hang on the state,
amounts that hang on the customer's kind and on the amount before, states with transition probabilities. Each step
(create-config, train, generate) runs at its defaults in a process of its own, so that its peak of memory is its own.
With `--stores` each order also names the store where it was placed, of which there are a fiftieth as many as customers,
each with a city and a size on which the amounts hang: a second parent, to be chosen for each order.
One line of JSON a step:

- cpu_s: processor seconds of all threads, which other work on the machine does not change much; wall_s: by the clock;
- peak_mb: the most memory that the process held;
- for generate also integrity (share of orders that name a customer; 1 is right), children (1 - total variation
  distance of the orders a customer), transitions (largest difference of a state's share after a state) and ordered
  (share of orders that are not before the one before of the same customer).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "backend"))
STEPS = ("create-config", "train", "generate")
STATES = np.array(["paid", "shipped", "returned", "open"])
TRANSITIONS = np.array([[0.7, 0.2, 0.05, 0.05], [0.4, 0.5, 0.05, 0.05], [0.3, 0.2, 0.4, 0.1], [0.5, 0.2, 0.1, 0.2]])
DAYS = np.array([30, 20, 60, 10])  # on average until the next order after each state


def database(orders: int, stores: bool = False, seed: int = 0) -> dict[str, pd.DataFrame]:
    """`customers` and `orders`, about so many; the latter in the order of time."""
    r = np.random.default_rng(seed)
    customers = max(orders // 10, 20)
    trade = r.random(customers) < 0.3
    country = r.choice(["DE", "AT", "CH", "FR", "IT"], customers, p=[0.5, 0.15, 0.15, 0.1, 0.1])
    since = np.datetime64("2018-01-01") + np.sort(r.integers(0, 1500, customers))
    people = pd.DataFrame(
        {
            "customer_id": 10_000 + np.arange(customers),
            "kind": np.where(trade, "trade", "private"),
            "country": country,
            "credit": np.round(r.lognormal(6 + trade, 0.6), -1).astype(int),
            "since": since.astype(str),
        }
    )
    total = r.negative_binomial(2, np.where(trade, 2 / 22, 2 / 7), customers)
    level = 3 + trade * 1.2 + r.normal(0, 0.4, customers)
    state, at, log = r.integers(0, 4, customers), since + r.integers(0, 90, customers), level.copy()
    parts = []
    for turn in range(int(total.max())):
        rows = np.flatnonzero(total > turn)
        log[rows] = level[rows] + 0.6 * (log[rows] - level[rows]) + r.normal(0, 0.4, len(rows))
        amount = np.round(np.exp(log[rows]), 2)
        told = {"customer_id": people["customer_id"].to_numpy()[rows], "ordered": at[rows], "amount": amount}
        parts.append(pd.DataFrame({**told, "state": STATES[state[rows]]}))
        at[rows] += 1 + r.geometric(1 / DAYS[state[rows]])
        state[rows] = (TRANSITIONS[state[rows]].cumsum(axis=1) < r.random((len(rows), 1))).sum(axis=1).clip(max=3)
    found = pd.concat(parts).sort_values("ordered", kind="stable", ignore_index=True)
    found.insert(0, "order_id", 500_000 + np.arange(len(found)))
    found["ordered"] = found["ordered"].astype(str)
    return {"customers": people, "orders": found} | ({"stores": placed(found, customers // 50, r)} if stores else {})


def placed(orders: pd.DataFrame, many: int, r: np.random.Generator) -> pd.DataFrame:
    """Stores, at one of which each order is placed: large amounts at large ones."""
    many = max(many, 20)
    area = np.sort(r.lognormal(5, 0.8, many)).round()
    city = r.choice(["Aachen", "Bonn", "Celle", "Dresden", "Essen", "Fulda"], many)
    stores = pd.DataFrame({"store_id": 1 + np.arange(many), "city": city, "area": area.astype(int)})
    rank = orders["amount"].rank(pct=True).to_numpy() * 0.7 + r.random(len(orders)) * 0.3
    orders["store_id"] = stores["store_id"].to_numpy()[(rank * many).astype(int).clip(max=many - 1)]
    return stores.sample(frac=1, random_state=0, ignore_index=True)


def step(name: str, folder: Path, quick: bool) -> dict[str, Any]:
    """Do one step, and tell what it cost."""
    from DataFoundry import generator, trainer

    config, started = folder / "model" / "config.json", time.monotonic()
    if name == "create-config":
        tables = {path.stem: {"data_path": str(path)} for path in sorted((folder / "real").glob("*.csv"))}
        settings = {"seed": 1} | ({"epochs": 1} if quick else {})
        trainer.create_config(tables=tables, output_dir=str(folder / "model"), training_params=settings)
    elif name == "train":
        trainer.train_model(str(config))
    else:
        model, made = str(folder / "model" / "model.pth"), str(folder / "made")
        generator.generate_data(model, str(config), output_path=made, output_format="parquet", seed=0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "step": name,
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "wall_s": round(time.monotonic() - started, 1),
        "peak_mb": used.ru_maxrss // 1024,
    }


def quality(real: dict[str, pd.DataFrame], made: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """How like the real tables the synthetic ones are."""
    sizes, shares, ordered = [], [], 1.0
    for tables in (real, made):
        rows = tables["orders"].assign(ordered=pd.to_datetime(tables["orders"]["ordered"]))
        rows = rows.sort_values(["customer_id", "order_id"], kind="stable", ignore_index=True)
        follows = (rows["customer_id"] == rows["customer_id"].shift()).to_numpy()
        ordered = float((rows["ordered"].diff().dt.days.to_numpy()[follows] >= 0).mean())
        many = tables["customers"]["customer_id"].map(rows["customer_id"].value_counts()).fillna(0)
        sizes.append(many.value_counts(normalize=True))
        told = pd.crosstab(rows["state"].shift()[follows], rows["state"][follows], normalize="index")
        shares.append(told.reindex(index=STATES, columns=STATES, fill_value=0.0).to_numpy())
    return {
        "integrity": float(made["orders"]["customer_id"].isin(made["customers"]["customer_id"]).mean()),
        "children": round(float(1 - sizes[0].sub(sizes[1], fill_value=0).abs().sum() / 2), 4),
        "transitions": round(float(np.abs(shares[0] - shares[1]).max()), 4),
        "ordered": round(ordered, 4),
    }


def main() -> None:
    """Make the database, and run each step in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_060_000, help="about so many are made")
    parser.add_argument("--stores", action="store_true", help="each order names a store, too")
    parser.add_argument("--quick", action="store_true", help="2,000 orders and one epoch: shows that all of it runs")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        print(json.dumps(step(args.step, args.folder, args.quick)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        real = database(2_000 if args.quick else args.orders, args.stores)
        (folder / "real").mkdir()
        for name, table in real.items():
            table.to_csv(folder / "real" / f"{name}.csv", index=False)
        for name in STEPS:
            command = [sys.executable, __file__, "--step", name, "--folder", temporary]
            command += ["--quick"] if args.quick else []
            environment = {**os.environ, "DATAFOUNDRY_DATA_ROOTS": temporary}
            answer = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
            told = {"orders": len(real["orders"]), **json.loads(answer.stdout.splitlines()[-1])}
            if name == "generate":
                made = {table: pd.read_parquet(folder / "made" / f"{table}.parquet") for table in real}
                told |= quality(real, made)
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
