"""What label models and reports need to know of votes: counts that add up.

The summary of two halves added is the summary of the whole, so votes of any number of rows are summarised block by
block.
"""

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
import pandas as pd

MAX_PATTERNS = 100_000  # distinct rows of votes that a summary remembers
_DENSE_KEYS = 2**21
_CELLS_AT_ONCE = 2**22  # of indicators: 32 MiB in float64


@dataclass(frozen=True)
class Patterns:
    """The distinct rows of a vote matrix.

    Attributes
    ----------
    votes
        (p, m) int8, each row once.
    counts
        (p,) int64, how often each occurs.
    places
        (n,) which of them each row of the matrix is.
    """

    votes: np.ndarray
    counts: np.ndarray
    places: np.ndarray


def patterns_of(matrix: np.ndarray) -> Patterns:
    """The distinct rows of an (n, m) int8 vote matrix, sorted where m is small and by first appearance elsewhere."""
    n, m = matrix.shape
    base = int(matrix.max(initial=-1)) + 2
    if base**m <= _DENSE_KEYS:
        keys = np.zeros(n, dtype=np.uint32)
        for column in range(m):
            keys *= np.uint32(base)
            keys += (matrix[:, column] + 1).astype(np.uint32)
        counts = np.bincount(keys, minlength=1)
        found = np.flatnonzero(counts)
        position = np.zeros(len(counts), dtype=np.int32)
        position[found] = np.arange(len(found))
        places, counts = position[keys], counts[found]
    else:
        places = _long_keys(matrix, base)
        counts = np.bincount(places)
    first = np.zeros(len(counts), dtype=np.int64)
    first[places[::-1]] = np.arange(n - 1, -1, -1)
    return Patterns(matrix[first], counts.astype(np.int64), places)


def _long_keys(matrix: np.ndarray, base: int) -> np.ndarray:
    codes, width = np.zeros(len(matrix), dtype=np.int64), 1
    for column in matrix.T:
        if width * base >= 2**62:
            codes, distinct = pd.factorize(codes)
            width = len(distinct)
        codes = codes * base + (column + 1)
        width *= base
    return pd.factorize(codes)[0]


