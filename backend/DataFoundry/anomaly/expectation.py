"""What a detector would have put into the cells of odd rows, and how sure it is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from DataFoundry.anomaly.cells import Encoded
from DataFoundry.anomaly.detector import Detector
from DataFoundry.anomaly.network import Inputs

_AT_ONCE = 4_096


@dataclass(frozen=True)
class Expected:
    """Values (n, d) as object, and in 0..1 how much likelier they are than what was found: p / (p + p found)."""

    values: np.ndarray
    confidence: np.ndarray


def expect(detector: Detector, frame: pd.DataFrame, suspects: np.ndarray) -> Expected:
    """Expected cells of rows; each suspect is hidden while its own value is worked out, one at a time.

    One wrong cell disturbs what is expected of its neighbours, and of itself most of all.

    Parameters
    ----------
    frame
        n rows.
    suspects
        (n, s) column numbers, in the order of `Detector.names`.
    """
    encoded = detector.cells.encode(frame)
    nothing = np.zeros(encoded.missing.shape, dtype=bool)
    found = _guess(detector, encoded, nothing)
    rows = np.arange(len(frame))
    for column in suspects.T:
        hidden = nothing.copy()
        hidden[rows, column] = True
        guess = _guess(detector, encoded, hidden)
        found.values[rows, column] = guess.values[rows, column]
        found.confidence[rows, column] = guess.confidence[rows, column]
    return found


def _guess(detector: Detector, encoded: Encoded, hidden: np.ndarray) -> Expected:
    if not len(encoded):
        return Expected(np.empty(hidden.shape, dtype=object), np.zeros(hidden.shape))
    parts = [slice(start, start + _AT_ONCE) for start in range(0, len(encoded), _AT_ONCE)]
    guesses = [_guess_part(detector, encoded.rows(part), hidden[part]) for part in parts]
    return Expected(*(np.vstack([getattr(guess, name) for guess in guesses]) for name in ("values", "confidence")))


def _guess_part(detector: Detector, encoded: Encoded, hidden: np.ndarray) -> Expected:
    cells, density = detector.cells, detector.density
    with torch.inference_mode():
        latent, _ = density.encode(Inputs(encoded, torch.float64), torch.from_numpy(hidden))
        mean, log_variance, absence, logits = density.decode(latent)
        variance = (log_variance.exp().mean(dim=0) + mean.var(dim=0, unbiased=False)).numpy()
        center, lacking = mean.mean(dim=0).numpy(), torch.sigmoid(absence).mean(dim=0).numpy()
        shares = [
            functional.softmax(column, dim=-1).mean(dim=0).numpy() for column in logits.split(density.widths, dim=-1)
        ]
    values = np.empty(hidden.shape, dtype=object)
    confidence = np.zeros(hidden.shape)
    for place, name in enumerate(cells.numbers):
        values[:, place] = cells.number_value(name, center[:, place])
        apart = (encoded.numbers[:, place] - center[:, place]) ** 2 / (2 * variance[:, place])
        likelier = 1 / (1 + np.exp(-np.minimum(apart, 700)))
        present = 1 - lacking[:, place] if cells.numbers[name]["missing"] else np.ones(len(center))
        confidence[:, place] = np.where(encoded.absent[:, place], present, likelier)
    for number, state in enumerate(cells.categories.values()):
        place = number + len(cells.numbers)
        values[:, place], confidence[:, place] = _category(shares[number], encoded.codes[:, number], state)
    return Expected(values, confidence)


def _category(shares: np.ndarray, codes: np.ndarray, state: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest level; None where a missing value is likelier still, or the column has no levels."""
    names = np.array([*state["levels"], None, None], dtype=object)
    possible = shares.copy()
    possible[:, -2] = 0.0  # "rare" is no value that could be told
    if state["missing"] == 0.0:
        possible[:, -1] = 0.0
    best = possible.argmax(axis=1)
    rows = np.arange(len(codes))
    likely, found = shares[rows, best], shares[rows, codes]
    return names[best], np.where(best == codes, 0.5, likely / (likely + found + 1e-300))
