"""Make a table of sequences drawn from chance alone: visits of patients, with known laws that can be measured again.

    python backend/examples/make_sequences.py backend/output_data/visits.csv

States change by `TRANSITIONS`, the days to the next visit hang on the state, and two numbers have an autocorrelation of
.8 from visit to visit.
"""

import sys

import numpy as np
import pandas as pd

STATES = ("well", "ill", "grave")
TRANSITIONS = np.array([[0.85, 0.12, 0.03], [0.30, 0.55, 0.15], [0.05, 0.35, 0.60]])
DAYS = {"well": 60.0, "ill": 14.0, "grave": 3.0}
AUTOCORRELATION = 0.8


def sequences(entities: int = 2000, shortest: int = 5, longest: int = 200, seed: int = 0) -> pd.DataFrame:
    """One row a visit: `patient, site, day, state, pressure, weight`."""
    r = np.random.default_rng(seed)
    parts = []
    for entity in range(entities):
        length = int(r.integers(shortest, longest + 1))
        state, states = int(r.integers(3)), []
        for _ in range(length):
            states.append(state)
            state = int(r.choice(3, p=TRANSITIONS[state]))
        gaps = [1 + r.poisson(DAYS[STATES[each]]) for each in states[:-1]]
        day = pd.Timestamp("2020-01-01") + pd.to_timedelta(r.integers(0, 365) + np.cumsum([0, *gaps]), "D")
        told = {"patient": entity + 1, "site": ("north", "south")[entity % 2], "day": day.strftime("%Y-%m-%d")}
        numbers = {name: _course(r, length) for name in ("pressure", "weight")}
        parts.append(pd.DataFrame({**told, "state": np.array(STATES)[states], **numbers}))
    return pd.concat(parts, ignore_index=True)


def _course(r: np.random.Generator, length: int) -> np.ndarray:
    """A stationary autoregression of the first order around 100."""
    noise = r.normal(0, np.sqrt(1 - AUTOCORRELATION**2), length)
    noise[0] = r.normal()
    values = [noise[0]]
    for each in noise[1:]:
        values.append(AUTOCORRELATION * values[-1] + each)
    return np.round(100 + 10 * np.array(values), 1)


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "visits.csv"
    sequences().to_csv(path, index=False)