@dataclass(frozen=True)
class VoteSummary:
    """Counts over the votes of m functions on k classes.

    Attributes
    ----------
    cardinality
        k.
    rows
        n.
    together
        (m*k, m*k) int64; at [i*k+a, j*k+b] the rows where function i votes a and function j votes b. Its diagonal
        holds each function's votes for each class.
    covered
        Rows with a vote at all.
    conflicted
        Rows with votes for more than one class.
    overlaps
        (m,) rows where the function votes and another one does, too.
    conflicts
        (m,) rows where the function votes and another one votes differently.
    nones
        (m,) rows where the function returned None, which counts as an abstain.
    faults
        (m,) 1 for a function that failed, else 0.
    patterns
        {int8 votes of a row as bytes: rows}. Each time that there are more than 100,000, half of the rows of each are
        forgotten.
    halvings
        How often that happened: `patterns` hold about rows / 2**halvings rows.
    """

    cardinality: int
    rows: int
    together: np.ndarray
    covered: int
    conflicted: int
    overlaps: np.ndarray
    conflicts: np.ndarray
    nones: np.ndarray
    faults: np.ndarray
    patterns: dict[bytes, int]
    halvings: int = 0

    @classmethod
    def of(cls, found: Patterns, cardinality: int) -> "VoteSummary":
        """Summarise the votes whose distinct rows are `found`; all of them are below `cardinality`."""
        functions = found.votes.shape[1]
        size = max(1, _CELLS_AT_ONCE // max(1, functions * cardinality))
        total = cls._of_piece(found.votes[:size], found.counts[:size], cardinality)
        for start in range(size, len(found.votes), size):
            piece = slice(start, start + size)
            total = total + cls._of_piece(found.votes[piece], found.counts[piece], cardinality)
        return total

    @classmethod
    def _of_piece(cls, votes: np.ndarray, counts: np.ndarray, cardinality: int) -> "VoteSummary":
        zeros = np.zeros(votes.shape[1], dtype=np.int64)
        voted = votes >= 0
        number = voted.sum(axis=1)
        by_class = np.stack([(votes == label).sum(axis=1) for label in range(cardinality)], axis=1)  # (p, k)
        own = np.take_along_axis(by_class, np.maximum(votes, 0).astype(np.int64), axis=1)  # (p, m) for the same class
        return cls(
            cardinality=cardinality,
            rows=int(counts.sum()),
            together=_together(votes, counts, cardinality),
            covered=int(counts[number > 0].sum()),
            conflicted=int(counts[(by_class > 0).sum(axis=1) > 1].sum()),
            overlaps=(voted & (number[:, None] > 1)).T @ counts,
            conflicts=(voted & (own < number[:, None])).T @ counts,
            nones=zeros,
            faults=zeros,
            patterns={row.tobytes(): int(count) for row, count in zip(votes, counts, strict=True)},
        )._thinned()

    @classmethod
    def of_nothing(cls, functions: int, cardinality: int = 2) -> "VoteSummary":
        """The summary of no rows."""
        return cls.of(patterns_of(np.zeros((0, functions), dtype=np.int8)), cardinality)

    def widened(self, cardinality: int) -> "VoteSummary":
        """The same counts with room for more classes."""
        m, k = self.functions, self.cardinality
        if cardinality == k:
            return self
        together = np.zeros((m, cardinality, m, cardinality), dtype=np.int64)
        together[:, :k, :, :k] = self.together.reshape(m, k, m, k)
        return replace(self, cardinality=cardinality, together=together.reshape(m * cardinality, m * cardinality))

    def __add__(self, other: "VoteSummary") -> "VoteSummary":
        """The summary of both sets of rows; the one of fewer classes is widened."""
        cardinality = max(self.cardinality, other.cardinality)
        if self.cardinality != other.cardinality:
            return self.widened(cardinality) + other.widened(cardinality)
        one, another = sorted((self, other), key=lambda each: -each.halvings)
        patterns = dict(one.patterns)
        for key, count in another._halved(one.halvings).items():
            patterns[key] = patterns.get(key, 0) + count
        return VoteSummary(
            cardinality=self.cardinality,
            rows=self.rows + other.rows,
            together=self.together + other.together,
            covered=self.covered + other.covered,
            conflicted=self.conflicted + other.conflicted,
            overlaps=self.overlaps + other.overlaps,
            conflicts=self.conflicts + other.conflicts,
            nones=self.nones + other.nones,
            faults=self.faults + other.faults,
            patterns=patterns,
            halvings=one.halvings,
        )._thinned()

    def _thinned(self) -> "VoteSummary":
        """The same with no more patterns than are remembered."""
        thin = self
        while len(thin.patterns) > MAX_PATTERNS:
            thin = replace(thin, patterns=thin._halved(thin.halvings + 1), halvings=thin.halvings + 1)
        return thin

    def _halved(self, halvings: int) -> dict[bytes, int]:
        """The patterns as they are after so many halvings; of an odd number a bit of its pattern's hash takes one more
        or one less, so that rows that occur once are kept half of the time, and always the same ones."""
        patterns = self.patterns
        for level in range(self.halvings, halvings):
            halves = {key: (count + (crc32(key) >> level & 1)) // 2 for key, count in patterns.items()}
            patterns = {key: count for key, count in halves.items() if count}
        return patterns

    def noting(self, nones: np.ndarray, faults: np.ndarray) -> "VoteSummary":
        """The same counts with (m,) Nones and (m,) faults, which the votes themselves do not show."""
        return replace(self, nones=nones, faults=faults)

    @property
    def functions(self) -> int:
        """m."""
        return len(self.overlaps)

    @property
    def votes_by_class(self) -> np.ndarray:
        """(m, k) how often each function votes for each class."""
        return np.diag(self.together).reshape(self.functions, self.cardinality)

    def disagreements(self) -> np.ndarray:
        """(m, m) rows where both functions vote, and differently."""
        m, k = self.functions, self.cardinality
        blocks = self.together.reshape(m, k, m, k)
        both = blocks.sum(axis=(1, 3))
        return both - np.einsum("iaja->ij", blocks)

    def joint_votes(self) -> np.ndarray:
        """(m, m) rows where both functions vote."""
        m, k = self.functions, self.cardinality
        return self.together.reshape(m, k, m, k).sum(axis=(1, 3))


def _together(votes: np.ndarray, counts: np.ndarray, cardinality: int) -> np.ndarray:
    p, m = votes.shape
    hot = (votes[:, :, None] == np.arange(cardinality, dtype=np.int8)).reshape(p, m * cardinality).astype(np.float64)
    return ((hot * counts[:, None]).T @ hot).astype(np.int64)  # float64 sums of counts are exact below 2**53
