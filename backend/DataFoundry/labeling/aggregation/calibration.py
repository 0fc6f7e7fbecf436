"""Whether probabilities mean what they say, measured on hand-labeled rows."""

import numpy as np

_BINS = 10
_ENOUGH = 50  # hand-labeled rows; of fewer the figures are mostly chance


def measured(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """Expected calibration error, Brier score and reliability by tenths of the probability.

    The error (Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602) is the mean difference, over rows, between
    the probability of the likeliest class in a tenth and how often it is the right one there.

    Parameters
    ----------
    probabilities
        (h, k) of rows that the fit did not see.
    labels
        (h,) their class numbers.
    """
    said, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    places = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    bins: list[dict[str, object]] = []
    error = 0.0
    for place in np.unique(places):
        here = places == place
        mean, found = float(said[here].mean()), float(right[here].mean())
        bins.append({"rows": int(here.sum()), "probability": mean, "right": found})
        error += abs(mean - found) * float(here.mean())
    brier = ((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(axis=1).mean()
    return {
        "measured": True,
        "rows": len(labels),
        "expected_calibration_error": error,
        "brier_score": float(brier),
        "bins": bins,
        "note": "Measured on hand-labeled rows that the fit did not see."
        + (f" {len(labels)} rows tell little; {_ENOUGH} tell more." if len(labels) < _ENOUGH else ""),
    }


def unmeasured() -> dict[str, object]:
    """What is said where there are no hand-labeled rows."""
    return {
        "measured": False,
        "rows": 0,
        "note": "No hand-labeled rows were given, so nothing has measured the probabilities; give "
        "hand_labeled_examples_path.",
    }
