"""Near duplicates, found and missed: `python benchmarks/duplicates.py [--rows 1000000]`.

Customers, patients and products with 5 % near duplicates of our making (typing errors, swapped names, other formats of
dates and phones, missing cells): the share of pairs that are right, and the share that are found. Then seconds and peak
memory for a table of `--rows` customers.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from faker import Faker

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from DataFoundry.cleaning.near_duplicates import near_duplicates  # noqa: E402
from DataFoundry.schema.discovery import discover_in  # noqa: E402

_SHARE = 0.05
_WORDS = ["Steel", "Oak", "Nordic", "Ultra", "Solar", "Turbo", "Classic", "Royal", "Urban", "Alpine", "Table", "Lamp"]


def customers(rows: int, seed: int, locale: str) -> pd.DataFrame:
    """Customers of one country."""
    fake, draw = Faker(locale), np.random.default_rng(seed)
    fake.seed_instance(seed)
    made = []
    for number in range(rows):
        first, last = fake.first_name(), fake.last_name()
        made.append(
            {
                "id": f"C-{number:06d}",
                "first_name": first,
                "last_name": last,
                "email": f"{first}.{last}{draw.integers(1, 999)}@{fake.free_email_domain()}".lower().replace(" ", ""),
                "phone": fake.phone_number(),
                "street": fake.street_address().replace("\n", " "),
                "city": fake.city(),
                "born": fake.date_of_birth(minimum_age=18, maximum_age=80).isoformat(),
            }
        )
    return pd.DataFrame(made)


def products(rows: int, draw: np.random.Generator) -> pd.DataFrame:
    """Titles of four words, and prices."""
    titles = [f"{' '.join(draw.choice(_WORDS, 3))} {draw.integers(100, 9999)}" for _ in range(rows)]
    prices = draw.lognormal(3, 1, rows).round(2)
    return pd.DataFrame({"sku": [f"SKU-{each:05d}" for each in range(rows)], "title": titles, "price": prices})


def slip(text: str, draw: np.random.Generator) -> str:
    """A letter left out, two swapped, or one doubled."""
    if len(text) < 3:
        return text + "x"
    place, kind = int(draw.integers(1, len(text) - 1)), draw.integers(0, 3)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place - 1] + text[place:]


def changed(row: dict[str, str], draw: np.random.Generator) -> dict[str, str | None]:
    """The same row as somebody else would write it: one to three changes."""
    new: dict[str, str | None] = dict(row)
    able = [name for name in ("first_name", "last_name", "street", "title") if name in row]
    able += [name for name in ("email", "phone", "born") if name in row] + (["swap"] if "last_name" in row else [])
    for name in draw.choice(able, size=min(len(able), int(draw.integers(1, 4))), replace=False):
        if name == "swap":
            new["first_name"], new["last_name"] = new["last_name"], new["first_name"]
        elif name == "email":
            new[name] = row[name].upper()
        elif name == "phone":
            new[name] = "".join(each for each in row[name] if each.isdigit())
        elif name == "born":
            new[name] = ".".join(reversed(row[name].split("-"))) if draw.random() < 0.7 else None
        else:
            new[name] = slip(str(new[name]), draw)
    return new


def with_duplicates(
    rows: pd.DataFrame, key: str, draw: np.random.Generator
) -> tuple[pd.DataFrame, set[tuple[int, int]]]:
    """The shuffled table, and the pairs of rows that are one."""
    sources = draw.choice(len(rows), int(_SHARE * len(rows)), replace=False)
    copies = pd.DataFrame([changed(rows.iloc[place].to_dict(), draw) for place in sources])
    copies[key] = [f"{rows[key].iloc[0][:2]}{900_000 + number}" for number in range(len(copies))]
    order = draw.permutation(len(rows) + len(copies))
    place = np.argsort(order)
    truth = {tuple(sorted((int(place[a]), int(place[len(rows) + b])))) for b, a in enumerate(sources)}
    return pd.concat([rows, copies], ignore_index=True).iloc[order].reset_index(drop=True), truth  # type: ignore[return-value]


def show(name: str, rows: pd.DataFrame, key: str) -> None:
    """Print one line."""
    table, truth = with_duplicates(rows, key, np.random.default_rng(2))
    columns = discover_in(table).columns
    started = time.perf_counter()
    groups = near_duplicates(table, columns)
    seconds = time.perf_counter() - started
    found = {(a, b) for group in groups for at, a in enumerate(group.rows) for b in group.rows[at + 1 :]}
    right = len(found & truth)
    print(f"{name:24} {len(table):>10,} {right / max(len(found), 1):>7.3f} {right / len(truth):>7.3f} {seconds:>8.1f}")


def many(rows: int) -> pd.DataFrame:
    """Customers whose values are combined from those of a few."""
    base, draw = customers(20_000, 3, "en_US"), np.random.default_rng(4)
    some = {
        name: base[name].to_numpy()[draw.integers(0, len(base), rows)] for name in ("first_name", "last_name", "born")
    }
    count = np.arange(rows)
    return pd.DataFrame(some).assign(
        email=[f"u{each * 7919 % rows}@mail{each % 97}.com" for each in count],
        phone=[f"+1 {each * 104_729 % 10**10:010d}" for each in count],
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    print(f"{'':24} {'rows':>10} {'right':>7} {'found':>7} {'seconds':>8}")
    show("customers, en_US", customers(20_000, 1, "en_US"), "id")
    for locale in ("de_DE", "pl_PL", "ja_JP"):
        show(f"customers, {locale}", customers(4_000, 1, locale), "id")
    patients = customers(5_000, 7, "en_GB")[["id", "first_name", "last_name", "born", "city"]]
    show("patients", patients.assign(weight=np.random.default_rng(1).normal(75, 12, 5_000).round(1)), "id")
    show("products", products(4_000, np.random.default_rng(1)), "sku")
    table = many(asked.rows)
    columns = discover_in(table.head(20_000)).columns
    started = time.perf_counter()
    groups = near_duplicates(table, columns)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"{asked.rows:,} rows: {time.perf_counter() - started:.1f} s, peak {peak:,.0f} MiB, {len(groups)} groups")


if __name__ == "__main__":
    main()
