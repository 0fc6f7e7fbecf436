"""Tables as companies have them, with columns that follow from others."""

import numpy as np
import pandas as pd

PLACES = {"Berlin": ("DE", "EUR"), "Paris": ("FR", "EUR"), "London": ("GB", "GBP"), "Leeds": ("GB", "GBP")}
PLACES |= {"Rome": ("IT", "EUR"), "Oslo": ("NO", "NOK")}


def stays(rows: int = 1500, seed: int = 0) -> pd.DataFrame:
    """A hotel's table: keys, a chain of dependencies, sums, copies in other clothes, dates in order."""
    r = np.random.default_rng(seed)
    city = r.choice(list(PLACES), rows)
    arrived = pd.Timestamp("2021-01-01") + pd.to_timedelta(r.integers(0, 700, rows), "D")
    nights = r.integers(1, 30, rows)
    left = arrived + pd.to_timedelta(nights, "D")
    price, guests = np.round(r.lognormal(4, 0.5, rows), 2), r.integers(1, 9, rows)
    total = np.round(price * guests, 2)
    status = r.choice(["paid", "open", "cancelled"], rows, p=[0.6, 0.2, 0.2])
    return pd.DataFrame(
        {
            "booking": [f"B-{i:05d}" for i in range(rows)],
            "city": city,
            "country": [PLACES[each][0] for each in city],
            "currency": [PLACES[each][1] for each in city],
            "arrived": arrived.strftime("%d.%m.%Y"),
            "left": left.strftime("%d.%m.%Y"),
            "nights": nights,
            "price": price,
            "guests": guests,
            "total": total,
            "shown": [f"€{each:,.2f}" for each in total],
            "status": status,
            "paid_on": np.where(status == "paid", left.strftime("%d.%m.%Y"), None),
            "receipt": np.where(status == "paid", r.integers(10_000, 99_999, rows).astype(str), None),
            "deposit": r.integers(1, 40, rows) * 50,
            "stars": r.integers(1, 6, rows),
        }
    )


def members(rows: int = 800, seed: int = 0) -> pd.DataFrame:
    """A club's table: keys, names, contacts, a note; the mark tells what the note says and the label."""
    r = np.random.default_rng(seed)
    first = r.choice(["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jan"], rows)
    last = r.choice(["Adams", "Baker", "Clark", "Davis", "Evans", "Foster", "Green", "Hill"], rows)
    mark = r.integers(1, 6, rows)
    glad, gloomy = ["friendly", "pool", "clean", "early", "course"], ["cold", "crowded", "late", "noisy", "broken"]
    return pd.DataFrame(
        {
            "member_id": [f"M-{each:05d}" for each in r.permutation(rows) + 4000],
            "name": [f"{a} {b}" for a, b in zip(first, last, strict=True)],
            "email": [f"{a}.{b}{i}@club.example".lower() for i, (a, b) in enumerate(zip(first, last, strict=True))],
            "phone": [f"+44 {r.integers(100, 999)} {r.integers(100_000, 999_999)}" for _ in range(rows)],
            "branch": r.choice(["north", "south", "west"], rows),
            "mark": mark,
            "note": [" ".join(r.choice(glad if each > 2 else gloomy, r.integers(5, 9))) for each in mark],
            "label": np.where(mark <= 2, "leaves", "stays"),
        }
    )


def claims(rows: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Claims of an insurer: what is paid is the amount where it is settled, else nothing; a discount needs a coupon."""
    r = np.random.default_rng(seed)
    status = r.choice(["settled", "refused", "open"], rows, p=[0.6, 0.25, 0.15])
    amount, coupon = np.round(r.lognormal(6, 1, rows), 2), r.random(rows) < 0.3
    return pd.DataFrame(
        {
            "status": status,
            "amount": amount,
            "paid": np.where(status == "settled", amount, 0.0),
            "coupon": np.where(coupon, "yes", "no"),
            "discount": np.where(coupon, np.round(r.uniform(1, 50, rows), 2), 0.0),
            "days": r.integers(1, 90, rows),
        }
    )
