"""How finely a table is cut into tokens."""

from dataclasses import dataclass

_MOST_TOKENS = 4000  # of all columns together, about
_SMALL_TABLE = 500  # rows
_RARE = 5
_RARE_IN_SMALL_TABLE = 3


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
    knots_in_bin
        Order statistics remembered for each bin, at most.
    rare_threshold
        Values carried by fewer rows than this are not copied; 1 copies all.
    """

    exact_levels: int = 200
    bins: int = 50
    frequent_share: float = 0.004
    categories: int = 400
    knots_in_bin: int = 4096
    rare_threshold: int = 1

    @classmethod
    def for_table(cls, columns: int, rows: int, rare_threshold: int | None = None) -> "TokenOptions":
        """Options for a table of so many columns and rows: a wide one is cut more coarsely, to keep networks small.

        Without a threshold for rare values it is 5, and 3 in a small table.
        """
        share = min(1.0, max(0.1, _MOST_TOKENS / (cls.bins * max(columns, 1))))
        return cls(
            exact_levels=round(cls.exact_levels * share),
            bins=round(cls.bins * share),
            categories=round(cls.categories * share),
            rare_threshold=rare_threshold or (_RARE if rows > _SMALL_TABLE else _RARE_IN_SMALL_TABLE),
        )
