"""How finely a table is cut into tokens."""

from dataclasses import dataclass

_MOST_TOKENS = 8000  # of all columns together, about


@dataclass(frozen=True)
class TokenOptions:
    """Bounds on the tokens of one column.

    Attributes
    ----------
    exact_levels
        A number column with at most so many distinct values keeps each as a token.
    bins
        Otherwise, quantile bins for the values that are not frequent.
    frequent_share
        A value with at least this share of the column's rows keeps its own token.
    categories
        Most frequent categories with a token of their own; the others share the rare token.
    samples_in_bin
        Values remembered for each bin, evenly over its quantiles; decoding draws from them.
    rare_values
        Values remembered for the rare token.
    rare_threshold
        Values carried by fewer rows than this are not reproduced; None reproduces all.
    """

    exact_levels: int = 200
    bins: int = 100
    frequent_share: float = 0.004
    categories: int = 400
    samples_in_bin: int = 256
    rare_values: int = 20_000
    rare_threshold: int | None = None

    @classmethod
    def for_columns(cls, columns: int, rare_threshold: int | None = None) -> "TokenOptions":
        """Options for a table of so many columns: a wide one is cut more coarsely, to keep networks small."""
        share = min(1.0, max(0.1, _MOST_TOKENS / (cls.bins * max(columns, 1))))
        return cls(
            exact_levels=round(cls.exact_levels * share),
            bins=round(cls.bins * share),
            categories=round(cls.categories * share),
            rare_threshold=rare_threshold,
        )
