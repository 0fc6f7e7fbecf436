"""What a network is told about a table: one span of tokens for each column, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CATEGORY = "category"
ORDERED = "ordered"


@dataclass(frozen=True)
class Span:
    """The tokens of one column inside the concatenation of all columns' tokens.

    Attributes
    ----------
    start, width
        The column owns the places `start .. start + width - 1`.
    kind
        `"category"`: tokens without order; `"ordered"`: the first `len(points)` tokens are levels of a number,
        ascending.
    points
        (levels, 2): of each level its share of the rows below it (0..1), and its value in robust standard units.
    counts
        (width,): training rows that carry each token; a token with none is never sampled.
    bins
        The tokens that stand for a stretch of the number line, within which a code's fraction says where a value lies.
    """

    start: int
    width: int
    kind: str
    points: tuple[tuple[float, float], ...]
    counts: tuple[int, ...]
    bins: tuple[int, ...] = ()

    @property
    def stop(self) -> int:
        """One past the last place."""
        return self.start + self.width

    def state(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "start": self.start,
            "width": self.width,
            "kind": self.kind,
            "points": [list(each) for each in self.points],
            "counts": list(self.counts),
            "bins": list(self.bins),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Span":
        """The span that `state()` describes. Raises ValueError if its numbers contradict each other."""
        points = tuple((float(rank), float(value)) for rank, value in state["points"])
        counts = tuple(map(int, state["counts"]))
        if len(counts) != state["width"] or len(points) > len(counts):
            raise ValueError("a span's width is not that of its counts")
        bins = tuple(map(int, state["bins"]))
        if any(not 0 <= each < len(points) for each in bins):
            raise ValueError("a span's bins are not among its levels")
        return cls(int(state["start"]), len(counts), str(state["kind"]), points, counts, bins)


def total_width(spans: Sequence[Span]) -> int:
    """Places of these spans together."""
    return sum(span.width for span in spans)
