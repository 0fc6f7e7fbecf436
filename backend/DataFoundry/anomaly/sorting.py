"""Rows by descending score, whatever their number: what does not fit into memory is spread over files by rank."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import pandas as pd

from DataFoundry.sources.opening import open_table
from DataFoundry.storage.files import remove_file, remove_folder, temporary_folder
from DataFoundry.storage.tables import TableWriter

_ROWS_IN_MEMORY = 400_000
_ROWS_IN_BUCKET = 200_000
_MOST_BUCKETS = 64
_ROWS_AT_ONCE = 50_000


class RowSorter:
    """Takes blocks, gives them back in the order of a score. A context manager: its temporary files go with it.

    Up to 400,000 rows are held; beyond that each block goes to a file, and the rows are dealt into files by rank, of
    which one at a time is read and sorted. A row is thus written and read twice, and only the scores stay in memory.
    """

    def __init__(self, near: Path) -> None:
        self._near = near
        self._held: list[pd.DataFrame] = []
        self._scores: list[np.ndarray] = []
        self._folder: Path | None = None
        self._spilled: list[Path] = []

    def __enter__(self) -> "RowSorter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is not None:
            remove_folder(self._folder)

    def add(self, block: pd.DataFrame, scores: np.ndarray) -> None:
        """Take a block and its scores (n,)."""
        self._held.append(block)
        self._scores.append(scores)
        if self._folder is not None or sum(map(len, self._held)) > _ROWS_IN_MEMORY:
            self._spill()

    @property
    def scores(self) -> np.ndarray:
        """(n,) of all rows taken, in the order in which they came."""
        return np.concatenate([np.zeros(0), *self._scores])

    def ordered(self) -> Iterator[pd.DataFrame]:
        """All rows by descending score, ties as they came; the index counts from 0."""
        ranks = _ranks(self.scores)
        done = 0
        for bucket, of_bucket in self._buckets(ranks):
            block = bucket.iloc[np.argsort(of_bucket, kind="stable")]
            for start in range(0, len(block), _ROWS_AT_ONCE):
                part = block.iloc[start : start + _ROWS_AT_ONCE].copy()
                part.index = pd.RangeIndex(done, done + len(part))
                done += len(part)
                yield part

    def _spill(self) -> None:
        if self._folder is None:
            # Beside the output, since that disk must hold as much anyway; a dot keeps it out of listings.
            self._folder = temporary_folder(self._near, "anomalies")
        for block in self._held:
            self._spilled.append(self._folder / f"block{len(self._spilled):06d}.parquet")
            with TableWriter(self._spilled[-1]) as writer:
                writer.write(block)
        self._held = []

    def _buckets(self, ranks: np.ndarray) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
        """Pieces of the table with the ranks of their rows, from the first ranks to the last."""
        if self._folder is None:
            if self._held:
                yield pd.concat(self._held, ignore_index=True), ranks
            return
        size = max(_ROWS_IN_BUCKET, -(-len(ranks) // _MOST_BUCKETS))
        folder, ranked = self._folder, "__rank__"
        buckets = [folder / f"bucket{number:06d}" for number in range(-(-len(ranks) // size))]
        start = 0
        for number, path in enumerate(self._spilled):
            block = open_table(path).read()
            of_block = ranks[start : start + len(block)]
            start += len(block)
            for chosen in np.unique(of_block // size):
                rows = of_block // size == chosen
                with TableWriter(buckets[chosen] / f"{number:06d}.parquet") as writer:
                    writer.write(block[rows].assign(**{ranked: of_block[rows]}))
            remove_file(path)
        for bucket in buckets:
            parts = pd.concat([open_table(path).read() for path in sorted(bucket.iterdir())], ignore_index=True)
            yield parts.drop(columns=ranked), parts[ranked].to_numpy()


def _ranks(scores: np.ndarray) -> np.ndarray:
    """(n,) place of each row, from 0, by descending score; ties as they came."""
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return ranks
