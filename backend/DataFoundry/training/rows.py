"""The rows that a training learns from: all of them, or of a large table as many as are needed, drawn in one pass.

A network sees some 450,000 rows in a training, whatever the size of the table, and a detector 65,000: rows drawn at
random from the whole table teach the same as a shuffled stream of it. What a draw would miss is counted or kept on the
way: how often each label comes, some rows of every label, and the rows with the least and greatest numbers.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from DataFoundry.progress import Progress
from DataFoundry.sources.table import Table

MOST_ROWS = 300_000  # a table of up to so many is learnt from whole
_OF_EACH_LABEL = 500
_MOST_LABELS = 1_000  # of which rows are kept: more are no classes


@dataclass(frozen=True)
class TrainingRows:
    """What a training reads.

    Attributes
    ----------
    frame
        Rows in the order of the table.
    rows
        How many the table has.
    labels
        How many rows of the table have each label, where `frame` has fewer; None where it has them all.
    warnings
        Sentences for the user.
    """

    frame: pd.DataFrame
    rows: int
    labels: pd.Series | None = None
    warnings: list[str] = field(default_factory=list)


def training_rows(table: Table, label: str | None) -> TrainingRows:
    """The rows of a table to learn from; the same for the same table, however it is cut into blocks."""
    drawn = _Drawn(table, label if label in table.columns else None)
    progress = Progress("reading", table.num_rows)
    for block in table.blocks():
        drawn.add(block)
        progress.advance(len(block))
    return drawn.rows()


class _Drawn:
    """Those of the rows that have passed which are kept."""

    def __init__(self, table: Table, label: str | None) -> None:
        self._label = label
        self._random = np.random.default_rng(0)
        self._kept: list[pd.DataFrame] = []
        self._keys: list[np.ndarray] = []  # the rows with the smallest ones stay
        self._passed = self._known = 0
        self._labels: dict[object, int] = {}
        self._besides: dict[object, pd.DataFrame] = {}  # rows of each label, and those with an end of a column

    def add(self, block: pd.DataFrame) -> None:
        keys = self._random.random(len(block))
        self._passed += len(block)
        self._kept.append(block)
        self._keys.append(keys)
        known = block if self._label is None else block[block[self._label].notna()]
        self._known += len(known)
        if self._label is not None:
            self._count(known)
        self._keep_ends(known)
        if sum(map(len, self._kept)) > 2 * MOST_ROWS:
            self._thin()

    def rows(self) -> TrainingRows:
        """What has passed, drawn from where it is too much."""
        if self._passed <= MOST_ROWS:
            return TrainingRows(pd.concat(self._kept), self._passed)
        warnings = []
        if self._known < self._passed:
            warnings.append(
                f"{self._passed - self._known} of {self._passed} rows have no label and were left out of training."
            )
        self._thin()
        frame = self._kept[0]
        if self._known <= MOST_ROWS:
            return TrainingRows(frame, self._passed, None, warnings)
        warnings.append(
            f"The model learnt from {MOST_ROWS:,} of {self._known:,} rows, drawn at random, and from some rows of each "
            "label and those with the least and greatest numbers; how often each label comes is that of all rows."
        )
        frame = pd.concat([frame, *self._lacking(frame)])
        frame = frame[~frame.index.duplicated()].sort_index()
        return TrainingRows(frame, self._passed, self._counts(), warnings)

    def _counts(self) -> pd.Series | None:
        if self._label is None:
            return None
        values = sorted(self._labels, key=repr)
        return pd.Series([self._labels[each] for each in values], index=pd.Index(values, dtype=object), dtype="int64")

    def _lacking(self, frame: pd.DataFrame) -> list[pd.DataFrame]:
        """The rows that were put aside, of labels only where few were drawn."""
        if self._label is None:
            return list(self._besides.values())
        drawn = frame[self._label].astype(object).value_counts()
        plenty = {("label", value) for value, count in drawn.items() if count >= _OF_EACH_LABEL}
        return [rows for name, rows in self._besides.items() if name not in plenty]

    def _thin(self) -> None:
        frame, keys = pd.concat(self._kept), np.concatenate(self._keys)
        if self._label is not None:
            known = frame[self._label].notna().to_numpy()
            frame, keys = frame[known], keys[known]
        if len(frame) > MOST_ROWS:
            chosen = np.sort(np.argpartition(keys, MOST_ROWS)[:MOST_ROWS])
            frame, keys = frame.iloc[chosen], keys[chosen]
        self._kept, self._keys = [frame], [keys]

    def _count(self, block: pd.DataFrame) -> None:
        counts = block[self._label].astype(object).value_counts()
        for value, count in counts.items():
            have = self._labels.get(value, 0)
            if have == 0 and len(self._labels) > _MOST_LABELS:
                continue
            self._labels[value] = have + int(count)
            if have < _OF_EACH_LABEL:
                more = block[(block[self._label] == value).to_numpy(dtype=bool)].head(_OF_EACH_LABEL - have)
                before = self._besides.get(("label", value))
                self._besides["label", value] = more if before is None else pd.concat([before, more])

    def _keep_ends(self, block: pd.DataFrame) -> None:
        for name in block.columns:
            column = block[name]
            if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
                continue
            for end in ("min", "max"):
                value = getattr(column, end)()
                before = self._besides.get((end, name))
                if pd.isna(value) or before is not None and not _further(end, value, before[name].iloc[0]):
                    continue
                place = int((column == value).to_numpy(dtype=bool).argmax())
                self._besides[end, name] = block.iloc[[place]]


def _further(end: str, value: object, before: object) -> bool:
    return bool(value < before if end == "min" else value > before)  # type: ignore[operator]
