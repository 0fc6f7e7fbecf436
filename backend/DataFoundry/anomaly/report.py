"""The columns of an anomaly report, made of a block of rows and what the detector found in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from DataFoundry.anomaly.detector import Detector, Scored
from DataFoundry.anomaly.label_head import surprise
from DataFoundry.cleaning.finding import Finding
from DataFoundry.preprocessing.labels import LabelCodec

SCORE = "anomaly_score"
CONTRIBUTION = "contrib__"
EXPECTED = "expected__"
TOP = 3
_OURS = (SCORE, "row_index", "percentile", "rank", "is_anomaly", "top_features", "why", "novel_values", "n_missing")
_OF_LABELS = ("label_surprise", "likely_label")
_SEPARATOR = ", "


@dataclass(frozen=True)
class Layout:
    """Which columns a report has.

    Attributes
    ----------
    carried
        Columns of the scanned table: name there to name in the report, another one where ours has that name.
    features
        In the order of `Detector.names`.
    has_labels
        Whether the scanned table has labels that the model knows.
    """

    carried: dict[str, str]
    features: list[str]
    has_labels: bool

    @classmethod
    def planned(cls, columns: list[str], features: list[str], has_labels: bool) -> "Layout":
        """For a scanned table with these columns."""
        taken = {*_OURS, *_OF_LABELS, *(f"{prefix}{name}" for prefix in (CONTRIBUTION, EXPECTED) for name in features)}
        carried = {}
        for name in columns:
            new = name
            while new in taken or (new != name and new in columns):
                new = f"{new}_input"
            carried[name] = new
        return cls(carried, features, has_labels)

    @property
    def renamed(self) -> dict[str, str]:
        """Carried columns that go by another name."""
        return {name: new for name, new in self.carried.items() if name != new}


def judged(
    block: pd.DataFrame,
    scored: Scored,
    detector: Detector,
    labels: LabelCodec | None,
    layout: Layout,
    wrong: Sequence[Finding],
) -> pd.DataFrame:
    """The scanned block with its scores, reasons and contributions; its index is the position in the scanned table.

    `wrong` has the cells of the block that are wrong by themselves; the surest one's sentence is told.
    """
    sentences: dict[int, str] = {}
    for each in sorted(wrong, key=lambda each: each.confidence):
        sentences[each.row] = each.why
    names = np.array(layout.features, dtype=object)
    out = {
        **{new: block[name] for name, new in layout.carried.items()},
        SCORE: scored.score,
        "row_index": block.index.to_numpy(dtype=np.int64),
        "top_features": _top_features(scored.contributions, names),
        "why": [sentences.get(row, "") for row in block.index.tolist()],
        "novel_values": _listed(scored.novel, names),
        "n_missing": scored.missing.sum(axis=1),
    }
    if layout.has_labels and labels is not None and detector.label_head is not None:
        chances = detector.label_head.log_probabilities(detector.cells.encode(block))
        out["label_surprise"] = surprise(chances, labels.encode(block[labels.name]))
        out["likely_label"] = labels.decode(chances.argmax(axis=1)).to_numpy()
    for place, name in enumerate(layout.features):
        out[f"{CONTRIBUTION}{name}"] = scored.contributions[:, place]
    return pd.DataFrame(out, index=block.index)


def ordered(columns: list[str], layout: Layout) -> list[str]:
    """Columns of the finished report: what was scanned, the verdict, the reasons, then a pair for each feature."""
    verdict = [
        SCORE,
        "percentile",
        "rank",
        "is_anomaly",
        "row_index",
        "top_features",
        "why",
        "novel_values",
        "n_missing",
    ]
    details = [f"{prefix}{name}" for prefix in (CONTRIBUTION, EXPECTED) for name in layout.features]
    of_labels = [name for name in _OF_LABELS if name in columns and name not in layout.carried.values()]
    return [*layout.carried.values(), *verdict, *of_labels, *details]


def _top_features(contributions: np.ndarray, names: np.ndarray) -> list[str]:
    """The three columns that add most, those that add something."""
    places = np.argsort(-contributions, axis=1, kind="stable")[:, :TOP]
    adds = np.take_along_axis(contributions, places, axis=1) > 0
    adds[:, :1] = True  # the first reason is told even for the most normal row
    return [_SEPARATOR.join(names[row[add]]) for row, add in zip(places, adds, strict=True)]


def _listed(marks: np.ndarray, names: np.ndarray) -> list[str]:
    found = [""] * len(marks)
    for row in np.flatnonzero(marks.any(axis=1)).tolist():
        found[row] = _SEPARATOR.join(names[marks[row]])
    return found
