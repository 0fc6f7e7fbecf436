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
