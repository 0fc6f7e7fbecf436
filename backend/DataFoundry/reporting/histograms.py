"""Samples of numbers as histograms."""

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from DataFoundry.reporting import charts


def histogram(
    title: str, samples: Mapping[str, Sequence[float]], bins: int = 40, mark: float | None = None, mark_name: str = ""
) -> Markup:
    """Shares of the rows of one or more samples in common bins, with a vertical line at `mark`; NaN is left out."""
    arrays = {label: np.asarray(values, dtype=float) for label, values in samples.items()}
    finite = {label: values[np.isfinite(values)] for label, values in arrays.items()}
    pooled = np.concatenate([np.zeros(0), *finite.values()])
    edges = _edges(pooled if len(pooled) else np.zeros(1), bins)
    shares = {
        label: (np.histogram(values, edges)[0] / max(len(values), 1)).tolist() for label, values in finite.items()
    }
    return charts.columns(title, edges.tolist(), shares, "share of rows", mark, mark_name)


def _edges(values: np.ndarray, bins: int) -> np.ndarray:
    """(bins + 1,) ascending; wider than the values where these are so large and alike that float64 has no such bins."""
    low, high = float(values.min()), float(values.max())
    least = 4 * bins * float(np.spacing(max(abs(low), abs(high))))
    room = max((least - (high - low)) / 2, 0.5 if low == high else 0.0)
    return np.histogram_bin_edges(values, bins, (low - room, high + room))
